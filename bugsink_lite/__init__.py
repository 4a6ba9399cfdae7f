"""Bugsink Lite. Importing this package makes the rooms importable, in a checkout and when installed.

In a checkout the rooms (`projects`, `ingest`, `issues`, `alerts`, `api`) lie beside this package; the wheel
carries them in `rooms/`, where their short names collide with nobody's.
"""

import sys
from pathlib import Path

__version__ = "0.1.0"

PACKAGE_DIR = Path(__file__).resolve().parent
_installed = PACKAGE_DIR / "rooms"
ROOMS_DIR = _installed if _installed.is_dir() else PACKAGE_DIR.parent
if str(ROOMS_DIR) not in sys.path:
    sys.path.insert(0, str(ROOMS_DIR))
