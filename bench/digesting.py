"""Digest given bodies in this thread, batch by batch, as the digester's thread does. Django is set up."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.payloads import Body
from bugsink_lite.background import make_digester
from ingest import pipeline
from ingest.digester import Digester
from ingest.spool import Record
from issues import dictionaries

WARM = 220  # events before a dictionary can be made, and a few more


def spool(project_id: int, made: Sequence[Body]) -> None:
    own = pipeline.spool()
    for body in made:
        record = Record(project_id, time.time(), "envelope", "gzip", body.event_id, "b", body.data)
        own.append(record)


def drain(digester: Digester) -> None:
    while digester.round():
        pass


def ready(project_id: int, first: Sequence[Body]) -> Digester:
    """A digester that has seen the project's events, and has its dictionary if there are enough of them."""
    half = len(first) // 2
    spool(project_id, first[:half])
    before = make_digester()
    drain(before)
    before.close()
    if project_id in dictionaries.wanting():
        dictionaries.make(project_id, datetime.now(UTC))
    spool(project_id, first[half:])
    # Another one: the first has read the project's options already.
    digester = make_digester()
    drain(digester)
    return digester
