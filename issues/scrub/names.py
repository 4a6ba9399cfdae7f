"""Which names of values speak of a secret: `password`, `X-Api-Key`, `stripeToken`. Pure."""

import re
from collections.abc import Iterable

# A name that contains one of these; `-`, `_` and blanks are equal, and so are small and capital letters.
WORDS = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "api_key",
    "apikey",
    "token",
    "auth",
    "credential",
    "privatekey",
    "private_key",
    "bearer",
    "set_cookie",
    "setcookie",
    "session",
    "csrf",
    "xsrf",
    "card_number",
    "cardnumber",
    "cvv",
)
# Request headers, also as a CGI variable: HTTP_COOKIE.
_HEADERS = frozenset({"cookie", "cookies", "x_api_key", "x_forwarded_for"})
_SAFE = frozenset({"token_type", "oauth_version"})
# author, authors, author_name, authority; but not authorization.
_AUTHOR = re.compile(r"author(?!i[sz])")

SECRET = "secret"
COUNT = "count"  # `prompt_tokens`: a secret unless it is a number
COOKIES = "cookies"  # the names of its members stay
HARMLESS = ""

_MAX_CACHED = 20_000


def folded(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


class Names:
    """The built-in names, those that a project adds, and those it says are safe.

    extra: contained in a name. safe: the whole name.
    """

    __slots__ = ("_contained", "_known", "_mentioned", "_safe", "harmless", "wanted")

    def __init__(self, extra: Iterable[str] = (), safe: Iterable[str] = ()) -> None:
        self._contained = (*WORDS, *(word for each in extra if (word := folded(each.strip()))))
        # For a first look at a text: what any name of a secret contains.
        self._mentioned = (*self._contained, *_HEADERS)
        self.wanted = tuple(word.encode() for word in self._mentioned)
        self._safe = _SAFE | {name for each in safe if (name := folded(each.strip()))}
        self._known: dict[str, str] = {}
        # Names that were looked at and are harmless: for asking about a whole object at once.
        self.harmless: set[str] = set()

    def are_in(self, text: str) -> bool:
        """Whether a text mentions any of them: a first look."""
        text = folded(text)
        return any(word in text for word in self._mentioned)

    def verdict(self, name: str) -> str:
        """SECRET, COUNT, COOKIES or HARMLESS. Remembered: the same few names come with every event."""
        known = self._known.get(name)
        if known is None:
            known = self._judge(name)
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
                self.harmless.clear()
            self._known[name] = known
            if known == HARMLESS:
                self.harmless.add(name)
        return known

    def _judge(self, name: str) -> str:
        name = folded(name)
        if name in self._safe:
            return HARMLESS
        bare = name.removeprefix("http_")
        if bare in _HEADERS:
            return COOKIES if "cookie" in bare else SECRET
        if "author" in name:
            name = _AUTHOR.sub("", name)
        if not any(word in name for word in self._contained):
            return HARMLESS
        counted = name.replace("tokens", "")
        return SECRET if any(word in counted for word in self._contained) else COUNT
