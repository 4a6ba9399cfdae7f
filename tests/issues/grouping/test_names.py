"""What stays of paths, modules and functions."""

import pytest

from issues.grouping.names import where_and_name
from issues.grouping.paths import clean_path
from issues.grouping.platforms import Family, family_of
from issues.grouping.symbols import native_name, rust_name
from issues.grouping.thin import is_thin
from issues.grouping.vocabulary import short_type


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/releases/20260101/app/shop/cart.py", "shop/cart"),
        ("/app/shop/cart.py", "shop/cart"),
        (r"C:\inetpub\Shop\Cart.cs", "Shop/Cart"),
        ("webpack://NAME/./src/a.ts", "a"),
        ("webpack:///./src/cart/a.ts", "cart/a"),
        ("webpack-internal:///./src/cart/a.ts", "cart/a"),
        ("app:///src/cart/a.ts?4f2a", "cart/a"),
        ("https://cdn.example/x/a.js?v=1#2", "x/a"),
        ("/opt/app/1.2.3/shop/cart.rb", "shop/cart"),
        ("/opt/app/shop/2.0.0-rc1/cart.rb", "shop/cart"),
        ("/opt/app/shop/v12/cart.rb", "shop/cart"),
        ("/opt/app/api/v2/cart.rb", "v2/cart"),
        ("/opt/app/shop/4f1c2d9a/cart.rb", "shop/cart"),
        ("https://x/assets/index-BfG3k9Qz.js", "index"),
        ("https://x/assets/index-BfGxkRQz.js", "index"),
        ("https://x/assets/index-Bf_3-9Qz.js", "index"),
        ("https://x/assets/main.4f1c2d9a.chunk.js", "main"),
        ("https://x/js/app.min.js", "app"),
        ("https://x/shop/order-line-item.js", "shop/order-line-item"),
        ("https://x/shop/cart.CartSummary.js", "shop/cart.CartSummary"),
        ("https://x/shop/jquery.validate.js", "shop/jquery.validate"),
        ("src/cart.ts", "cart"),
        ("views/show.html.erb", "views/show.html"),
        ("/", ""),
        ("", ""),
    ],
)
def test_clean_path(path: str, expected: str) -> None:
    assert clean_path(path) == expected


