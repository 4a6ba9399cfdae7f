"""The Model Context Protocol over one request and one answer: JSON-RPC 2.0 without a session. Pure.

    {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_projects","arguments":{}}}
    {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"..."}],"isError":false}}

Source: modelcontextprotocol.io, specifications 2026-07-28 (every request stands alone), 2025-11-25 (with a handshake).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# Without a handshake: `server/discover` tells what there is, and every request names its version.
ALONE = ("2026-07-28",)
# With `initialize`; they differ in nothing that is used here.
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26")
VERSIONS = (*ALONE, *HANDSHAKE)
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS, INTERNAL = (
    *(-32700, -32600, -32601, -32602),
    -32603,
)
NO_RESOURCE = -32002
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022


class RpcError(Exception):
    """What the client's program, not its reader, is told."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class ToolError(Exception):
    """What the reader is told: a sentence about what to do otherwise."""


Method = Callable[[Mapping[str, Any]], Json]


@dataclass(frozen=True, slots=True)
class Call:
    """id: None for a notification, which gets no answer."""

    id: int | str | None
    method: str
    params: Mapping[str, Any]


def read_call(message: Any) -> Call | None:
    """None: an answer to something that was never asked, or a notification by its form. Raises RpcError."""
    if isinstance(message, list):
        raise RpcError(INVALID_REQUEST, "One message at a time: batches are not taken.")
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, "The body is a JSON-RPC 2.0 message.")
    if "method" not in message and ("result" in message or "error" in message):
        return None
    method, key, params = message.get("method"), message.get("id"), message.get("params")
    if not isinstance(method, str):
        raise RpcError(INVALID_REQUEST, "method: takes a name.")
    if "id" in message and (isinstance(key, bool) or not isinstance(key, (int, str))):
        raise RpcError(INVALID_REQUEST, "id: takes a number or a text.")
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise RpcError(INVALID_PARAMS, "params: takes an object.")
    return Call(key, method, params)


def answer(call: Call, methods: Mapping[str, Method]) -> Json | None:
    """None for a notification."""
    if call.id is None:
        return None
    method = methods.get(call.method)
    if method is None:
        return failure(call.id, RpcError(NO_METHOD, f"There is no method “{call.method[:60]}”."))
    try:
        return {"jsonrpc": "2.0", "id": call.id, "result": method(call.params)}
    except RpcError as error:
        return failure(call.id, error)


def failure(key: int | str | None, error: RpcError) -> Json:
    told: Json = {"code": error.code, "message": str(error)}
    if error.data is not None:
        told["data"] = error.data
    return {"jsonrpc": "2.0", "id": key, "error": told}


def version_of(call: Call, header: str | None, method: str | None) -> str:
    """Which version a request is of. header, method: what its HTTP headers say. Raises RpcError."""
    meta = call.params.get("_meta")
    inside = meta.get(VERSION_KEY) if isinstance(meta, dict) else None
    if inside is not None and header is not None and inside != header:
        raise RpcError(HEADER_MISMATCH, "MCP-Protocol-Version: the body names another version.")
    if method is not None and method != call.method:
        raise RpcError(HEADER_MISMATCH, "Mcp-Method: the body names another method.")
    version = inside if inside is not None else header
    if version is None:
        return HANDSHAKE[-1]
    if version not in VERSIONS:
        data = {"supported": list(VERSIONS), "requested": str(version)[:40]}
        raise RpcError(
            UNSUPPORTED_VERSION, "This version of the protocol is not spoken here.", data
        )
    return str(version)


_CACHED = ("/list", "/read", "server/discover")


def complete(found: Json, call: Call, version: str) -> Json:
    """With what results have where every request stands alone."""
    if version not in ALONE or "result" not in found:
        return found
    result = {"resultType": "complete", **found["result"]}
    if call.method.endswith(_CACHED):
        result |= {"ttlMs": 0, "cacheScope": "private"}
    return found | {"result": result}


def said(text: str, *, is_error: bool = False) -> Json:
    """The result of a tool."""
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


# --- what a tool takes ---


@dataclass(frozen=True, slots=True)
class Param:
    """kind: string, integer, boolean or strings (a list of texts). choices: of a string."""

    name: str
    help: str
    kind: str = "string"
    required: bool = False
    choices: tuple[str, ...] = ()
    least: int = 1
    most: int = 10_000

    def schema(self) -> Json:
        found: Json = {"description": self.help}
        if self.kind == "strings":
            items = {"type": "string", "maxLength": 200}
            return found | {"type": "array", "items": items, "maxItems": 100}
        found["type"] = self.kind
        if self.kind == "integer":
            found |= {"minimum": self.least, "maximum": self.most}
        elif self.kind == "string":
            found["maxLength"] = self.most
        if self.choices:
            found["enum"] = list(self.choices)
        return found

    def read(self, value: Any) -> Any:
        """Raises ToolError."""
        if self.kind == "integer":
            if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
                value = int(value)
            if isinstance(value, bool) or not isinstance(value, int):
                raise ToolError(f"{self.name}: takes a whole number.")
            if not self.least <= value <= self.most:
                raise ToolError(f"{self.name}: is from {self.least} to {self.most}.")
            return value
        if self.kind == "boolean":
            if not isinstance(value, bool):
                raise ToolError(f"{self.name}: is true or false.")
            return value
        if self.kind == "strings":
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise ToolError(f"{self.name}: takes a list of texts.")
            if len(value) > 100:
                raise ToolError(f"{self.name}: takes 100 at most.")
            return [each.replace("\0", "").strip()[:200] for each in value]
        if not isinstance(value, str):
            raise ToolError(f"{self.name}: takes a text.")
        text = value.replace("\0", "").strip()
        if len(text) > self.most:
            raise ToolError(f"{self.name}: is up to {self.most} characters long.")
        if self.choices and text not in self.choices:
            raise ToolError(f"{self.name}: is one of {', '.join(self.choices)}.")
        return text


@dataclass(frozen=True, slots=True)
class Tool:
    """scopes: any of them is enough. writes: changes something."""

    name: str
    title: str
    help: str
    params: tuple[Param, ...]
    run: Callable[..., str]
    scopes: tuple[str, ...]
    writes: bool = False

    def schema(self) -> Json:
        return {
            "name": self.name,
            "title": self.title,
            "description": self.help,
            "inputSchema": {
                "type": "object",
                "properties": {param.name: param.schema() for param in self.params},
                "required": [param.name for param in self.params if param.required],
                "additionalProperties": False,
            },
            "annotations": {
                "title": self.title,
                "readOnlyHint": not self.writes,
                "destructiveHint": self.name == "merge_issues",
                "idempotentHint": self.name != "comment_on_issue",
                "openWorldHint": False,
            },
        }

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Those that were given. Raises ToolError."""
        known = {param.name: param for param in self.params}
        if unknown := sorted(set(arguments) - set(known)):
            raise ToolError(
                f"There is no argument {unknown[0][:60]!r}; there are: {', '.join(known)}."
            )
        found = {
            name: known[name].read(value) for name, value in arguments.items() if value is not None
        }
        for param in self.params:
            if param.required and found.get(param.name) in (None, "", []):
                raise ToolError(f"{param.name}: is needed.")
        return found
