"""One log record is one line, whatever a sender put into it; as text the traceback below it is indented."""

import contextvars
import json
import logging
import re
import secrets
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

# Of the request that this thread answers; "" beside requests.
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)

# Line breaks and other control characters in a record would let a request forge log lines.
_CONTROL = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)
}
_CONTROL |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029)}

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(_CONTROL).replace("\n", "\\n")
        return super().formatMessage(record)

    def formatException(self, ei: ExcInfo) -> str:
        # What an exception says may be the sender's words: a database quotes what it refuses.
        text = super().formatException(ei).translate(_CONTROL)
        return "\n".join(f"    {line}" for line in text.split("\n"))


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, thread, process; request_id and exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields: dict[str, Any] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if found := request_id.get():
            fields["request_id"] = found
        if record.exc_info and record.exc_info[0] is not None:
            fields["exception"] = self.formatException(record.exc_info)
        fields |= {"thread": record.threadName, "process": record.process}
        # ASCII only: no character that some reader of lines takes for the end of one.
        return json.dumps(fields)


def request_id_of(given: str) -> str:
    """What a proxy calls the request, if it is fit to be repeated; else a new name."""
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
