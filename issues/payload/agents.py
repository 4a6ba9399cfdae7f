"""User agents: browser, system and device from one header. Pure, and remembered."""

from collections.abc import Mapping
from functools import lru_cache

from ua_parser import parse


@lru_cache(maxsize=4096)
def contexts_of(user_agent: str) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """("browser", {"name": "Chrome", "version": "120.0.0"}), ("os", ...), ("device", ...).

    What is not recognised is left out. Costs a millisecond or two the first time a string is seen.
    """
    result = parse(user_agent)
    found: list[tuple[str, Mapping[str, str]]] = []
    for name, part in (("browser", result.user_agent), ("os", result.os)):
        if part is not None:
            numbers = [each for each in (part.major, part.minor, part.patch) if each]
            context = {"name": part.family, "version": ".".join(numbers)}
            found.append((name, {key: text for key, text in context.items() if text}))
    if result.device is not None:
        device = result.device
        context = {
            "family": device.family,
            "brand": device.brand or "",
            "model": device.model or "",
        }
        found.append(("device", {key: text for key, text in context.items() if text}))
    return tuple(found)
