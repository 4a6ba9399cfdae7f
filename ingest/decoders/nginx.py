"""Lines of nginx: its error log, and answers of 500 and above in an access log of the combined format. Pure.

    2026/05/01 10:00:00 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream,
        client: 192.0.2.1, server: shop.example, request: "GET /p HTTP/1.1", upstream: "http://10.0.0.3:8000/p"
    192.0.2.1 - - [01/May/2026:10:00:00 +0000] "GET /p HTTP/1.1" 502 157 "-" "curl/8.5.0"

Source: nginx documentation, ngx_http_log_module, "log_format"; ngx_core_module, "error_log".
"""

import re

from ingest.decoders.values import MONTHS, Decoded, Json, iso, level_of

_ERROR = re.compile(
    r"(?P<year>[0-9]{4})/(?P<month>[0-9]{2})/(?P<day>[0-9]{2}) (?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2}) "
    r"\[(?P<level>[a-z]{3,6})\] (?P<pid>[0-9]{1,10})#[0-9]{1,10}: (?:\*[0-9]{1,20} )?(?P<text>.*)",
    re.DOTALL,
)
_PARTS = re.compile(
    r', (client|server|request|upstream|host|referrer): (?:"([^"]{0,4000})"|([^,"]{0,1000}))'
)
_ACCESS = re.compile(
    r"(?P<client>[0-9A-Za-z_.:-]{1,100}) [^\s\"]{1,200} [^\"\[]{1,200} "
    r"\[(?P<day>[0-9]{2})/(?P<month>[A-Z][a-z]{2})/(?P<year>[0-9]{4}):(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2}) "
    r"(?P<zone>[+-][0-9]{4})\] \"(?P<request>[^\"]{0,8000})\" (?P<status>[0-9]{3}) (?P<bytes>[0-9]{1,20}|-)"
    r"(?: \"(?P<referrer>[^\"]{0,4000})\" \"(?P<agent>[^\"]{0,2000})\")?(?P<rest>.*)",
    re.DOTALL,
)
_CODE = re.compile(r"\(([0-9]{1,3}: [^()]{1,100})\)")


def decode(text: str) -> Decoded | None:
    """None: no line of nginx."""
    text = text.rstrip("\r\n")
    if found := _ERROR.fullmatch(text):
        return _from_error(found)
    if found := _ACCESS.fullmatch(text):
        return _from_access(found)
    return None


def _from_error(found: re.Match[str]) -> Decoded:
    level = level_of(found["level"]) or "error"
    parts = {name: quoted or bare for name, quoted, bare in _PARTS.findall(found["text"])}
    first = _PARTS.search(found["text"])
    said = found["text"][: first.start()] if first else found["text"]
    at = iso(int(found["year"]), int(found["month"]), int(found["day"]), found["clock"])
    event = _event(level, said, at, parts.get("request", ""), parts)
    event["contexts"] |= {"process": {"pid": int(found["pid"])}}
    if code := _CODE.search(said):
        event["tags"]["nginx.error"] = code[1]
    return Decoded("nginx", level, event, source=f"{at} {found['pid']}" if at else "")


def _from_access(found: re.Match[str]) -> Decoded | None:
    month = MONTHS.get(found["month"].lower())
    if month is None:
        return None
    status = int(found["status"])
    level = "error" if status >= 500 else "warning" if status in (408, 429, 499) else "info"
    at = iso(int(found["year"]), month, int(found["day"]), found["clock"], zone=found["zone"])
    method, _, target = found["request"].partition(" ")
    path = target.partition(" ")[0].partition("?")[0]
    parts = {"client": found["client"], "referrer": found["referrer"] or ""}
    event = _event(level, f"{status} {method} {path}", at, found["request"], parts)
    event["contexts"]["response"] = {"status_code": status}
    event["tags"]["status"] = str(status)
    if found["agent"] not in (None, "", "-"):
        event["request"]["headers"] = {"User-Agent": found["agent"]}
    return Decoded("nginx", level, event, source=at or "")


def _event(level: str, said: str, at: str | None, request: str, parts: dict[str, str]) -> Json:
    method, _, target = request.partition(" ")
    url = target.partition(" ")[0]
    host = parts.get("host") or parts.get("server") or ""
    event: Json = {
        "level": level,
        "logger": "nginx",
        "platform": "other",
        "message": said.strip(),
        "timestamp": at,
        "tags": {},
        "contexts": {},
        "request": {},
    }
    if url:
        event["request"] = {"method": method, "url": f"http://{host}{url}" if host else url}
        event["transaction"] = f"{method} {url.partition('?')[0]}"[:200]
    if parts.get("client"):
        event["request"]["env"] = {"REMOTE_ADDR": parts["client"]}
    kept = {
        name: parts[name] for name in ("server", "upstream", "host", "referrer") if parts.get(name)
    }
    if kept:
        event["contexts"]["nginx"] = kept
    return event
