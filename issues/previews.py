"""Which attachments may be looked at in the browser, and as what. Pure.

By their bytes, never by what their sender says of them: a picture of a kind that holds no script, or plain text.
"""

MAX_IMAGE = 10 << 20  # bytes
MAX_TEXT = 1 << 20  # bytes; of a longer one the beginning is shown

_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_TEXT_ENDINGS = (
    *(".txt", ".log", ".json", ".xml", ".csv", ".tsv", ".yml", ".yaml", ".toml", ".ini", ".conf"),
    *(".md", ".html", ".css", ".js", ".ts", ".py", ".sql", ".har", ".plist", ".dot"),
)


def guess(name: str, content_type: str, size: int) -> str:
    """ "image", "text" or "", before anybody has seen the bytes: whether it is worth offering."""
    name, kind = name.lower(), content_type.lower().partition(";")[0].strip()
    claims_image = kind.startswith("image/") and "svg" not in kind
    if (claims_image or name.endswith(_IMAGE_ENDINGS)) and size <= MAX_IMAGE:
        return "image"
    if kind.startswith("text/") or kind in ("application/json", "application/xml"):
        return "text"
    return "text" if name.endswith(_TEXT_ENDINGS) else ""


def image_type(data: bytes) -> str:
    """The media type of a picture, "" for anything else."""
    if len(data) > MAX_IMAGE:
        return ""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _IMAGES if data.startswith(start)), "")


def plain_text(data: bytes) -> str | None:
    """The beginning of it as text; None for what is none."""
    start = data[:MAX_TEXT]
    if b"\0" in start:
        return None
    try:
        return start.decode()
    except UnicodeDecodeError as error:
        # The cut may go through the last letter.
        if len(data) > MAX_TEXT and error.start >= len(start) - 3:
            return start[: error.start].decode()
        return None
