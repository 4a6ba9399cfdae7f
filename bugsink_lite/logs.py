"""One log record is one line, whatever a sender put into it; the traceback below it is indented."""

import logging
from types import TracebackType

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
