"""What the targets begin with: bodies of recorded SDKs, and the examples of the ingest contract."""

import base64
import contextlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ingest import compression, envelope, legacy, lenient
from tests.fuzz.targets import DOORS, ENCODINGS, FORM

SAMPLES = Path(__file__).parents[1] / "samples"
_LIMIT = 1 << 20
MAX_SEED = 64 * 1024  # bytes: a fuzzer learns nothing from a larger one


@cache
def requests() -> tuple[tuple[str, str, bytes], ...]:
    """(path, Content-Encoding, body)."""
    found = []
    for file in sorted(SAMPLES.rglob("*.http")):
        head, _, body = file.read_bytes().partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}  # fmt: skip
        found.append((line.split()[1], headers.get("content-encoding", ""), body))
    for case in json.loads((SAMPLES / "ingest-examples.json").read_text())["cases"]:
        body = case["body"].encode() if "body" in case else base64.b64decode(case["body_base64"])
        found.append((case["path"], case["headers"].get("Content-Encoding", ""), body))
    return tuple(request for request in found if len(request[2]) <= MAX_SEED)


def _bodies() -> Iterator[tuple[str, bytes]]:
    for path, encoding, body in requests():
        try:
            yield path, compression.inflate(body, encoding, _LIMIT)
        except ValueError:
            yield path, body


def _events() -> Iterator[bytes]:
    for _, body in _bodies():
        with contextlib.suppress(ValueError):
            yield lenient.dumps(legacy.read_store(body, _LIMIT)[1])
        try:
            framed = envelope.frame(body)
        except ValueError:
            continue
        yield from (framed.payload(item) for item in framed.items if item.type in _PAYLOADS)


_PAYLOADS = frozenset(("event", "feedback", "transaction", "user_report"))


def _door(path: str) -> int:
    for number, (kind, _) in enumerate(DOORS):
        if f"/{kind.replace('_', '/')}" in path.replace("/v1", ""):
            return number
    return 0


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """Distinct, the short ones first."""
    found: set[bytes] = set()
    if target == "event":
        found.update(event for event in _events() if len(event) <= MAX_SEED)
    elif target == "compression":
        for _, encoding, body in requests():
            number = ENCODINGS.index(encoding) if encoding in ENCODINGS else 0
            found.add(bytes([number]) + body)
    elif target == "door":
        found.update(bytes([_door(path)]) + body for path, body in _bodies())
        found.add(bytes([_number("minidump")]) + FORM)
        found.add(bytes([_number("attachments")]) + FORM)
    else:
        found.update(body for _, body in _bodies())
    return tuple(sorted(found, key=lambda seed: (len(seed), seed)))


def _number(kind: str) -> int:
    return next(number for number, (name, _) in enumerate(DOORS) if name == kind)
