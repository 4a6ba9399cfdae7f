"""Debug images: what a stack's addresses or files can be looked up in. Pure."""

from typing import Any

from issues.payload.bounds import bounded_map
from issues.payload.ledger import Ledger

_PLACES = ("abs_path", "filename", "image_addr", "package")
_NAMES = ("code_file", "image_addr", "debug_file")


def read_debug_meta(
    value: Any,
    exceptions: list[dict[str, Any]],
    threads: list[dict[str, Any]],
    ledger: Ledger,
) -> dict[str, Any]:
    """{"images": [...], ...}; of too many images, those that frames refer to come first."""
    if value.__class__ is not dict:
        if value is not None:
            ledger.note("debug_meta", value)
        return {}
    limits = ledger.limits
    rest = {key: each for key, each in value.items() if key != "images" and each is not None}
    found = bounded_map(
        rest, length=4096, entry_length=4096, depth=4, path=("debug_meta",), ledger=ledger
    )
    images = value.get("images")
    if images.__class__ is not list:
        return found
    images = [image for image in images if image.__class__ is dict and image]
    if len(images) > limits.images:
        ledger.cut_entries(("debug_meta", "images"), len(images))
        used = _references([*exceptions, *threads])
        # A stable sort: within the two halves the order stays the sender's.
        images.sort(key=lambda image: not any(_is_in(image.get(name), used) for name in _NAMES))
        images = images[: limits.images]
    if images:
        found = dict(found)
        found["images"] = [
            bounded_map(
                image,
                length=4096,
                entry_length=1024,
                depth=4,
                path=("debug_meta", "images", index),
                ledger=ledger,
                count=50,
            )
            for index, image in enumerate(images)
        ]
    return found


def _references(holders: list[dict[str, Any]]) -> set[str]:
    """Everything that frames say about where their code is."""
    return {
        frame[place]
        for holder in holders
        for frame in holder.get("stacktrace", {}).get("frames", ())
        for place in _PLACES
        if place in frame
    }


def _is_in(name: Any, used: set[str]) -> bool:
    return name.__class__ is str and name in used
