"""One log record is one line, whatever a sender put into it."""

import logging

# Line breaks and other control characters in a record would let a request forge log lines.
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127) if code not in (9, 10)}


class LineFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(_CONTROL).replace("\n", "\\n")
        return super().formatMessage(record)
