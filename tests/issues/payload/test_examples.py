"""The worked examples of the ingest contract, as far as they say what an event becomes."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "samples" / "ingest-examples.json"
DERIVED = {"level", "logger", "transaction", "release", "dist", "server_name", "user", "url"}
# Not about an event's content: framing, encodings, refusals (T46 is refused for its depth).
ELSEWHERE = {"S08", "S15", "S16", "S17", "T46"}


def cases(group: str) -> list[Any]:
    found = json.loads(SAMPLES.read_text())["cases"]
    return [
        pytest.param(case, id=case["id"])
        for case in found
        if case["id"][0] == group and case["id"] not in ELSEWHERE
    ]


def payload(case: dict[str, Any]) -> dict[str, Any]:
    body = case["body"].encode() if "body" in case else base64.b64decode(case["body_base64"])
    if "/envelope/" in case["path"]:
        body = body.split(b"\n", 2)[2]
    elif body[:1] not in (b"{", b"\xef"):
        body = body if body[:1] == b"x" else base64.b64decode(body)
        body = body if body[:1] == b"{" else zlib.decompress(body)
    text = body.decode("utf-8-sig", "replace")
    # Numbers of thousands of digits stay text, as whoever parses has to see to.
    found = json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 4300 else digits)
    assert isinstance(found, dict)
    return found


def headline(data: dict[str, Any]) -> str:
    """What a title is made of, for an event that is no group of exceptions."""
    if "exception" in data:
        last = data["exception"]["values"][-1]
        parts = [last.get("type"), (last.get("value") or "").split("\n")[0]]
        return ": ".join(part for part in parts if part)
    return str(data.get("logentry", {}).get("formatted", "<no message>"))


@pytest.mark.parametrize("case", [*cases("T"), *cases("S")])
def test_reads_the_example(case, read) -> None:
    expected = case["expect"]
    event = read(payload(case), event_id="1" * 8 + "2" * 4 + "3" * 4 + "4" * 4 + "5" * 12)
    data = event.data

    assert event.event_id == "11111111222233334444555555555555"
    if "title" in expected and case["id"] != "T48":
        assert headline(data) == expected["title"]
    if "exceptions" in expected:
        assert len(data.get("exception", {}).get("values", ())) == expected["exceptions"]
    if "tags" in expected:
        assert data.get("tags", {}) == expected["tags"]
        assert {k: v for k, v in event.tags.items() if k not in DERIVED} == expected["tags"]
    if "level" in expected:
        assert event.level == data["level"] == expected["level"]
    if "timestamp" in expected:
        time = data["received"] if expected["timestamp"] == "received" else expected["timestamp"]
        assert data["timestamp"] == time
    if "fingerprint" in expected:
        assert list(event.fingerprint) == data["fingerprint"] == expected["fingerprint"]
    if "release" in expected:
        assert event.release == expected["release"]
    if "user" in expected:
        assert data["user"] == expected["user"]
    if "extra" in expected:
        assert data["extra"] == expected["extra"]
    if "breadcrumbs" in expected:
        assert len(data["breadcrumbs"]["values"]) == expected["breadcrumbs"]
    if "frames" in expected:
        assert len(data["stacktrace"]["frames"]) == expected["frames"]
    if "request.url" in expected:
        assert data["request"]["url"] == expected["request.url"]
    if "transactions" in expected:
        assert event.type == "transaction"
    if "feedback" in expected:
        assert event.type == "feedback"


def test_every_wrong_type_is_noted_and_the_rest_kept(read) -> None:
    case = next(case for case in cases("T") if case.id == "T42").values[0]
    event = read(payload(case))
    noted = {note["name"] for note in event.notes}
    assert noted == {
        "tags", "user", "request", "contexts", "breadcrumbs", "threads", "modules", "debug_meta",
        "server_name",
    } - {"modules"}  # an empty list of modules is none, and no mistake  # fmt: skip
    assert event.data["errors"] == list(event.notes)
    assert (event.logger, event.transaction, event.dist) == ("3", "5", "7")
    assert (event.environment, event.platform) == ("", "other")
    assert event.data["extra"] == {"value": [1]}
    assert event.data["sdk"] == {"name": "x"}


def test_frame_attributes_of_the_wrong_type_are_repaired_or_dropped(read) -> None:
    case = next(case for case in cases("T") if case.id == "T50").values[0]
    frames = read(payload(case)).data["exception"]["values"][0]["stacktrace"]["frames"]
    assert frames == [{"function": "7", "lineno": 12, "vars": {"a": 1}, "in_app": True}, {}]
