"""From components to a grouphash. Pure.

A component is a string, None, or a tuple of components. The serialisation is unambiguous: every
string carries its length in characters, every tuple its number of members.
"""

from hashlib import blake2b
from typing import TypeAlias

Component: TypeAlias = "str | tuple[Component, ...] | None"


def digest(component: Component, config_name: str) -> str:
    """128 bits of BLAKE2b as 32 hex digits, personalised with the config's name."""
    out: list[str] = []
    _serialise(component, out)
    raw = "".join(out).encode("utf-8", "surrogatepass")
    return blake2b(raw, digest_size=16, person=config_name.encode()[:16]).hexdigest()


def _serialise(component: Component, out: list[str]) -> None:
    if component is None:
        out.append("n")
    elif isinstance(component, str):
        out.append(f"s{len(component)}:{component}")
    else:
        out.append(f"t{len(component)}:")
        for member in component:
            _serialise(member, out)
