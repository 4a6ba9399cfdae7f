"""Thin functions: they fail on behalf of their caller, so the caller belongs to the place. Pure."""

import re
from functools import lru_cache

from .platforms import Family

_THIN = re.compile(
    r"_*(?:"
    r"check[A-Z]\w*"
    r"|(?i:assert\w*|invariant|ensure\w*|requires?|require_\w*|check|check_\w*|must\w*"
    r"|raise_\w*|throw\w*|panic\w*|fail|fail_?with|abort\w*|die"
    r"|(?:respond|report|handle|log|capture|render|write|send|json|on)(?:_|with)*(?:error|exception|err)"
    r"|(?:create|make|new|build|to)\w*(?:error|exception)"
    r"|wrapper|wrapped|wrap|inner|decorat\w*"
    r"|query|execute|exec|run_?query|raw_?query|request|do_?request|send_?request|make_?request|fetch_?json"
    r"|get_?json|post_?json|call_?api|api_?call|handle_?response|check_?response|check_?status|parse_?response"
    r"|http_?(?:get|post|put|delete))"
    r")[!?]?"
)
_LIBRARY_NAMESPACES = ("std::", "__gnu_cxx::", "boost::", "absl::", "folly::")


@lru_cache(maxsize=8192)
def is_thin(family: Family, name: str) -> bool:
    """Whether a normalised function name says nothing without its caller."""
    if family == "native" and name.startswith(_LIBRARY_NAMESPACES):
        return True
    own = name.rpartition("::")[2]
    if family == "go":
        own = own.rpartition(".")[2]
    return _THIN.fullmatch(own) is not None
