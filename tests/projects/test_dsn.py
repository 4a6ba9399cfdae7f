import pytest

from projects.dsn import build, normalize_key, parse

KEY = "c0ffee00" * 4


@pytest.mark.parametrize(
    ("base_url", "dsn"),
    [
        ("https://errors.example", f"https://{KEY}@errors.example/7"),
        ("http://127.0.0.1:8000", f"http://{KEY}@127.0.0.1:8000/7"),
        ("https://h.example/a/b", f"https://{KEY}@h.example/a/b/7"),
        ("http://[::1]:8000", f"http://{KEY}@[::1]:8000/7"),
    ],
)
def test_what_is_built_is_read_again(base_url: str, dsn: str) -> None:
    assert build(base_url, KEY, 7) == dsn
    found = parse(dsn)
    assert (found.public_key, found.project_id, found.base_url) == (KEY, 7, base_url)


def test_an_old_dsn_has_a_secret() -> None:
    assert parse(f"https://{KEY}:secret@h.example/7").public_key == KEY


def test_the_envelope_goes_below_the_prefix() -> None:
    assert parse(f"https://{KEY}@h/a/7").envelope_url == "https://h/a/api/7/envelope/"


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("", "looks like"),
        ("ftp://k@h/1", "looks like"),
        ("https://h.example/7", "no key"),
        (f"https://{KEY}@h.example/", "number"),
        (f"https://{KEY}@h.example/shop", "number"),
        (f"https://{KEY}@h.example/٧", "number"),
    ],
)
def test_says_what_is_wrong(dsn: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(dsn)


@pytest.mark.parametrize(
    ("key", "normal"),
    [
        (KEY.upper(), KEY),
        ("c0ffee00-c0ff-ee00-c0ff-ee00c0ffee00", KEY),
        ("not hex", ""),
        ("a" * 65, ""),
    ],
)
def test_keys_are_compared_without_dashes_and_case(key: str, normal: str) -> None:
    assert normalize_key(key) == normal
