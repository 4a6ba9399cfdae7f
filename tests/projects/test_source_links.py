"""From a frame to a line in the repository."""

import pytest

from projects.source_links import LinkError, Links, check_path, check_template, read_paths

GITHUB = "https://github.com/acme/shop/blob/{sha}/{path}#L{line}"
SHA = "8f2c1ab"


@pytest.mark.parametrize(
    ("release", "template", "link"),
    [
        (f"shop@1.4.0+{SHA}", GITHUB, f"https://github.com/acme/shop/blob/{SHA}/shop/cart.py#L17"),
        ("a" * 40, "https://h/{sha}/{path}", f"https://h/{'a' * 40}/shop/cart.py"),
        ("1" * 40, "https://h/{sha}/{path}", f"https://h/{'1' * 40}/shop/cart.py"),
        ("shop@1.4", "https://h/{version}/{path}", "https://h/1.4/shop/cart.py"),
        ("shop@1.4", "https://h/{release}/{path}", "https://h/shop%401.4/shop/cart.py"),
        ("shop@20260501", "https://h/{sha}/{path}", "https://h/main/shop/cart.py"),
        ("", "https://h/{sha}/{path}", "https://h/main/shop/cart.py"),
        ("../../x?#", "https://h/{release}/{path}", "https://h/../../x%3F%23/shop/cart.py"),
        ("a\x1b\n", "https://h/{release}/{path}", "https://h/main/shop/cart.py"),
        ("", "", ""),
    ],
)
def test_the_release_names_the_commit(release: str, template: str, link: str) -> None:
    links = Links(template, fallback="main", release=release)
    assert links.to("shop/cart.py", "/srv/shop/cart.py", 17, is_app=True) == link


def test_without_a_commit_and_a_branch_there_is_no_link() -> None:
    assert Links(GITHUB).to("shop/cart.py", "", 17, is_app=True) == ""


@pytest.mark.parametrize(
    ("filename", "abs_path", "is_app", "path"),
    [
        ("shop/cart.py", "", True, "shop/cart.py"),
        ("./src/a b.js", "", True, "src/a%20b.js"),
        ("shop\\Cart.cs", "", True, "shop/Cart.cs"),
        ("shop/cart.py", "", False, ""),
        ("cart.py", "/srv/app/shop/cart.py", False, "backend/shop/cart.py"),
        ("app:///main.js?v=1", "", True, "web/src/main.js"),
        ("/opt/other.py", "", True, ""),
        ("https://evil.example/x.js", "", True, ""),
        ("C:\\x.cs", "", True, ""),
        ("<anonymous>", "", True, ""),
        ("../../etc/passwd", "", True, ""),
        ("x", "/srv/app/../../etc/passwd", True, ""),
        ("a\x00b", "", True, ""),
        ("", "", True, ""),
        ("?", "", True, ""),
    ],
)
def test_paths_are_mapped(filename: str, abs_path: str, is_app: bool, path: str) -> None:
    paths = read_paths("/srv/app/ => backend/\napp:/// => web/src/\n")
    link = Links("https://h/{path}", paths).to(filename, abs_path, None, is_app=is_app)
    assert link == (f"https://h/{path}" if path else "")


def test_what_a_path_says_stays_a_path() -> None:
    link = Links("https://h/{path}#L{line}").to("a\"'><b>#?{line}{sha}", "", 3, is_app=True)
    assert link == "https://h/a%22%27%3E%3Cb%3E%23#L3"


@pytest.mark.parametrize(
    "template",
    [
        "javascript:alert({path})", "ftp://h/{path}", "//h/{path}", "/{path}", "https:///{path}", "https://h/",
        "https://h/{path}/{user}", "https://{release}/{path}", "https://me:secret@h/{path}", "https://h/{path} x",
        "https://h/{path}{", "https://h/{path}\n", "https://[/{path}", "https://h/{path}" + "x" * 500, "{path}",
    ],
)  # fmt: skip
def test_wrong_templates_are_refused(template: str) -> None:
    with pytest.raises(LinkError):
        check_template(template)


def test_good_ones_are_not() -> None:
    check_template(GITHUB)
    check_template("http://git.local:3000/x?f={path}&l={line}")
    check_path("/srv/app/ =>")


@pytest.mark.parametrize("line", ["/srv/app/", "=> x", "x" * 600 + " => y", "a\x00 => b"])
def test_wrong_lines_are_refused(line: str) -> None:
    with pytest.raises(LinkError):
        check_path(line)