@pytest.mark.parametrize(
    ("family", "function", "module", "path", "expected"),
    [
        ("python", "quote", "shop.cart", "x.py", ("shop.cart", "quote")),
        ("python", "Cart.quote", "shop.cart", "x.py", ("shop.cart", "quote")),
        ("python", "make.<locals>.inner", "shop", "x.py", ("shop", "inner")),
        ("python", "make.<locals>.<lambda>", "shop", "x.py", ("shop", "")),
        ("python", "<module>", "", "shop/cart.py", ("shop.cart", "")),
        ("python", "quote", "", "shop/__init__.py", ("shop", "quote")),
        ("python", "quote", "", "/srv/app/shop/cart.py", ("shop/cart", "quote")),
        ("python", "main", "__main__", "jobs.py", ("jobs", "main")),
        ("js", "Object.toNet", "m", "/srv/lib/tax.js", ("tax", "toNet")),
        ("js", "async toNet", "", "/srv/tax.js", ("srv/tax", "toNet")),
        ("js", "async*toNet", "", "/srv/tax.js", ("srv/tax", "toNet")),
        ("js", "new Cart", "", "/srv/tax.js", ("srv/tax", "Cart")),
        ("js", "Cart.get [as total]", "", "/srv/tax.js", ("srv/tax", "get")),
        ("js", "toNet/<", "", "/srv/tax.js", ("srv/tax", "toNet")),
        ("js", "Cart.#total", "", "/srv/tax.js", ("srv/tax", "total")),
        ("js", "Object.<anonymous>", "", "/srv/tax.js", ("srv/tax", "")),
        ("js", "_callee$", "", "/srv/tax.js", ("srv/tax", "")),
        ("js", "Module../src/tax.js", "", "/srv/tax.js", ("srv/tax", "")),
        ("js", "?", "", "/srv/tax.js", ("srv/tax", "")),
        ("js", "run", "", "chrome-extension://abc/x/y.js", ("extension x/y", "run")),
        ("java", "<init>", "com.acme.Cart", "", ("com.acme.Cart", "new")),
        ("java", "lambda$export$3", "com.acme.Cart", "", ("com.acme.Cart", "export")),
        ("java", "access$total", "com.acme.Cart", "", ("com.acme.Cart", "total")),
        ("java", "total$default", "com.acme.Cart", "", ("com.acme.Cart", "total")),
        ("java", "total$suspendImpl", "com.acme.Cart", "", ("com.acme.Cart", "total")),
        ("java", "get", "com.acme.Cart$2", "", ("com.acme.Cart", "get")),
        ("java", "get", "com.acme.Cart$Companion", "", ("com.acme.Cart", "get")),
        ("java", "get", "com.acme.Cart$Line", "", ("com.acme.Cart$Line", "get")),
        ("java", "pay", "a.Cart$$EnhancerBySpringCGLIB$$1f", "", ("a.Cart", "pay")),
        ("java", "invokeSuspend", "a.Feed$load$1", "", ("a.Feed", "load")),
        ("java", "invoke", "a.Feed$load$1$rows$2", "", ("a.Feed", "load")),
        ("go", "(*Store).ByID", "a.b/shop/store", "", ("a.b/shop/store", "(*Store).ByID")),
        ("go", "Start.func1.2", "a.b/shop/v2", "", ("a.b/shop", "Start")),
        ("go", "Start.gowrap1", "a.b/shop@v1.2.3/jobs", "", ("a.b/shop/jobs", "Start")),
        ("go", "Get[go.shape.[]string]", "a", "", ("a", "Get")),
        ("go", "a.b/shop/store.(*Store).ByID", "", "", ("a.b/shop/store", "(*Store).ByID")),
        ("ruby", "block (2 levels) in pay", "", "app/models/x.rb", ("models/x", "pay")),
        ("ruby", "rescue in block in pay", "", "app/models/x.rb", ("models/x", "pay")),
        ("ruby", "Payout#pay", "", "app/models/x.rb", ("models/x", "pay")),
        ("ruby", "Payout.pay", "", "app/models/x.rb", ("models/x", "pay")),
        ("ruby", "<class:Payout>", "", "app/models/x.rb", ("models/x", "")),
        ("ruby", "_show_html_erb___123_456", "", "a/x.erb", ("a/x", "_show_html_erb")),
        ("php", r"App\Cart::total", "", "/app/Cart.php", (r"App\Cart", "total")),
        ("php", r"App\Cart::App\{closure}", "", "/a/Cart.php", (r"App\Cart", "")),
        ("php", r"App\Cart::{closure:App\Cart::total():14}", "", "/a/Cart.php", (r"App\Cart", "")),
        ("php", r"App\helper", "", "/app/Help.php", ("Help", "helper")),
        (
            "php",
            "class@anonymous\0/srv/a/Cart.php:18$2a::pay",
            "",
            "/srv/a/Cart.php",
            ("class@anonymous a/Cart", "pay"),
        ),
        ("php", "__TwigTemplate_0a1b2c3d4e::block", "", "/x.php", ("__TwigTemplate", "block")),
        ("cs", "MoveNext", "Acme.Shop+<Checkout>d__5", "", ("Acme.Shop", "Checkout")),
        ("cs", "<Checkout>d__5.MoveNext", "Acme.Shop", "", ("Acme.Shop", "Checkout")),
        ("cs", "<Pay>b__7_0", "Acme.Shop+<>c__DisplayClass7_0", "", ("Acme.Shop", "Pay")),
        ("cs", "<Pay>g__Check|6_0", "Acme.Shop", "", ("Acme.Shop", "Pay")),
        ("cs", "Get[T]", "Acme.Repo`1[[System.Int32]]", "", ("Acme.Repo", "Get")),
        ("cs", "Task<int> Pay(string id)", "Acme.Shop", "", ("Acme.Shop", "Pay")),
        ("cs", ".ctor", "Acme.Shop", "", ("Acme.Shop", "new")),
        ("rust", "shop::pop::h0123456789abcdef", "", "", ("", "shop::pop")),
        ("native", "acme::decode(int)", "", "", ("", "acme::decode")),
        ("native", "", "", "", ("", "")),
        ("other", "total/1", "Acme.Cart", "lib/cart.ex", ("Acme.Cart", "total/1")),
    ],
)
def test_where_and_name(
    family: Family, function: str, module: str, path: str, expected: tuple[str, str]
) -> None:
    assert where_and_name(family, function, module, path, "", False) == expected


