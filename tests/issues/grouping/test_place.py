"""Which frame is the place, and whose frames are looked at."""

from typing import Any

import pytest

from issues.grouping import Config, group
from issues.grouping.classify import DROPPED, MACHINERY, NEVER, classify
from issues.grouping.configs import ALL_FRAMES
from issues.grouping.place import Place, place_of
from issues.grouping.platforms import Family
from issues.grouping.stack import MAX_FRAMES, Stack
from tests.issues.grouping.build import event, frame, js, py, py_library, raised


def place(
    *frames: dict[str, Any], family: Family = "python", depth: int = 1, overflow: bool = False
) -> Place:
    return place_of(Stack(frames, family), Config(place_depth=depth), overflow=overflow)


def names(found: Place) -> list[str]:
    return [part.name or part.source or part.where for part in found.parts]


def test_the_innermost_application_frame_is_the_place() -> None:
    found = place(py("view", "a"), py("quote", "b"), py_library("get", "requests"))
    assert names(found) == ["quote"]
    assert found.strong
    assert found.frames == (1,)


def test_a_thin_function_brings_its_caller() -> None:
    assert names(place(py("view", "a"), py("pay", "b"), py("require", "c"))) == ["require", "pay"]


def test_at_most_four_frames_are_collected() -> None:
    chain = [py(f"check_{n}", "a") for n in "abcdef"]
    assert names(place(*chain)) == ["check_f", "check_e", "check_d", "check_c"]


def test_a_nameless_frame_is_known_by_its_source() -> None:
    found = place(py("run", "a"), py("<lambda>", "b", "key = lambda  row: row.x"))
    assert names(found) == ["key=lambdarow:row.x"]
    assert found.strong


def test_a_nameless_frame_without_source_brings_its_caller() -> None:
    found = place(py("run", "a"), py("<lambda>", "b"))
    assert names(found) == ["b", "run"]


def test_only_one_nameless_frame_of_a_minified_bundle_counts() -> None:
    found = place(
        *[js("e", f"https://x/shop/{n}.js") for n in ("one", "two", "three")], family="js"
    )
    assert names(found) == ["shop/three"]
    assert not found.strong


def test_a_long_source_line_is_none() -> None:
    assert not place(py("<lambda>", "b", "x" * 300)).strong


def test_depth_asks_for_more_named_frames() -> None:
    frames = [py("main", "a"), py("view", "b"), py("quote", "c")]
    assert names(place(*frames, depth=2)) == ["quote", "view"]
    assert names(place(*frames, depth=ALL_FRAMES)) == ["quote", "view", "main"]


def test_repeats_collapse() -> None:
    frames = [py("main", "a"), *[py("check_deep", "b") for _ in range(20)]]
    assert names(place(*frames)) == ["check_deep", "main"]


def test_without_application_frames_the_library_is_a_weak_place() -> None:
    found = place(py_library("run", "celery.app"), py_library("get", "requests.api"))
    assert (found.kind, names(found), found.strong) == ("system", ["get"], False)


def test_sdk_flags_decide_where_everything_is_a_library() -> None:
    mine = {**py_library("flush", "hibernate"), "in_app": True}
    found = place(py_library("run", "x"), mine, py_library("read", "y"))
    assert (found.kind, names(found)) == ("app", ["flush"])


def test_an_overflow_is_the_cycle_whoever_hit_the_limit() -> None:
    one = [py("main", "a")] + [py(("f", "g")[n % 2], "b") for n in range(60)]
    other = [*one, py("f", "b")]
    first, second = place(*one, overflow=True), place(*other, overflow=True)
    assert first.component() == second.component()
    assert names(first) == ["f", "g"]


def test_no_cycle_is_no_overflow() -> None:
    assert place(py("f", "a"), py("g", "b"), overflow=True).kind == "app"


def test_only_the_frames_near_the_crash_are_looked_at() -> None:
    frames = [py(f"f{n}", "a") for n in range(MAX_FRAMES + 5)]
    found = place(*frames)
    assert found.frames == (MAX_FRAMES + 4,)
    assert len(Stack(frames, "python").frames) == MAX_FRAMES


def test_no_frames_are_no_place() -> None:
    assert place().component() == ("",)
    assert not place(frame()).parts


