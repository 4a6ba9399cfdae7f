"""Whether the bytes of an event can hold a secret at all. Pure.

One pass of an Aho-Corasick automaton over the folded bytes finds the words that secrets are named by, and the shapes of
their values. Each hit is judged where it stands: is it a name with a value, or a word in a sentence? "None" must be
true; in doubt the parsed event is looked at (issues.scrub.look), and what that finds harmless is remembered.
"""

import re

from ahocorasick_rs import BytesAhoCorasick, Implementation

from issues.scrub.names import COUNT, HARMLESS, Names
from issues.scrub.values import Finder, cards, ibans, social_security, tokens

# Small letters, digits as 0, and what is equal in names (a plus is a blank in query strings): then words and shapes are
# plain substrings.
_FOLD = bytes(
    48 if 48 <= code <= 57 else code + 32 if 65 <= code <= 90 else 95 if code in b"- +" else code
    for code in range(256)
)
# A word that JSON writes in one way only.
_PLAIN = re.compile(rb"[a-z_]+")

# What the shape of a value is found by -> what finds the value there.
_VALUES: dict[bytes, tuple[Finder, ...]] = {
    b"00000000": (cards, ibans),
    b"0000_0000": (cards, ibans),
    b"000_00_0000": (social_security,),
    b"bearer": (tokens,),  # a name, too
    b"basic_": (tokens,),
}
_BEFORE = (
    40  # bytes before a hit that are looked at: an account number has at most 34 letters and digits
)
# And behind it: five groups of digits; base64 of a user and password.
_BEHIND: dict[Finder, int] = {cards: 64, ibans: 64, social_security: 64, tokens: 1200}
# Every account number has eight digits in a row, or two groups of four; many things that are none have, too.
_RUN = b"00000000"
_ACCOUNT = re.compile(rb"[A-Z]{2}[0-9]{2}")
# Left to the look at the parsed event, wherever they stand.
_DOUBTFUL = (b"form_data", b'"_meta"')
_URLS = (b"://", b":\\/\\/")
_ESCAPE, _PERCENT = b"\\u00", b"%"
_NOT_NAMES = frozenset((*_VALUES, *_DOUBTFUL, *_URLS, _ESCAPE, _PERCENT)) - {b"bearer"}

_URL_USER = re.compile(rb":(?:\\?/){2}[^\s/@:\"'<>\\]*:[^\s/\"'<>\\]*(?:@|\\u2026|\xe2\x80\xa6)")
# Escapes of what names and separators are made of; < > & are written so by several languages.
_HIDDEN = re.compile(rb"\\u00(?:2[0-57-9a-fA-F]|3[0-9abdfABDF]|[4-7][0-9a-fA-F])")
_HIDDEN_IN_URL = re.compile(rb"%(?:2[dD]|3[dDaA]|[4-7][0-9a-fA-F])")
# However often a text was written into another.
_ESCAPES = re.compile(r'\\+(?:u[0-9a-fA-F]{4}|["/bfnrt])?')

# In a query string a name may hold anything but these.
_ASSIGNED = re.compile(rb"[^&=\"]{0,200}=")
_REST = re.compile(rb"[^\"'\\\n=:]*")
_QUOTED = re.compile(rb"\\*[\"']\s{0,4}(?::|=(?!=))|\\+[\"']\s*[,\]}]")
_KEY = re.compile(rb'"\s*:')
_ENTRY = re.compile(rb'"\s*[,\]}]')
_PAIR = re.compile(rb'(?:\[|"(?:key|name)"\s*:)\s*\Z')
_EMPTY = re.compile(
    rb'"\s*:\s*(?:null|true|false|"(?:\*{0,100}|\[filtered\]|\[redacted\])"\s*[,}])', re.IGNORECASE
)  # fmt: skip
_NUMBER = re.compile(rb'"\s*:\s*"?[\d.,]+"?\s*[}\]]|"\s*:\s*"?[\d.]+"?\s*,')
_PRIVATE_KEY = re.compile(rb"(?: BLOCK)?-----")
_LONGEST_NAME = 1000  # bytes of JSON before and behind a hit
_BACKSLASH = ord("\\")

_MAX_HITS = 500
_AROUND = 80  # bytes before and behind a hit that make a place
_MAX_LEARNT = 20_000


