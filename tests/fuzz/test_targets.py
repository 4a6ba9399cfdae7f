"""The targets of the fuzzer without it: the same seeds and the same changes, a bounded number of them."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutate import mutate_bytes, mutate_json
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS, timed

# How often each is tried; the event's inputs take a hundred times as long as the others'.
EXAMPLES = {"envelope": 400, "compression": 400, "door": 400, "event": 150}
MANY = settings(deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_keeps_the_promises(name: str) -> None:
    assert len(seeds(name)) > 100
    for seed in seeds(name):
        timed(TARGETS[name], seed)


@pytest.mark.parametrize("name", TARGETS)
def test_so_does_what_is_made_of_them(name: str) -> None:
    known = seeds(name)

    @given(st.integers(0, 2**64))
    @settings(MANY, max_examples=EXAMPLES[name])
    def holds(number: int) -> None:
        rng = random.Random(number)
        data = rng.choice(known)
        for _ in range(rng.choice((1, 1, 2, 4))):
            changed = mutate_json(data, rng) if name == "event" else None
            data = changed if changed is not None else mutate_bytes(data, rng, known)
        timed(TARGETS[name], data)

    holds()


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=2000))
@settings(MANY, max_examples=50)
def test_and_so_does_anything_at_all(name: str, data: bytes) -> None:
    timed(TARGETS[name], data)


# Inputs that once broke a promise: (target, input).
FINDINGS = [
    pytest.param(
        "event", b'{"type":"Transaction","start_timestamp":1777630000}', id="a number at the top"
    ),
    pytest.param(
        "event",
        b'{"message":"m","user":"%s"}' % (b"token=abc; a=b" * 11),
        id="a name that grows when it is scrubbed",
    ),
    pytest.param(
        "door",
        b"\x01" + b'["' + b"[" * 600 + b'","' + b'\\"' * 100_000,
        id="a string that nobody closes",
    ),
    pytest.param(
        "compression",
        b"\x04" + bytes.fromhex("28b52ffd2000010000") * 100_000,
        id="a hundred thousand empty frames",
    ),
]


@pytest.mark.parametrize(("name", "data"), FINDINGS)
def test_what_was_found_stays_mended(name: str, data: bytes) -> None:
    timed(TARGETS[name], data)
