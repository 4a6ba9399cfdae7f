"""From components to a grouphash. Pure.

A component is a string, None, or a tuple of components. The serialisation is unambiguous: every string
carries its length, every tuple its number of members.
"""

from hashlib import blake2b
from typing import TypeAlias

Component: TypeAlias = "str | None | tuple[Component, ...]"


def digest(component: Component, config_name: str) -> str:
    """128 bits of BLAKE2b as 32 hex digits, personalised with the config's name."""
    out: list[bytes] = []
    _serialise(component, out)
    return blake2b(b"".join(out), digest_size=16, person=config_name.encode()[:16]).hexdigest()


def _serialise(component: Component, out: list[bytes]) -> None:
    if component is None:
        out.append(b"n")
    elif isinstance(component, str):
        raw = component.encode("utf-8", "surrogatepass")
        out.append(b"s%d:" % len(raw))
        out.append(raw)
    else:
        out.append(b"t%d:" % len(component))
        for member in component:
            _serialise(member, out)
