"""Records of systemd's journal as JSON (`journalctl -o json`, journald inputs of log shippers). Pure.

    {"__REALTIME_TIMESTAMP":"1777629600250000","PRIORITY":"3","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"...", ...}

Source: systemd documentation, systemd.journal-fields(7), "Journal JSON Format".
"""

from typing import Any

from ingest.decoders.values import Decoded, Json, attribute, line

# emerg, alert, crit, err, warning, notice, info, debug.
_PRIORITIES = ("fatal", "fatal", "fatal", "error", "warning", "info", "info", "debug")
_CONTEXT = (
    *("_PID", "_UID", "_GID", "_COMM", "_EXE", "_CMDLINE", "_SYSTEMD_UNIT", "_SYSTEMD_SLICE", "_BOOT_ID"),
    *("_TRANSPORT", "SYSLOG_FACILITY", "CODE_FILE", "CODE_LINE", "CODE_FUNC", "MESSAGE_ID", "UNIT", "EXIT_CODE"),
)  # fmt: skip


_MARKS = ("PRIORITY", "__REALTIME_TIMESTAMP", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER")


def is_journal(entry: Json) -> bool:
    """Some shippers write the message's name in small letters."""
    return ("MESSAGE" in entry or "message" in entry) and any(key in entry for key in _MARKS)


def message_of(entry: Json) -> str:
    """Bytes that are no UTF-8 come as a list of numbers."""
    value = entry.get("MESSAGE", entry.get("message"))
    if isinstance(value, list):
        numbers = [each for each in value if isinstance(each, int) and 0 <= each < 256]
        return bytes(numbers).decode("utf-8", "replace")
    return attribute(value)


def level_of(entry: Json) -> str:
    """ "" if the record names no priority."""
    priority = attribute(entry.get("PRIORITY"))
    return _PRIORITIES[int(priority)] if priority in tuple("01234567") else ""


def complete(entry: Json, inner: Decoded) -> Decoded:
    """What the journal knows of a line, around what the line itself says."""
    event = inner.event
    level = level_of(entry)
    # Everything that a service prints has the priority of its pipe, 6: then the line knows better.
    if level and (level not in ("info", "debug") or not inner.is_named):
        event["level"] = inner.level = level
        inner.is_wanted, inner.is_named = None, True
    unit = line(entry.get("_SYSTEMD_UNIT") or entry.get("UNIT"))
    name = line(entry.get("SYSLOG_IDENTIFIER"), 64) or unit.removesuffix(".service")[:64]
    event["logger"] = event.get("logger") or name
    event["server_name"] = event.get("server_name") or line(entry.get("_HOSTNAME"))
    event["timestamp"] = event.get("timestamp") or _time(entry)
    tags = event.setdefault("tags", {})
    if unit:
        tags["systemd.unit"] = unit
    kept = {key.strip("_").lower(): entry[key] for key in _CONTEXT if attribute(entry.get(key))}
    event["contexts"] = {**event.get("contexts", {}), "journal": kept}
    cursor = attribute(entry.get("__CURSOR"))
    if cursor:
        inner.source = cursor
    elif not inner.source:
        inner.source = " ".join(
            attribute(entry.get(key)) for key in ("_HOSTNAME", "__REALTIME_TIMESTAMP", "_PID")
        ).strip()
    inner.format = "journald"
    return inner


def _time(entry: Json) -> Any:
    """Microseconds since 1970, as text."""
    names = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP")
    return next((value for name in names if (value := attribute(entry.get(name)))), None)
