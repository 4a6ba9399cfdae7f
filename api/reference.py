"""The API described by itself: as OpenAPI for programs, and as a page that is made here and loads nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api import site
from api.replies import reply
from api.scopes import SCOPES


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: str
    is_required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """answer: the fields of what comes when all is well; answer_type: in words, "" for no body."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    scopes: list[str]
    parameters: list[Field]
    body: list[Field]
    answer_type: str
    answer: list[Field]
    statuses: list[tuple[int, str]]


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Without a token: it tells of the product, not of the installation."""
    return reply(site.schema(), headers={"Cache-Control": "no-cache"})


@login_required
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    context = {
        "area": "",
        "groups": groups(),
        "scopes": SCOPES.items(),
        "organization_slug": settings.ORGANIZATION_SLUG,
    }
    return render(request, "api/reference.html", context)


@lru_cache(maxsize=1)
def groups() -> list[tuple[str, list[Endpoint]]]:
    """By the tag of the endpoints, in the order of the addresses."""
    found: dict[str, list[Endpoint]] = {}
    document = site.schema()
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            tag = (details.get("tags") or ["Others"])[0]
            found.setdefault(tag, []).append(_endpoint(document, path, method, details))
    return list(found.items())


def _endpoint(
    document: Mapping[str, Any], path: str, method: str, details: Mapping[str, Any]
) -> Endpoint:
    fine = next((code for code in details["responses"] if int(code) < 300), None)
    schema = _content(details["responses"][fine]) if fine is not None else None
    words = str(details.get("description", "")).rpartition("\n\n")[0]
    return Endpoint(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details.get("summary", ""),
        words=words,
        scopes=details.get("x-scopes", []),
        parameters=[
            Field(
                each["name"],
                _type(each.get("schema", {})),
                bool(each.get("required")),
                each.get("description", ""),
            )
            for each in details.get("parameters", ())
        ],
        body=list(_fields(document, _content(details.get("requestBody", {})))),
        answer_type=_type(schema) if schema else "",
        answer=list(_fields(document, schema)),
        statuses=[(int(code), HTTPStatus(int(code)).phrase) for code in details["responses"]],
    )


def _content(place: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of a request's or an answer's body."""
    for media in place.get("content", {}).values():
        schema: Mapping[str, Any] = media.get("schema", {})
        return schema
    return None


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object that a schema speaks of: through references, lists and the first of several."""
    for _ in range(5):
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif schema.get("anyOf"):
            schema = schema["anyOf"][0]
        elif isinstance(schema.get("items"), dict):
            schema = schema["items"]
        else:
            break
    return schema


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any] | None) -> Iterator[Field]:
    if not schema:
        return
    found = _resolved(document, schema)
    required = found.get("required", ())
    for name, each in found.get("properties", {}).items():
        yield Field(name, _type(each), name in required, each.get("description", ""))


def _type(schema: Mapping[str, Any] | None) -> str:
    """`list of Project`, `string or null`."""
    if not schema:
        return "anything"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return ", ".join(str(each) for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items'))}"
    return "time" if schema.get("format") == "date-time" else str(kind)
