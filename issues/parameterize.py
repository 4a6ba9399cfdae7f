"""Take the variable parts out of a message. Pure.

    "Job 9f1b… failed after 3 attempts in 1022ms" -> "Job <id> failed after <n> attempts in <dur>"

Used for texts of exceptions, for messages and for fingerprint variables. The output is part of
stored grouphashes: a change here is a new grouping config. Time is linear in the text: input is cut
before any expression sees it; every repetition is bounded, possessive or over a class disjoint from
what follows.
"""

import re
from functools import lru_cache

from issues.words import words

MAX_TEXT = 8192  # characters looked at
MAX_LINE = 1600  # characters of the first non-empty line that are kept
_MAX_REMEMBERED = 64  # characters of a chunk whose result is worth remembering

# A text without any of these holds no data that the branches below would find.
_GATE_ASCII = re.compile(r"[0-9@/\\]")
_GATE_ANY = re.compile(r"[\d@/\\]")

_JSON_START = re.compile(r"""[{\[]\s{0,8}["'{\[]|\[\s{0,8}-?\d{1,20}(?:\.\d{1,20})?\s{0,8},""")

# An apostrophe before a word character is part of the word, inside a quoted string as well.
_QUOTED = re.compile(
    r"""(?<!\w)'(?:[^']|'(?=\w)){0,400}+'(?!\w)"""
    r"""|(?<!\w)"[^"]{0,400}+"|(?<!\w)`[^`']{0,400}+[`']"""
    r"""|“[^”]{0,400}+”|«[^»]{0,400}+»|‘[^’]{0,400}+’"""
)
_QUOTE = re.compile("['\"`“«‘]")

# `<Product: Blue Mug>`, `#<Product id: 5>`, `<Future at 0x7f…>`: what an object says of itself.
_OBJECT = re.compile(r"#?<(?:class )?[A-Z][\w.]{0,80}+[ :(][^<>]{0,300}+>")
# As many places as there were values.
_SQL_LIST = re.compile(
    r"\b(in|values) ?\((?:(?:\?|%s|\$\d{1,5})[ ,]{0,3}){1,1000}+\)", re.IGNORECASE
)

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s)?"
_CLOCK = (
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?:\s?[AaPp][Mm]\b)?"
    r"(?:\s?(?:Z|[A-Z]{3,4}|[+-]\d{4})\b){0,2}"
)
_NAMED_DATE = re.compile(
    rf"\b{_DAY}(?:"
    rf"\d{{1,2}}(?:st|nd|rd|th)?[\s/-]{_MONTH}[\s,/-]{{1,2}}\d{{2,4}}(?:[\s:T]{{1,2}}(?:at\s)?{_CLOCK})?"
    rf"|{_MONTH}\s{{1,2}}\d{{1,2}}(?:,?\s(?:at\s)?{_CLOCK})(?:\s\d{{4}})?"
    rf"|{_MONTH}\s{{1,2}}\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?(?:,?\s(?:at\s)?{_CLOCK})?"
    rf")(?!\w)"
)
_MONTH_HINT = re.compile(r"[JFMASOND][aepuco][nbrylgptvc]")

