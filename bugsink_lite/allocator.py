"""What the C library keeps of freed memory, for a process that lives for months."""

import ctypes
import os

# The numbers of mallopt(3) in the GNU C library; other libraries have no mallopt, or ignore it.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
# Larger blocks (samples of a dictionary, files) go back to the system at once; the size does not grow by itself.
LARGE = 4 << 20


def tune() -> bool:
    """One heap for all threads. By default each has one of its own and keeps the most that it ever held: 30 to 50 MB
    more in a storm of large events. The threads take turns at the interpreter anyway, so that they seldom meet here.

    To be called while the process has one thread. Settings of the environment (MALLOC_…) count more. Returns whether
    the library took it.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return all([mallopt(_ARENA_MAX, 1), mallopt(_MMAP_THRESHOLD, LARGE)])
