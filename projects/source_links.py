"""From a frame of a stack trace to the line in the repository's web pages. Pure.

template    https://github.com/acme/shop/blob/{sha}/{path}#L{line}
paths       /srv/app/ => backend/
frame       /srv/app/shop/cart.py, line 17, of release shop@1.4.0+8f2c1ab
link        https://github.com/acme/shop/blob/8f2c1ab/backend/shop/cart.py#L17
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

MAX_TEMPLATE = 500
MAX_PATHS = 50
MAX_PATH = 500

PLACEHOLDERS = ("path", "line", "sha", "release", "version")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SHA = re.compile(r"(?:^|[@+_.-])([0-9a-f]{7,40})$", re.IGNORECASE)
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# What no repository holds: code without a file, addresses, other machines' absolute paths.
_NO_FILE = re.compile(r"^(?:[/<\\]|[A-Za-z]:|[\w.+-]+:/)")


class LinkError(ValueError):
    """The message is for the person who wrote the template or the mapping."""


@dataclass(frozen=True, slots=True)
class Links:
    """template: "" makes no links. paths: (beginning, what stands there in the repository); the first that fits.

    fallback: stands for {sha}, {release} and {version} where the event does not tell them; "" makes no link then.
    release: of the event.
    """

    template: str = ""
    paths: tuple[tuple[str, str], ...] = ()
    fallback: str = ""
    release: str = ""

    def to(self, filename: str, abs_path: str, line: int | None, *, is_app: bool) -> str:
        """The address, "" for none. Without a mapping that fits, the project's own relative files are linked."""
        if not self.template:
            return ""
        path = self._mapped(filename, abs_path, is_app)
        if not path:
            return ""
        values = {"path": quote(path), "line": str(line or 1), **self._revision()}
        parts = _PLACEHOLDER.split(self.template)
        if any(not values.get(name) for name in parts[1::2]):
            return ""
        return "".join(values[part] if n % 2 else part for n, part in enumerate(parts))

    def _mapped(self, filename: str, abs_path: str, is_app: bool) -> str:
        names = [name.replace("\\", "/")[:1000] for name in (abs_path, filename) if name]
        for start, instead in self.paths:
            for name in names:
                if name.startswith(start):
                    return _clean(instead + name[len(start) :])
        if is_app and filename and not _NO_FILE.match(filename):
            return _clean(names[-1])
        return ""

    def _revision(self) -> dict[str, str]:
        release = "" if _ODD.search(self.release) else self.release[:250]
        sha = _SHA.search(release)
        # Eight digits are rather a day than a commit.
        is_sha = sha is not None and (len(sha[1]) == 40 or not sha[1].isdigit())
        fallback = quote(self.fallback)
        return {
            "sha": sha[1] if sha is not None and is_sha else fallback,
            "release": quote(release) or fallback,
            "version": quote(release.rpartition("@")[2]) or fallback,
        }


def _clean(path: str) -> str:
    """Relative, without steps upwards; "" for what is no such path."""
    parts = [part for part in path.partition("?")[0].split("/") if part not in ("", ".")]
    return "" if ".." in parts or _ODD.search(path) else "/".join(parts)


def check_template(text: str) -> None:
    """Raises LinkError."""
    if len(text) > MAX_TEMPLATE:
        raise LinkError(f"{MAX_TEMPLATE} characters at most.")
    if _ODD.search(text) or " " in text:
        raise LinkError("An address has no blanks.")
    names = _PLACEHOLDER.findall(text)
    unknown = [name for name in names if name not in PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise LinkError(f"{{{unknown[0][:40]}}} is not known; there are {known}.")
    if "path" not in names:
        raise LinkError("It needs {path}, which stands for the file.")
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme.lower() not in ("http", "https"):
        raise LinkError("It begins with https:// or http:// and a host.")
    if "{" in parts.netloc or "}" in parts.netloc:
        raise LinkError("The host is always the same; {…} may stand behind it only.")
    if "@" in parts.netloc:
        raise LinkError("No user and no password in an address that everybody sees.")
    if "{" in _PLACEHOLDER.sub("", text) or "}" in _PLACEHOLDER.sub("", text):
        raise LinkError("A { without its }.")


def check_path(text: str) -> None:
    """A line of the mapping. Raises LinkError."""
    start, arrow, _ = text.partition("=>")
    if not arrow or not start.strip():
        raise LinkError(
            "Write “/srv/app/ => backend/”: how the path begins, and what that is in the repository."
        )
    if len(text) > MAX_PATH:
        raise LinkError(f"{MAX_PATH} characters at most.")
    if _ODD.search(text):
        raise LinkError("There are control characters in it.")


def read_paths(text: str) -> tuple[tuple[str, str], ...]:
    """The lines of a mapping that has been checked."""
    found = []
    for line in text.splitlines():
        start, arrow, instead = line.partition("=>")
        if arrow and start.strip():
            found.append((start.strip().replace("\\", "/"), instead.strip()))
    return tuple(found[:MAX_PATHS])