_ROUTE = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|TRACE|CONNECT)\s+(/[^\s'\"]*)")
_ROUTE_SLASH = "\ue000"  # private use; stands for "/" until the chunks are done

# Names that merely contain digits, in lower case.
_KEEP = words(
    """
    utf-8 utf8 utf-16 utf16 utf-32 utf32 sha1 sha-1 sha224 sha256 sha-256 sha384 sha-384 sha512
    sha-512 sha3-256 sha3-512 md5 base32 base58 base64 oauth1 oauth2 http1 http2 http3 ipv4 ipv6
    s3 ec2 x509 latin1 latin-1 iso-8859-1 iso8601 iso-8601 i18n l10n a11y k8s v8 es5 es6 es2015
    p2p e2e b2b b2c x86 x86_64 x86-64 x64 arm64 amd64 aarch64 win32 win64 h264 h265 mp3 mp4 2fa
    tls1 tlsv1 ssl2 ssl3 sslv2 sslv3 int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32
    float64 u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64 log4j log4j2 slf4j neo4j web3 h2 d3
    r2dbc psycopg2 urllib3 boto3 aes-128 aes-256 aes128 aes256 rs256 hs256 es256 crc32 auth0 bz2
    lz4 7z sqlite3 python2 python3 db2
    """
)
_DURATION = (
    r"(?:ns|us|µs|μs|ms|s|m|h|d|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?"
    r"|milliseconds?|millis|microseconds?|nanoseconds?|msecs?)"
)
_SIZE = r"(?:[KMGTPkmgt]i?[Bb]|B|bytes?|[Kk]ilobytes?|[Mm]egabytes?|[Gg]igabytes?)"
_ZONE = r"(?:Z|[+-]\d{2}:?\d{2})?"
_TIME = rf"\d{{1,2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?{_ZONE}"
_PATH_PART = r"""[^\s/\\:,;'"<>()\[\]{}|]"""

# One alternation, first branch wins. The group's name up to "_" is the placeholder.
_BRANCHES: tuple[tuple[str, str], ...] = (
    ("keep_", r"(?=[hotHOT])(?i:http/?[123](?:\.[01])?|tls-?v?1\.[0-3]|oauth-?2\.0)(?![\w-])"),
    (
        "url_",
        r"(?=[A-Za-z0-9+:]{2,30}://)(?i:(?:blob:)?https?|wss?|ftps?|sftp|s3|gs|rediss?|amqps?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?"
        r"|file|blob|data|jdbc:[a-z0-9]{2,20})://[^\s<>\"'`]*+",
    ),
    ("id_jwt", r"eyJ[\w-]++\.[\w-]++(?:\.[\w-]++)?"),
    ("email", r"[\w.+%-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    (
        "id_uuid",
        r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?!\w)",
    ),
    ("mac", r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?!\w)"),
    (
        "date",
        rf"(?:\d{{4}}[-/]\d{{1,2}}[-/]\d{{1,2}}(?:[T_]\d{{2}}:?\d{{2}}(?::?\d{{2}}(?:[.,]\d{{1,9}})?)?{_ZONE})?"
        rf"|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{4}}|{_TIME})(?!\w)",
    ),
    (
        "ip",
        r"(?:\[?(?:\d{1,3}\.){3}\d{1,3}\]?(?:/\d{1,2})?(?::\d{1,5})?(?!\w|\.\d)"
        r"|\[?(?=[0-9a-fA-F:.]{0,45}\d)(?:[0-9a-fA-F]{0,4}:){2,8}[0-9a-fA-F.]{0,15}(?:%\w{1,15})?"
        r"\]?(?:/\d{1,3})?(?::\d{1,5})?(?!\w))",
    ),
    (
        "id_hex",
        r"(?:0[xX][0-9a-fA-F]++(?!\w)|(?=\d{0,126}[a-fA-F])(?=[a-fA-F]{0,126}\d)[0-9a-fA-F]{7,128}+(?!\w))",
    ),
    ("dur", rf"(?:\d{{1,18}}(?:[.,]\d{{1,18}})?{_DURATION}){{1,6}}(?!\w)"),
    ("size", rf"\d{{1,18}}(?:[.,]\d{{1,18}})?{_SIZE}(?!\w)"),
    (
        "path_",
        rf"(?:[~.]{{0,2}}(?:/{_PATH_PART}++){{2,}}+/?|[A-Za-z]:[\\/](?:{_PATH_PART}++[\\/]?)*+"
        rf"|\\\\(?:{_PATH_PART}++\\?)++)",
    ),
    ("ver", r"[vV]?\d{1,9}(?:\.\d{1,9}){2,10}(?:[-+.]?[A-Za-z][\w.]{0,30})?(?!\w)"),
    # With slashes it may as well be a path: then it needs a capital and has no dash.
    ("id_base64", r"(?=[A-Za-z0-9_-]{0,80}\d)[A-Za-z0-9][A-Za-z0-9_-]{39,}+={0,2}(?![\w/])"),
    (
        "id_base64s",
        r"(?=[A-Za-z0-9+/]{0,80}\d)(?=[A-Za-z0-9+/]{0,80}[A-Z])[A-Za-z0-9][A-Za-z0-9+/]{39,}+={0,2}",
    ),
    (
        "n",
        r"[+-]?(?:\d{1,3}(?:[,'_]\d{3})++|\d++)(?:[.,]\d++)?(?:[eE][+-]?\d++)?(?![\w]|-[A-Za-z])",
    ),
    ("id_word", r"(?=[\w-]{0,120}\d)\w[\w-]*+"),
)
_VALUES = re.compile(
    r"(?<!\w)(?:" + "|".join(f"(?P<{name}>{body})" for name, body in _BRANCHES) + ")"
)
_REPLACEMENT = {name: f"<{name.partition('_')[0]}>" for name, _ in _BRANCHES}
_TRAILING = ".,;:!?)]}…"

# Phone and card numbers, lists of ids: how many there are is data.
_RUN = re.compile(r"<(?:n|id|ver)>(?:[ \-./:,]{1,2}<(?:n|id|ver)>)++")
_DATES = re.compile(r"<date>(?:[ ,T]{0,2}<date>)++")
_DURATIONS = re.compile(r"<dur>(?:[ ,]{0,2}<dur>)++")
_UNIT_DURATION = re.compile(rf"<n> {_DURATION}(?!\w)")
_UNIT_SIZE = re.compile(rf"<n> {_SIZE}(?!\w)")


def parameterise(text: str, limit: int = 400) -> str:
    """The first line of a text with placeholders for its data, at most `limit` characters."""
    line = first_line(text[:MAX_TEXT])[:MAX_LINE]
    if "{" in line or "[" in line:
        line = _without_json(line)
    if _QUOTE.search(line):
        line = _QUOTED.sub("<str>", line)
    if "<" in line:
        line = _OBJECT.sub("<obj>", line)
    if " (" in line:
        line = _SQL_LIST.sub(r"\1 (?)", line)
    gate = (_GATE_ASCII if line.isascii() else _GATE_ANY).search
    if not gate(line) and "eyJ" not in line:
        return " ".join(line.split())[:limit]
    if _MONTH_HINT.search(line):
        line = _NAMED_DATE.sub("<date>", line)
    routed = " /" in line
    if routed:
        line = _ROUTE.sub(_route, line)
    line = " ".join(
        [
            chunk
            if chunk.isalpha() or not (gate(chunk) or chunk[:3] == "eyJ")
            else "<n>"
            if chunk.isdigit()
            else _chunk(chunk)
            if len(chunk) <= _MAX_REMEMBERED
            else _VALUES.sub(_replace, chunk)
            for chunk in line.split()
        ]
    )
    if "<" in line:
        line = _collapse(line)
    if routed:
        line = line.replace(_ROUTE_SLASH, "/")
    return line[:limit]


@lru_cache(maxsize=8192)
def _chunk(chunk: str) -> str:
    """The same hosts, units and codes come again and again."""
    return _VALUES.sub(_replace, chunk)


def first_line(text: str) -> str:
    """The first line that is not blank, stripped; "" if there is none."""
    stripped = text.lstrip()
    end = stripped.find("\n")
    return (stripped if end < 0 else stripped[:end]).strip()


def _without_json(line: str) -> str:
    start = _JSON_START.search(line)
    if start is None:
        return line
    at = start.start()
    end = line.rfind("}" if line[at] == "{" else "]")
    return f"{line[:at]}<json>{line[end + 1 :] if end > at else ''}"


def _route(match: re.Match[str]) -> str:
    path = match[2].partition("?")[0].partition("#")[0]
    parts = [
        "*" if len(part) > 30 or any(c.isdigit() for c in part) else part
        for part in path.split("/")
    ]
    return f"{match[1]} {_ROUTE_SLASH.join(parts)}"


def _replace(match: re.Match[str]) -> str:
    name = match.lastgroup or ""
    if name == "keep_" or (name == "id_word" and match[0].lower() in _KEEP):
        return match[0]
    replacement = _REPLACEMENT[name]
    if name in ("url_", "path_"):
        # Punctuation at the end belongs to the sentence.
        return replacement + match[0][len(match[0].rstrip(_TRAILING)) :]
    return replacement


def _collapse(line: str) -> str:
    if "<n> " in line:
        line = _UNIT_DURATION.sub("<dur>", line)
        line = _UNIT_SIZE.sub("<size>", line)
    line = _RUN.sub("<n>", line)
    line = _DATES.sub("<date>", line)
    return _DURATIONS.sub("<dur>", line)
