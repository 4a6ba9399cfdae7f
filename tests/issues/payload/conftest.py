from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from issues.payload import EventData, normalize

RECEIVED = datetime(2026, 5, 1, 10, 0, 5, tzinfo=UTC)


@pytest.fixture
def read() -> Callable[..., EventData]:
    """Normalise a payload received at 2026-05-01T10:00:05Z."""

    def read(raw: dict[str, Any], **options: Any) -> EventData:
        return normalize(raw, received_at=RECEIVED, **options)

    return read