@pytest.mark.parametrize(
    ("family", "attributes", "flags"),
    [
        ("python", {"abs_path": "/x/site-packages/a.py"}, NEVER),
        ("python", {"abs_path": "/usr/lib/python3.12/json.py"}, NEVER),
        ("python", {"abs_path": r"C:\Python312\Lib\json.py"}, NEVER),
        ("python", {"filename": "<frozen importlib._bootstrap>"}, NEVER),
        ("python", {"abs_path": "/srv/app/a.py"}, 0),
        ("python", {"function": "rows.<locals>.<genexpr>"}, DROPPED),
        ("js", {"filename": "node:internal/process"}, NEVER),
        ("js", {"filename": "events.js"}, NEVER),
        ("js", {"filename": "https://x/assets/vendors~main.js"}, NEVER),
        ("js", {"filename": "https://x/assets/react-dom.production.min.js"}, NEVER),
        ("js", {"filename": "https://x/assets/vendor-list.js"}, NEVER),
        ("js", {"filename": "https://x/assets/vendorlist.js"}, 0),
        ("js", {"filename": "moz-extension://a/b.js"}, NEVER),
        ("js", {"filename": "app:///node_modules/x/y.js"}, NEVER),
        ("js", {"filename": "webpack:///webpack/bootstrap"}, NEVER),
        ("js", {"filename": "<anonymous>"}, NEVER | MACHINERY),
        ("js", {"function": "Array.map"}, NEVER | MACHINERY),
        ("js", {"function": "Array.map", "filename": "/srv/a.js"}, 0),
        ("java", {"module": "org.springframework.web.X"}, NEVER),
        ("java", {"module": "org.apacheware.X"}, 0),
        ("java", {"module": "com.acme.Cart$$Lambda/0x1"}, DROPPED),
        ("java", {"module": "jdk.proxy2.$Proxy84"}, DROPPED),
        ("java", {"module": "a.GeneratedMethodAccessor12"}, DROPPED),
        ("java", {"module": "a.B", "filename": "<generated>"}, DROPPED),
        ("go", {"module": "runtime", "function": "panicIndex"}, NEVER | MACHINERY),
        ("go", {"module": "net/http", "abs_path": "/usr/local/go/src/net/http/server.go"}, NEVER),
        ("go", {"module": "net/http", "abs_path": "net/http/server.go"}, NEVER),
        ("go", {"module": "log", "abs_path": "/app/log/log.go"}, 0),
        ("go", {"module": "a.b/c", "abs_path": "/root/go/pkg/mod/a.b/c@v1.0.0/x.go"}, NEVER),
        ("cs", {"module": "Microsoft.EntityFrameworkCore.X"}, NEVER),
        ("cs", {"module": "Systemic.X"}, 0),
        ("rust", {"function": "<core::option::Option<T>>::map"}, NEVER),
        ("rust", {"function": "core::panicking::panic_fmt"}, NEVER | MACHINERY),
        ("rust", {"function": "shop::pop"}, 0),
        ("native", {"package": "/usr/lib/libz.so"}, NEVER),
        ("native", {"package": r"C:\Windows\System32\x.dll"}, NEVER),
        ("native", {"package": "libc++.so.1"}, NEVER),
        ("native", {"function": "__memcpy_avx_unaligned", "package": "/opt/a"}, MACHINERY),
        ("native", {"function": "free_rows", "package": "/opt/a"}, 0),
        ("native", {"function": "abort", "package": "/opt/a"}, MACHINERY),
        ("php", {"abs_path": "/srv/vendor/x/y.php"}, NEVER),
        ("php", {"abs_path": "/srv/storage/framework/views/1f.php"}, NEVER),
        ("ruby", {"abs_path": "/usr/share/gems/rack/x.rb"}, NEVER),
        ("other", {"abs_path": "/srv/app/x.ex"}, 0),
    ],
)
def test_whose_frame_it_is(family: Family, attributes: dict[str, str], flags: int) -> None:
    order = ("function", "module", "filename", "abs_path", "package")
    assert classify(family, *[attributes.get(name, "") for name in order]) == flags


def test_a_frame_has_a_platform_of_its_own() -> None:
    rows = [
        frame("main", "app", filename="app.py"),
        frame("acme::run(int)", platform="native", package="/opt/a"),
    ]
    assert group(event(raised("X", "y", *rows))).culprit == "acme::run"