def test_short_names_of_a_minified_bundle_are_none() -> None:
    assert where_and_name("js", "Zt", "", "/x/a.js", "", True) == ("x/a", "")
    assert where_and_name("js", "Zt", "", "/x/a.js", "", False) == ("x/a", "Zt")


def test_an_image_stands_for_a_missing_symbol() -> None:
    assert where_and_name("native", "<redacted>", "", "", "/opt/libaudio.so", False) == (
        "libaudio.so",
        "",
    )


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("acme::Image::decode(acme::Buffer const&, int) const", "acme::Image::decode"),
        ("void acme::sort<std::vector<int> >(int (*)(int))", "acme::sort"),
        ("acme::Pool<T>::run(std::function<void ()>)", "acme::Pool::run"),
        ("std::vector<int, std::allocator<int> > acme::rows()", "acme::rows"),
        ("acme::run()::{lambda(int)#1}::operator()(int) const", "acme::run"),
        ("acme::run()::$_0::operator()(int) const", "acme::run"),
        ("acme::run::<lambda_1f2e>::operator()", "acme::run"),
        ("acme::Less::operator()(int, int) const", "acme::Less::operator()"),
        ("acme::operator<<(std::ostream&, acme::Row const&)", "acme::operator<<"),
        ("(anonymous namespace)::helper(int)", "helper"),
        ("__42-[Foo bar:]_block_invoke", "-[Foo bar:]"),
        ("__42-[Foo bar:]_block_invoke_2", "-[Foo bar:]"),
        ("-[Foo bar:with:]", "-[Foo bar:with:]"),
        ("closure #1 in CartModel.load(id:)", "CartModel.load"),
        ("specialized CartModel.load(id: Int) -> Bool", "CartModel.load"),
        ("main", "main"),
        ("??", ""),
        ("0x7fff01", ""),
        ("", ""),
    ],
)
def test_native_symbols(symbol: str, expected: str) -> None:
    assert native_name(symbol) == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("shop::queue::Queue<T>::pop::hfedcba9876543210", "shop::queue::Queue::pop"),
        ("<shop::Row as core::fmt::Display>::fmt", "shop::Row::fmt"),
        ("<shop::Set<T> as core::iter::Extend<T>>::extend", "shop::Set::extend"),
        ("shop::run::{{closure}}::{{closure}}", "shop::run"),
    ],
)
def test_rust_symbols(symbol: str, expected: str) -> None:
    assert rust_name(symbol) == expected


@pytest.mark.parametrize(
    ("family", "name", "thin"),
    [
        ("python", "assert_valid", True),
        ("python", "_check_status", True),
        ("js", "checkStock", True),
        ("js", "checkout", False),
        ("js", "invariant", True),
        ("js", "handleError", True),
        ("python", "respond_with_error", True),
        ("js", "createNetworkError", True),
        ("python", "wrapper", True),
        ("python", "decorated", True),
        ("python", "http_get", True),
        ("js", "httpGet", True),
        ("ruby", "execute!", True),
        ("go", "(*Client).Request", True),
        ("go", "Fail", True),
        ("native", "boost::asio::run", True),
        ("native", "acme::fail", True),
        ("rust", "shop::guard::require", True),
        ("python", "request_refund", False),
        ("python", "query_builder", False),
        ("python", "failover", False),
    ],
)
def test_thin_functions(family: Family, name: str, thin: bool) -> None:
    assert is_thin(family, name) is thin


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ValueError", "ValueError"),
        ("*errors.errorString", "errorString"),
        ("com.acme.pay.Declined", "Declined"),
        (r"App\Pay\Declined", "Declined"),
        ("Acme::Pay::Declined", "Declined"),
        ("App\\Base@anonymous\0/srv/a.b.php:3$0", "Base@anonymous"),
        ("Acme.Failed`1", "Failed"),
        ("Failed<Acme.Row>", "Failed"),
        ("_Private", "Private"),
    ],
)
def test_short_types(name: str, expected: str) -> None:
    assert short_type(name) == expected


def test_families() -> None:
    assert family_of("javascript") == family_of("node") == "js"
    assert family_of("kotlin") == "java"
    assert family_of("elixir") == family_of("erlang") == "beam"
    assert family_of("perl") == family_of(None) == family_of(7) == "other"
    assert family_of(None, "go") == "go"
