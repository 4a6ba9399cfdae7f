"""Builders of canonical events for the tests of grouping."""

from typing import Any

Event = dict[str, Any]


def frame(function: str | None = None, module: str | None = None, **attributes: Any) -> Event:
    """A frame; attributes that are None are left out."""
    named = {"function": function, "module": module, **attributes}
    return {key: value for key, value in named.items() if value is not None}


def py(function: str, module: str, line: str | None = None, **attributes: Any) -> Event:
    """An application frame of Python; line: its context line."""
    path = module.replace(".", "/") + ".py"
    defaults = {
        "filename": path,
        "abs_path": f"/srv/app/{path}",
        "lineno": 18,
        "in_app": True,
        "context_line": line,
    }
    return frame(function, module, **{**defaults, **attributes})


def py_library(function: str, module: str, line: str | None = None) -> Event:
    """A frame of an installed package."""
    path = module.replace(".", "/") + ".py"
    return frame(
        function,
        module,
        filename=path,
        abs_path=f"/usr/lib/python3/dist-packages/{path}",
        lineno=700,
        in_app=False,
        context_line=line,
    )


def js(function: str | None, filename: str, line: str | None = None, **attributes: Any) -> Event:
    """A frame of a browser or of Node.js."""
    defaults = {
        "filename": filename,
        "lineno": 1,
        "colno": 70,
        "in_app": True,
        "context_line": line,
    }
    return frame(function, **{**defaults, **attributes})


def java(function: str, module: str, **attributes: Any) -> Event:
    return frame(function, module, **{"filename": "X.java", "lineno": 40, **attributes})


def raised(kind: str | None, value: str | None, *frames: Event, **attributes: Any) -> Event:
    """One exception; frames outermost first. Keyword arguments become its mechanism."""
    exception: Event = {}
    if kind is not None:
        exception["type"] = kind
    if value is not None:
        exception["value"] = value
    if frames:
        exception["stacktrace"] = {"frames": list(frames)}
    if attributes:
        exception["mechanism"] = {"type": "generic", **attributes}
    return exception


def event(*exceptions: Event, platform: str = "python", **attributes: Any) -> Event:
    """An event with these exceptions, oldest cause first."""
    data: Event = {"platform": platform, "level": "error", **attributes}
    if exceptions:
        data["exception"] = {"values": list(exceptions)}
    return data


def log(template: str, formatted: str | None = None, **attributes: Any) -> Event:
    entry = {"message": template, "formatted": formatted or template}
    return event(logentry=entry, **attributes)
