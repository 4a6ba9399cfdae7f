"""Clean paths: what stays of a file's path when hosts, releases and builds are taken out. Pure.

/srv/releases/20260101/app/shop/cart.py   -> shop/cart
https://cdn.example/assets/main.4f1c2d9a.chunk.js?v=2  -> main
"""

import re
from functools import lru_cache

from issues.words import words

MAX_PATH = 1024

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}+://[^/]*+")
# A single digit after "v" is rather a version of an API than a release: it stays.
_VERSION = re.compile(
    r"(?:\d{1,20}|v?\d{1,20}(?:[.-]\d{1,20}){1,6}|v\d{2,20})"
    r"(?:[-.+]?(?:rc|alpha|beta|dev|post|pre|snapshot|final|release|ga|hotfix)[.-]?\d{0,6}"
    r"|[-+][a-z0-9]{1,12}|[ab]\d{1,3})?",
    re.IGNORECASE,
)
_HEX = re.compile(r"[0-9a-f]{7,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEX_PART = re.compile(r"[.\-_~](?=[a-fA-F]{0,63}\d)[0-9a-fA-F]{6,64}(?=\.|$)")
_BUILD_SUFFIX = re.compile(r"\.(?:min|bundle|chunk|prod|production|esm|cjs|umd)$")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_BUNDLED = frozenset((".js", ".mjs", ".css"))
# CamelCase, dashed or plain words, with a digit or two at the end: no hash of a bundler.
_WORDS = re.compile(r"[A-Za-z]?[a-z]+(?:[-_]?[A-Z]?[a-z]+)*\d{0,2}|[A-Z]+(?:[-_][A-Z]+)*")
_DELIMITERS = ".-_~"
_LAYOUT = words("src lib app dist build out bin static assets js html www current public")


@lru_cache(maxsize=8192)
def clean_path(path: str) -> str:
    """`directory/base` or `base` of a path or URL; "" if nothing is left."""
    path = path[-MAX_PATH:].replace("\\", "/")
    scheme = _SCHEME.match(path)
    if scheme:
        path = path[scheme.end() :]
    path = path.partition("?")[0].partition("#")[0]
    segments = [part for part in path.split("/") if part not in ("", ".", "..")]
    if not segments:
        return ""
    base, hashed = _clean_base(segments[-1])
    if hashed:
        # The number of a chunk is another one in the next build.
        return base if not base.isdigit() else "chunk"
    for part in reversed(segments[:-1]):
        if not _VERSION.fullmatch(part) and not _HEX.fullmatch(part):
            return base if part.lower() in _LAYOUT else f"{part}/{base}"
    return base


def _clean_base(name: str) -> tuple[str, bool]:
    """The base name without extension, build suffixes and hashes; whether there was a hash."""
    extension = _EXTENSION.search(name)
    base = name
    bundled = False
    if extension and extension.start():
        base = name[: extension.start()]
        bundled = extension[0] in _BUNDLED
    hashed = False
    for _ in range(6):
        shorter = _BUILD_SUFFIX.sub("", base)
        bundled = bundled or base.endswith(".chunk")
        without = _HEX_PART.sub("", shorter)
        if without == shorter and bundled:
            without = _without_token(shorter)
        hashed = hashed or without != shorter
        if not without or without == base:
            break
        base = without
    return base, hashed


def _without_token(base: str) -> str:
    """`index-BfG3k9Qz` -> `index`. The shortest ending that looks like a hash goes."""
    for at in range(len(base) - 9, max(len(base) - 14, 0), -1):
        if base[at] in _DELIMITERS and _looks_hashed(base[at + 1 :]):
            return base[:at]
    return base


def _looks_hashed(token: str) -> bool:
    if not token.replace("-", "").replace("_", "").isalnum() or not token.isascii():
        return False
    return _WORDS.fullmatch(token) is None
