#!/usr/bin/env python
"""`./manage.py` in a checkout is `bugsink-lite` when installed."""

from bugsink_lite.__main__ import main

if __name__ == "__main__":
    main()
