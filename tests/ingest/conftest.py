import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings

from ingest import pipeline
from projects import keys


@pytest.fixture(autouse=True)
def fresh_pipeline(request: pytest.FixtureRequest) -> Iterator[None]:
    """An empty spool and key cache for each test that touches the database."""
    if not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    pipeline.close()
    shutil.rmtree(settings.SPOOL_DIR, ignore_errors=True)
    settings.SPOOL_DIR.mkdir()
    keys._cache = None
    pipeline.refusals.__init__()  # type: ignore[misc]
    yield
    pipeline.close()
    keys._cache = None
