import pytest

from issues.search.versions import Parts, holds, order, parts


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("shop@1.4.0+7", Parts("shop", "1.4.0", "7")),
        ("@scope/web@2.0.0-rc.1", Parts("@scope/web", "2.0.0-rc.1", "")),
        ("1.4.0", Parts("", "1.4.0", "")),
        ("f00d", Parts("", "f00d", "")),
    ],
)
def test_the_parts_of_a_release(name: str, found: Parts) -> None:
    assert parts(name) == found


def test_versions_are_in_order() -> None:
    """semver.org, section 11, and calendar versions."""
    written = [
        "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
        "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "v1.0.1", "1.9", "1.10", "2026.2.1", "2026.11.23",
    ]  # fmt: skip
    keys = [order(version) for version in written]
    assert None not in keys
    assert keys == sorted(keys)  # type: ignore[type-var]
    assert order("1.0") == order("1.0.0")


@pytest.mark.parametrize("version", ["f00d", "", "release", "1..2", "main-5", "1" * 50])
def test_what_is_no_version(version: str) -> None:
    assert order(version) is None


def test_comparisons() -> None:
    one, two = order("1.0"), order("2.0")
    assert one is not None
    assert two is not None
    assert [holds(sign, one, two) for sign in (">", ">=", "<", "<=")] == [False, False, True, True]
    assert [holds(sign, one, one) for sign in (">", ">=", "<", "<=")] == [False, True, False, True]