class Gate:
    """For the names of one set of rules."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._is_usable = all(_PLAIN.fullmatch(word) for word in names.wanted)
        self._words = tuple(dict.fromkeys((*names.wanted, *sorted(_NOT_NAMES), b"bearer")))
        self._automaton = BytesAhoCorasick(list(self._words), implementation=Implementation.DFA)
        self._learnt: set[bytes] = set()

    def holds_none(self, raw: bytes) -> bool:
        """raw: the JSON of an event. False: there may be a secret in it."""
        return self._is_usable and not self._doubts(raw, most=1)

    def learn(self, raw: bytes) -> None:
        """The event was looked at whole and holds no secret: what raised doubts in it will raise none again."""
        if self._is_usable:
            places = self._doubts(raw, most=_MAX_HITS)
            if len(self._learnt) + len(places) > _MAX_LEARNT:
                self._learnt.clear()
            self._learnt.update(places)

    def _doubts(self, raw: bytes, *, most: int) -> list[bytes]:
        """Places that may be secrets, at most so many."""
        hits = self._automaton.find_matches_as_indexes(raw.translate(_FOLD))
        if len(hits) > _MAX_HITS:
            return [b""]
        found: list[bytes] = []
        for number, start, end in hits:
            if self._is_doubtful(raw, self._words[number], start, end):
                place = raw[max(start - _AROUND, 0) : end + _AROUND]
                if place not in self._learnt:
                    found.append(place)
                    if len(found) == most:
                        return found
        return found

    def _is_doubtful(self, raw: bytes, word: bytes, start: int, end: int) -> bool:
        for finder in _VALUES.get(word, ()):
            if (word != _RUN or _is_long(raw, finder, start)) and _finds(finder, raw, start):
                return True
        if word not in _NOT_NAMES:
            return self._is_name(raw, start, end)
        if word in _URLS:
            return _URL_USER.match(raw, start) is not None
        if word == _ESCAPE:
            return _HIDDEN.match(raw, start) is not None
        if word == _PERCENT:
            return _HIDDEN_IN_URL.match(raw, start) is not None
        return word in _DOUBTFUL

    def _is_name(self, raw: bytes, start: int, end: int) -> bool:
        """Whether the word is part of the name of a value, and of one that is a secret."""
        if _ASSIGNED.match(raw, end) or _PRIVATE_KEY.match(raw, end):
            return True
        rest = _REST.match(raw, end)
        stop = rest.end() if rest else end
        # A quote without a backslash ends the text itself.
        if raw[stop : stop + 1] != b'"' and _QUOTED.match(raw, stop):
            return True
        closing = raw.find(b'"', end, end + _LONGEST_NAME)
        if closing < 0:
            return False
        if raw[closing - 1] == _BACKSLASH:
            return True  # JSON within a text: names may stand in any of its forms
        is_key = _KEY.match(raw, closing)
        if not is_key and not _ENTRY.match(raw, closing):
            return False
        first = max(start - _LONGEST_NAME, 0)
        opening = raw.rfind(b'"', first, start)
        if opening > 0 and raw[opening - 1] == _BACKSLASH:
            return True
        if is_key:
            return opening < 0 or self._is_secret_key(raw, raw[opening + 1 : closing], closing)
        return opening >= 0 and _PAIR.search(raw, max(opening - 20, 0), opening) is not None

    def _is_secret_key(self, raw: bytes, name: bytes, closing: int) -> bool:
        if b"\\" in name:
            return True
        verdict = self._names.verdict(name.decode("utf-8", "replace"))
        if verdict == HARMLESS or _EMPTY.match(raw, closing):
            return False
        return not (verdict == COUNT and _NUMBER.match(raw, closing))


def _finds(finder: Finder, raw: bytes, start: int) -> bool:
    around = raw[max(start - _BEFORE, 0) : start + _BEHIND[finder]].decode("utf-8", "replace")
    return next(iter(finder(_ESCAPES.sub(" ", around))), None) is not None


def _is_long(raw: bytes, finder: Finder, start: int) -> bool:
    """Whether the digits at `start` can be what the finder looks for: most are times, and cost no more than this."""
    if finder is cards:
        return raw[start : start + 13].isdigit()
    return _ACCOUNT.search(raw, max(start - _BEFORE, 0), start + 8) is not None
