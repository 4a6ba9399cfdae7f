"""One heap for all threads, where the C library can be told so."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

# Every thread takes blocks until each had to get a heap of its own; the library's report counts the heaps.
MANY_THREADS = """
import ctypes, sys, threading, xml.etree.ElementTree
from bugsink_lite import allocator
said = allocator.tune() if sys.argv[1] == "tuned" else None
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(4)
def take():
    together.wait()
    for _ in range(200):
        libc.malloc(ctypes.c_size_t(5000))
    together.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w")))
libc.fflush(None)
print(said, file=sys.stderr)
"""


def heaps(how: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", MANY_THREADS, how], env=environment, capture_output=True, text=True
    )
    return done.stdout.count("<heap "), done.stderr.strip()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not the GNU C library")
def test_all_threads_share_one_heap() -> None:
    assert heaps("tuned") == (1, "True")
    assert heaps("as it is")[0] > 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not the GNU C library")
def test_what_the_environment_says_counts_more() -> None:
    assert heaps("tuned", MALLOC_ARENA_MAX="3")[1] == "False"
