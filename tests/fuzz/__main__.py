"""Coverage-guided fuzzing: `make fuzz SECONDS=60`; `python -m tests.fuzz event --runs 200000` where atheris is there.

What is found new is kept in .cache/fuzz/<target>, and the next run begins with it. An input that breaks a promise is
written to .cache/fuzz/<target>-crash-...; `python -m tests.fuzz event --replay FILE` shows what it does. It then
becomes one of FINDINGS in tests/fuzz/test_targets.py.
"""

import argparse
import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

CORPUS = Path(".cache/fuzz")
NAMES = ("envelope", "compression", "door", "event")
MAX_BYTES = 256 * 1024
MEGABYTES = 1500  # of memory; more is a finding


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", choices=[*NAMES, []], help="all of them if none is named"
    )
    parser.add_argument("--runs", type=int, default=-1, help="inputs to try")
    parser.add_argument("--seconds", type=int, default=0, help="time for each target")
    parser.add_argument("--replay", type=Path, help="run one input")
    options = parser.parse_args()
    targets = options.targets or NAMES
    if options.replay:
        _prepare()
        from tests.fuzz.targets import TARGETS, timed

        timed(TARGETS[targets[0]], options.replay.read_bytes())
        return
    if len(targets) == 1:
        _fuzz(targets[0], options.runs, options.seconds)
        return
    # The fuzzer ends its process; each target has its own.
    limits = ["--runs", str(options.runs), "--seconds", str(options.seconds)]
    failed = [
        name
        for name in targets
        if subprocess.run([sys.executable, "-m", "tests.fuzz", name, *limits]).returncode
    ]
    if failed:
        sys.exit(f"A promise was broken: {', '.join(failed)}")


def _prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()


def _fuzz(name: str, runs: int, seconds: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["ingest", "issues", "projects"]):
        _prepare()
        from tests.fuzz.targets import TARGETS, timed
    from tests.fuzz.mutate import mutate_bytes, mutate_json
    from tests.fuzz.seeds import seeds

    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    known = seeds(name)
    for seed in known:
        (corpus / f"seed-{hashlib.sha256(seed).hexdigest()[:16]}").write_bytes(seed)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        changed = None
        if name == "event" and rng.random() < 0.9:
            changed = mutate_json(data, rng)
        elif rng.random() < 0.5:
            changed = mutate_bytes(data, rng, known)
        if changed is None or len(changed) > max_size:
            changed = atheris.Mutate(data, max_size)
        return changed

    target = TARGETS[name]
    arguments = [
        *(sys.argv[0], f"-runs={runs}", f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}"),
        *("-timeout=10", f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={CORPUS}/{name}-"),
        *("-print_final_stats=1", str(corpus)),
    ]
    atheris.Setup(arguments, lambda data: timed(target, data), custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
