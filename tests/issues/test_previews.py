"""Which attachments one may look at."""

import pytest

from issues.previews import MAX_TEXT, guess, image_type, plain_text


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg onload=alert(1)>", ""),
        (b"<html>", ""),
        (b"", ""),
        (b"\x89PNG\r\n\x1a\n" + b"x" * (10 << 20), ""),
    ],
)
def test_pictures_are_known_by_their_bytes(data: bytes, kind: str) -> None:
    assert image_type(data) == kind


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"abc", "abc"), ("äöü".encode(), "äöü"), (b"\xff", None), (b"a\0b", None), (b"", "")],
)
def test_text_is_what_can_be_read(data: bytes, text: str | None) -> None:
    assert plain_text(data) == text


def test_long_text_is_cut_between_letters() -> None:
    assert plain_text(b"x" + "ä".encode() * MAX_TEXT) == "x" + "ä" * (MAX_TEXT // 2 - 1)


@pytest.mark.parametrize(
    ("name", "content_type", "kind"),
    [
        ("shot.png", "application/octet-stream", "image"),
        ("shot", "image/png", "image"),
        ("x.svg", "image/svg+xml", ""),
        ("app.log", "application/octet-stream", "text"),
        ("page.html", "text/html; charset=utf-8", "text"),
        ("core.dmp", "application/x-dmp", ""),
    ],
)
def test_what_is_offered(name: str, content_type: str, kind: str) -> None:
    assert guess(name, content_type, 100) == kind
