"""One endpoint at two addresses: /issues/... and /organizations/{org}/issues/... are the same."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Router

View = TypeVar("View", bound=Callable[..., HttpResponse])


def both(router: Router, method: str, path: str, **options: Any) -> Callable[[View], View]:
    """path: behind `/issues/`, as "{issue}/tags/"."""

    def register(view: View) -> View:
        add = getattr(router, method)
        add(f"/issues/{path}", **options)(view)
        add(f"/organizations/{{org}}/issues/{path}", **options)(with_organization(view))
        return view

    return register


def with_organization(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The same with an argument `org`, which is checked with the token."""
    signature = inspect.signature(view)
    first, *rest = signature.parameters.values()
    org = inspect.Parameter("org", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=str)

    @wraps(view)
    def through(request: HttpRequest, org: str, **arguments: Any) -> HttpResponse:
        return view(request, **arguments)

    through.__signature__ = signature.replace(parameters=[first, org, *rest])  # type: ignore[attr-defined]
    return through
