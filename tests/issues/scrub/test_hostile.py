"""Whatever an event holds, it can be scrubbed, stored, and scrubbed again."""

import copy
import json
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from issues.payload import normalize
from issues.scrub import Scrubber
from tests.issues.payload.test_hostile import EVENTS, OFTEN, SHAPED
from tests.issues.scrub.conftest import NOW, scrubbed

SECRET = "hunter2"
HIDING = st.sampled_from(
    [
        f"https://u:{SECRET}@h/",
        f"token={SECRET}",
        f'{{"password": "{SECRET}"}}',
        f"{{'a_secret': '{SECRET}'}}",
        f"Bearer {SECRET}{SECRET}",
    ]
)
# Where every text is looked at by name and by value.
PARTS = ("extra", "request", "user", "contexts", "logentry", "tags", "unknown", "csp", "fingerprint")  # fmt: skip


def with_secrets(root: Any, text: str) -> Any:
    """A copy in which every string is this one. Not deep: the strategies are not."""
    if isinstance(root, dict):
        return {key: with_secrets(value, text) for key, value in root.items()}
    if isinstance(root, list):
        return [with_secrets(value, text) for value in root]
    return text if isinstance(root, str) else root


@given(st.one_of(EVENTS, SHAPED), st.booleans(), HIDING)
@OFTEN
def test_any_event_can_be_scrubbed(raw: dict[str, Any], is_secret: bool, text: str) -> None:
    raw = with_secrets(raw, text) if is_secret else raw
    event = normalize(raw, received_at=NOW, store_ip=True)
    before = copy.deepcopy(event.data)
    scrubber = Scrubber()
    result = scrubber.scrub(event)
    assert result is event or not scrubber.is_clean(json.dumps(raw).encode())
    assert event.data == before
    assert orjson.loads(orjson.dumps(result.data)) == result.data
    assert all(name and text and len(text) <= 200 for name, text in result.tags.items())
    again = scrubber.scrub(result)
    assert {**again.data, "_meta": None} == {**result.data, "_meta": None}
    assert again.tags == result.tags
    if is_secret:
        # Names are kept: what a sender makes a name of is no value.
        data = {**result.data, "tags": list(result.data.get("tags", {}).values())}
        parts = [data.get(name) for name in PARTS]
        assert SECRET not in str(parts)
        own = {"release", "environment", "dist", "level", "api_request_id", "trace"}
        assert SECRET not in str([v for k, v in result.tags.items() if k not in own])


def test_a_tag_does_not_outgrow_its_column() -> None:
    event = scrubbed({"tags": {"a": "pwd=x&" * 33}})
    assert len(event.tags["a"]) == 200
    assert "pwd=[Filtered]&pwd=" in event.tags["a"]
