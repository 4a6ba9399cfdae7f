"""From components to a grouphash. Pure.

A component is a string, None, or a tuple of components. The serialisation is unambiguous: every
string carries its length in characters, every tuple its number of members.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import TypeAlias

Component: TypeAlias = "str | tuple[Component, ...] | None"


# Event after event of one problem has the same component; one that is larger than usual is not worth the memory.
@lru_cache(maxsize=2048)
def remembered_digest(component: Component, config_name: str) -> str:
    return digest(component, config_name)


def digest(component: Component, config_name: str) -> str:
    """128 bits of BLAKE2b as 32 hex digits, personalised with the config's name."""
    raw = _serialised(component).encode("utf-8", "surrogatepass")
    return blake2b(raw, digest_size=16, person=config_name.encode()[:16]).hexdigest()


def _serialised(component: Component) -> str:
    if isinstance(component, str):
        return f"s{len(component)}:{component}"
    if component is None:
        return "n"
    # Nearly all members are strings: no call for these.
    members = [
        f"s{len(member)}:{member}" if type(member) is str else _serialised(member)
        for member in component
    ]
    return f"t{len(component)}:{''.join(members)}"
