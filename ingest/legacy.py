"""/store/ bodies -> one JSON object, and what is wrong with a body. Pure. Source: ingest contract, section 8."""

import base64
import binascii
from typing import Any

from ingest import compression, lenient


class BodyError(ValueError):
    """The body is not what the endpoint takes. The message is safe to show to the sender."""


class StoreError(BodyError):
    """The body is no event."""


class WrongContentType(ValueError):
    """The endpoint takes other content types. The message is safe to show to the sender."""


def media_type(content_type: str) -> str:
    """`text/plain` of `Text/Plain; charset=UTF-8`."""
    return content_type.partition(";")[0].strip().lower()


def read_store(body: bytes, limit: int) -> tuple[bytes, dict[str, Any]]:
    """The JSON text and its object, whatever the headers said about it.

    body: Content-Encoding undone. Plain JSON, zlib, gzip, or base64 of JSON or zlib (old raven clients say so nowhere).
    limit: bytes after decompression. Raises StoreError, compression.TooLarge.
    """
    if not body.strip():
        raise StoreError("the body is empty")
    raw = _unwrap(body, limit)
    try:
        return raw, lenient.load_object(raw)
    except lenient.JSONError as error:
        raise StoreError(str(error)) from error


def _unwrap(body: bytes, limit: int) -> bytes:
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return text
    if inflated := _inflated(body, limit):
        return inflated
    try:
        decoded = base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if decoded[:1] == b"{":
        return decoded
    if decoded and (inflated := _inflated(decoded, limit)):
        return inflated
    raise StoreError(f"neither JSON nor base64 nor zlib; it begins with {body[:24]!r}")


def _inflated(body: bytes, limit: int) -> bytes:
    encoding = {b"\x78": "deflate", b"\x1f": "gzip"}.get(body[:1])
    if encoding is None:
        return b""
    try:
        return compression.inflate(body, encoding, limit)
    except compression.CompressionError:
        return b""
