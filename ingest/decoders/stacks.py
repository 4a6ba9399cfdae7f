"""Stack traces that came as text: of Node.js, Python and Java. Pure.

TypeError: x is undefined
    at pay (/srv/app/pay.js:10:5)      the crash comes first, frames of ours last call last
    at /srv/app/index.js:3:1
"""

import re
from typing import Any

_NODE = re.compile(
    r"^[ \t]*at (?:async )?(?:(?P<function>[^\n(]{1,500}) \()?"
    r"(?P<file>[^\n()]{1,1000}?):(?P<line>[0-9]{1,9}):(?P<column>[0-9]{1,9})\)?[ \t]*$",
    re.MULTILINE,
)
_PYTHON = re.compile(
    r'^[ \t]*File "(?P<file>[^"\n]{1,1000})", line (?P<line>[0-9]{1,9})'
    r"(?:, in (?P<function>[^\n]{1,500}))?"
    r"(?:\n {4,8}(?![ ]*(?:File|\^|~))(?P<source>[^\n]{1,500}))?",
    re.MULTILINE,
)
_JAVA = re.compile(
    r"^[ \t]*at (?P<module>[\w.$/@-]{1,500})\.(?P<function>[\w$<>]{1,300})"
    r"\((?P<file>[^():\n]{1,300})(?::(?P<line>[0-9]{1,9}))?\)[ \t]*$",
    re.MULTILINE,
)
_CAUSE = re.compile(r"\n[ \t]*caused by: ", re.IGNORECASE)
_HEADER = re.compile(r"(?P<type>[A-Za-z_$][\w.$]{0,200})(?:: (?P<value>.*))?", re.DOTALL)
# A stack longer than this is cut anyway; searching it costs.
_LONGEST = 200_000


def read_stack(text: str) -> list[dict[str, Any]]:
    """The frames of one stack, oldest call first; [] if there is none in the text."""
    text = text[:_LONGEST]
    frames = [_node_frame(match) for match in _NODE.finditer(text)]
    if frames:
        return frames[::-1]
    frames = [_java_frame(match) for match in _JAVA.finditer(text)]
    if frames:
        return frames[::-1]
    return [_python_frame(match) for match in _PYTHON.finditer(text)]


def split_causes(text: str) -> list[str]:
    """The stacks of a chain, what was caught first: Pino and Java join them by `caused by: `."""
    return _CAUSE.split(text[:_LONGEST])[:20]


def read_header(text: str) -> tuple[str, str]:
    """Type and value from what stands above the frames of a stack."""
    head = re.split(r"\n[ \t]+at ", text[:20_000], maxsplit=1)[0].strip()
    match = _HEADER.fullmatch(head)
    return (match["type"], match["value"] or "") if match else ("", head)


def _node_frame(match: re.Match[str]) -> dict[str, Any]:
    file = match["file"].removeprefix("file://")
    frame: dict[str, Any] = {
        "filename": file,
        "abs_path": file,
        "lineno": int(match["line"]),
        "colno": int(match["column"]),
        "in_app": "node_modules" not in file and not file.startswith("node:"),
    }
    if match["function"]:
        frame["function"] = match["function"].strip()
    return frame


def _java_frame(match: re.Match[str]) -> dict[str, Any]:
    frame: dict[str, Any] = {"module": match["module"], "function": match["function"]}
    if match["line"]:
        frame |= {"filename": match["file"], "lineno": int(match["line"])}
    return frame


def _python_frame(match: re.Match[str]) -> dict[str, Any]:
    frame: dict[str, Any] = {
        "filename": match["file"],
        "abs_path": match["file"],
        "lineno": int(match["line"]),
        "in_app": not re.search(r"/(?:site|dist)-packages/|/lib/python3|^<frozen ", match["file"]),
    }
    if match["function"]:
        frame["function"] = match["function"].strip()
    if match["source"]:
        frame["context_line"] = match["source"]
    return frame
