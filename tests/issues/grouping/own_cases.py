"""Labelled scenarios of our own, of kinds that the corpus lacks: other languages, other runtimes, other libraries.

Written in the shapes in which the SDKs send, with their flaws. Equal labels belong in one issue, others do not.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from .score import Scenario

Frame = dict[str, Any]
Raised = dict[str, Any]


def at(function: str, where: str = "", line: str = "", **more: Any) -> Frame:
    """An application frame. where: `module:…`, else a file; line: its source."""
    frame: Frame = {"function": function, "in_app": True, "lineno": 20} | more
    if where.startswith("module:"):
        frame["module"] = where[7:]
    elif where:
        frame |= {"filename": where, "abs_path": f"/srv/app/{where}"}
    if line:
        frame["context_line"] = line
    return frame


def lib(function: str, where: str = "", **more: Any) -> Frame:
    return at(function, where, **({"in_app": False} | more))


def exc(kind: str, value: str, *frames: Frame, **mechanism: Any) -> Raised:
    raised: Raised = {"type": kind, "value": value}
    if frames:
        raised["stacktrace"] = {"frames": list(frames)}
    if mechanism:
        raised["mechanism"] = {"type": "generic"} | mechanism
    return raised


def case(name: str, platform: str, *events: tuple[str, Any]) -> Scenario:
    """events: label and an exception, a chain of them (the cause first), or fields of a message."""
    made = []
    for number, (label, what) in enumerate(events):
        event: dict[str, Any] = {
            "platform": platform,
            "release": f"{name}@1.{number}.0",
            "server_name": f"node-{number}",
            "transaction": f"/t/{number}",
        }
        if isinstance(what, dict) and "type" not in what:
            event |= what
        else:
            chain = what if isinstance(what, Sequence) else [what]
            event["exception"] = {"values": [_moved(raised, number) for raised in chain]}
        made.append((label, event))
    return Scenario(name, tuple(made))


def _moved(raised: Raised, number: int) -> Raised:
    """A release later the lines have moved."""
    if "stacktrace" not in raised:
        return raised
    frames = [f | {"lineno": f["lineno"] + 3 * number} for f in raised["stacktrace"]["frames"]]
    return raised | {"stacktrace": {"frames": frames}}


def scenarios() -> Iterator[Scenario]:
    yield from _elixir_and_dart()
    yield from _ruby()
    yield from _php()
    yield from _java()
    yield from _dotnet()
    yield from _go_and_rust()
    yield from _apple_and_native()
    yield from _browsers()
    yield from _node()
    yield from _python()
    yield from _messages()


def _elixir_and_dart() -> Iterator[Scenario]:
    server = [
        lib(":proc_lib.init_p_do_apply/3", "proc_lib.erl"),
        lib(":gen_server.loop/7", "gen_server.erl"),
    ]
    no_clause = "no function clause matching in Shop.Cart.{}"

    def clause(function: str, shown: str = "") -> Raised:
        frame = at(shown or f"Shop.Cart.{function}", "lib/shop/cart.ex", module="Shop.Cart")
        return exc("FunctionClauseError", no_clause.format(function), *server, frame)

    yield case(
        "elixir-clause-in-a-closure",
        "elixir",
        ("A", clause("total/2")),
        ("A", clause("total/2", "anonymous fn/3 in Shop.Cart.total/2")),
        ("A", clause("total/2", "anonymous fn/1 in Shop.Cart.total/2")),
        ("B", clause("tax/1")),
    )

    def unflagged(function: str, key: str) -> Raised:
        """The SDK's default: nothing is application code."""
        return exc(
            "KeyError",
            f"key :{key} not found in: %{{id: {len(key) * 71}}}",
            *server,
            lib(
                f"ShopWeb.CartController.{function}",
                "lib/shop_web/cart.ex",
                module="ShopWeb.CartController",
            ),
            lib("Map.fetch!/2", "lib/map.ex", module="Map"),
        )

    yield case(
        "elixir-nothing-flagged",
        "elixir",
        ("A", unflagged("show/2", "price")),
        ("A", unflagged("show/2", "price")),
        ("B", unflagged("index/2", "price")),
    )

    def constraint(name: str, email: str) -> Raised:
        text = (
            "constraint error when attempting to insert struct:\n\n"
            f'    * "{name}" (unique_constraint)\n\nThe changeset defined the following: {email}'
        )
        return exc(
            "Ecto.ConstraintError",
            text,
            at("Shop.Accounts.register/1", "lib/shop/accounts.ex", module="Shop.Accounts"),
            lib(
                "Ecto.Repo.Schema.do_insert/4", "lib/ecto/repo/schema.ex", module="Ecto.Repo.Schema"
            ),
        )

    yield case(
        "elixir-constraints",
        "elixir",
        ("A", constraint("users_email_index", "a@example.com")),
        ("A", constraint("users_email_index", "b@example.org")),
        ("B", constraint("users_name_index", "a@example.com")),
    )

    def dart(function: str, file: str = "cart_page.dart") -> Raised:
        return exc(
            "_TypeError",
            "Null check operator used on a null value",
            {"function": "_rootRun", "abs_path": "dart:async/zone.dart", "filename": "zone.dart", "lineno": 1, "in_app": False},
            {"function": function, "abs_path": f"package:shop/cart/{file}", "filename": file, "package": "shop", "lineno": 9, "in_app": True},
        )  # fmt: skip

    yield case(
        "dart-closures-of-two-compilers",
        "dart",
        ("A", dart("_CartState._load.<anonymous closure>")),
        ("A", dart("_CartState._load.<fn>")),
        ("A", dart("_CartState._load")),
        ("B", dart("_CartState.build.<fn>")),
        ("C", dart("_CartState._load", "wish_page.dart")),
    )


def _ruby() -> Iterator[Scenario]:
    def missing(key: str) -> Raised:
        line = f"    amount = payload.fetch(:{key})"
        return exc(
            "KeyError", f"key not found: :{key}", at("perform", "app/jobs/charge_job.rb", line)
        )

    yield case(
        "ruby-two-keys-in-one-method",
        "ruby",
        ("A", missing("amount")),
        ("A", missing("amount")),
        ("B", missing("currency")),
    )

    def data_key(key: str) -> Raised:
        line = "    rate = RATES.fetch(country)"
        return exc("KeyError", f'key not found: "{key}"', at("rate", "app/models/vat.rb", line))

    yield case("ruby-key-is-data", "ruby", ("A", data_key("LU")), ("A", data_key("MT")))

    def constant(name: str) -> Raised:
        return exc(
            "NameError",
            f"uninitialized constant {name}",
            at("call", "app/services/export.rb", f"    {name}.new.call"),
        )

    yield case(
        "ruby-constants",
        "ruby",
        ("A", constant("Export::Csv")),
        ("A", constant("Export::Csv")),
        ("B", constant("Export::Xlsx")),
    )

    def invalid(words: str, function: str = "create") -> Raised:
        return exc(
            "ActiveRecord::RecordInvalid",
            f"Validation failed: {words}",
            at(function, "app/controllers/users_controller.rb", "    user.save!"),
            lib(
                "raise_validation_error",
                "/usr/local/bundle/gems/activerecord-7.1.2/lib/active_record/validations.rb",
            ),
        )

    yield case(
        "ruby-validation-at-one-place",
        "ruby",
        ("A", invalid("Email has already been taken")),
        ("A", invalid("Name can't be blank, Email is invalid")),
        ("B", invalid("Email has already been taken", "invite")),
    )

    def timeout(text: str, function: str) -> Raised:
        return exc(
            "Net::ReadTimeout",
            text,
            at(function, "app/clients/stock.rb", "    http.get(path)"),
            lib("rbuf_fill", "/usr/local/lib/ruby/3.2.0/net/protocol.rb"),
        )

    yield case(
        "ruby-read-timeouts",
        "ruby",
        ("A", timeout("Net::ReadTimeout with #<TCPSocket:(closed)>", "levels")),
        ("A", timeout("Net::ReadTimeout", "levels")),
        ("B", timeout("Net::ReadTimeout with #<TCPSocket:(closed)>", "reserve")),
    )


def _php() -> Iterator[Scenario]:
    def curl(number: int, words: str, order: int) -> Raised:
        return exc(
            "GuzzleHttp\\Exception\\ConnectException",
            f"cURL error {number}: {words} (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for https://api.example.com/orders/{order}",
            at("App\\Clients\\Orders::show", "app/Clients/Orders.php"),
            lib(
                "GuzzleHttp\\Handler\\CurlFactory::createRejection",
                "/var/www/vendor/guzzlehttp/guzzle/src/Handler/CurlFactory.php",
            ),
        )

    yield case(
        "php-curl-errors",
        "php",
        ("A", curl(28, "Operation timed out after 5001 milliseconds with 0 bytes received", 17)),
        ("A", curl(28, "Connection timed out after 5003 milliseconds", 233)),
        ("B", curl(6, "Could not resolve host: api.example.com", 17)),
    )

    def guzzle(status: str, order: int) -> Raised:
        return exc(
            "GuzzleHttp\\Exception\\ClientException",
            f"Client error: `GET https://api.example.com/orders/{order}` resulted in a `{status}` response:\n{{}}",
            at("App\\Clients\\Orders::show", "app/Clients/Orders.php"),
            lib(
                "GuzzleHttp\\Exception\\RequestException::create",
                "/var/www/vendor/guzzlehttp/guzzle/src/Exception/RequestException.php",
            ),
        )

    yield case(
        "php-http-status",
        "php",
        ("A", guzzle("404 Not Found", 5)),
        ("A", guzzle("404 Not Found", 71)),
        ("B", guzzle("422 Unprocessable Content", 5)),
    )

    def view(name: str, hash: str) -> Raised:
        return exc(
            "Illuminate\\View\\ViewException",
            f"Undefined variable ${name} (View: /var/www/releases/{hash[:8]}/resources/views/cart.blade.php)",
            at("App\\Http\\CartController::show", "app/Http/CartController.php"),
            at("include", f"storage/framework/views/{hash}.php", "<?php echo e($x); ?>"),
        )

    yield case(
        "php-compiled-views",
        "php",
        ("A", view("user", "9f2b11ce77aa9f2b11ce77aa9f2b11ce")),
        ("A", view("user", "113b11ce77aa9f2b11ce77aa9f2b1177")),
        ("B", view("cart", "9f2b11ce77aa9f2b11ce77aa9f2b11ce")),
    )

    def proxied(frame: str) -> Raised:
        return exc(
            "App\\PriceMissing",
            "There is no price",
            at(
                frame,
                "src/Entity/Product.php",
                '        throw new PriceMissing("There is no price");',
            ),
        )

    yield case(
        "php-method-of-two-classes",
        "php",
        ("A", proxied("App\\Entity\\Product::price")),
        ("A", proxied("App\\Entity\\Product::price")),
        ("B", proxied("App\\Entity\\Product::discount")),
    )


def _java() -> Iterator[Scenario]:
    spring = lib("invoke", "module:org.springframework.aop.framework.CglibAopProxy")

    def integrity(constraint: str, mail: str) -> list[Raised]:
        driver = exc(
            "PSQLException",
            f'ERROR: duplicate key value violates unique constraint "{constraint}"\n  Detail: Key (email)=({mail}) already exists.',
            at("register", "module:com.acme.Accounts"),
            lib("receiveErrorResponse", "module:org.postgresql.core.v3.QueryExecutorImpl"),
            module="org.postgresql.util",
        )
        outer = exc(
            "DataIntegrityViolationException",
            f"could not execute statement; SQL [n/a]; constraint [{constraint}]",
            at("register", "module:com.acme.Accounts"),
            spring,
            lib("convert", "module:org.springframework.orm.jpa.vendor.HibernateJpaDialect"),
        )
        return [driver, outer]

    yield case(
        "java-constraint-behind-the-orm",
        "java",
        ("A", integrity("users_email_key", "a@example.com")),
        ("A", integrity("users_email_key", "b@example.com")),
        ("B", integrity("users_name_key", "a@example.com")),
    )

    def commit(constraint: str, table: str) -> list[Raised]:
        driver = exc(
            "SQLIntegrityConstraintViolationException",
            f"Duplicate entry '{len(table) * 77}' for key '{table}.{constraint}'",
            lib("createSQLException", "module:com.mysql.cj.jdbc.exceptions.SQLError"),
        )
        outer = exc(
            "RollbackException",
            "Error while committing the transaction",
            at("place", "module:com.acme.Orders"),
            lib("commit", "module:org.hibernate.engine.transaction.internal.TransactionImpl"),
        )
        return [driver, outer]

    yield case(
        "java-constraint-only-in-the-cause",
        "java",
        ("A", commit("uq_number", "orders")),
        ("A", commit("uq_number", "orders")),
        ("B", commit("uq_token", "payments")),
    )

    def coroutine(module: str, function: str) -> Raised:
        return exc(
            "kotlin.UninitializedPropertyAccessException",
            "lateinit property session has not been initialized",
            lib("resumeWith", "module:kotlin.coroutines.jvm.internal.BaseContinuationImpl"),
            at(function, f"module:{module}"),
        )

    yield case(
        "kotlin-coroutines",
        "java",
        ("A", coroutine("com.acme.feed.FeedRepository$load$2", "invokeSuspend")),
        ("A", coroutine("com.acme.feed.FeedRepository$load$3$1", "invokeSuspend")),
        ("A", coroutine("com.acme.feed.FeedRepository", "load")),
        ("B", coroutine("com.acme.feed.FeedRepository$save$2", "invokeSuspend")),
    )

    def groovy(module: str, function: str = "doCall") -> Raised:
        return exc(
            "groovy.lang.MissingPropertyException",
            "No such property: total for class: Cart",
            at(function, f"module:{module}"),
            lib("unwrap", "module:org.codehaus.groovy.runtime.ScriptBytecodeAdapter"),
        )

    yield case(
        "groovy-closures",
        "java",
        ("A", groovy("com.acme.Cart$_total_closure1")),
        ("A", groovy("com.acme.Cart$_total_closure3")),
        ("B", groovy("com.acme.Cart$_weight_closure1")),
    )

    def scala(function: str) -> Raised:
        return exc(
            "scala.MatchError", f"Some({len(function)})", at(function, "module:com.acme.Cart$")
        )

    yield case(
        "scala-closures",
        "java",
        ("A", scala("$anonfun$total$1")),
        ("A", scala("$anonfun$total$12")),
        ("A", scala("total")),
        ("B", scala("$anonfun$weight$1")),
    )

    def stale(order: int, function: str = "ship") -> Raised:
        return exc(
            "org.hibernate.StaleObjectStateException",
            f"Row was updated or deleted by another transaction (or unsaved-value mapping was incorrect) : [com.acme.Order#{order}]",
            at(function, "module:com.acme.Orders"),
            lib("check", "module:org.hibernate.persister.entity.AbstractEntityPersister"),
        )

    yield case(
        "java-stale-rows", "java", ("A", stale(7)), ("A", stale(981)), ("B", stale(7, "cancel"))
    )

    def file(text: str) -> Raised:
        return exc(
            "java.io.FileNotFoundException",
            text,
            at("read", "module:com.acme.Imports"),
            lib("open0", "module:java.io.FileInputStream"),
        )

    yield case(
        "java-localised-words",
        "java",
        ("A", file("/data/in/a.csv (No such file or directory)")),
        ("A", file("C:\\data\\b.csv (Le fichier spécifié est introuvable)")),
        ("A", file("/data/in/c.csv (Datei oder Verzeichnis nicht gefunden)")),
    )

    def proxy(number: int, method: str = "find") -> Raised:
        return exc(
            "com.acme.NotAllowed",
            "not allowed",
            at("show", "module:com.acme.Web"),
            lib("invoke", "module:org.springframework.aop.framework.JdkDynamicAopProxy"),
            at(method, f"module:jdk.proxy2.$Proxy{number}"),
            at("guard", "module:com.acme.Guard"),
            at("check", "module:com.acme.Guard"),
        )

    yield case(
        "java-jdk-proxies", "java", ("A", proxy(118)), ("A", proxy(97)), ("A", proxy(12, "find"))
    )

    def android(function: str, package: str) -> Raised:
        return exc(
            "ApplicationNotResponding",
            "ANR for at least 5000 ms.",
            lib("main", "module:android.app.ActivityThread"),
            at(function, f"module:com.acme.{package}"),
            lib("park", "module:java.util.concurrent.locks.LockSupport"),
            type="ANR",
        )

    yield case(
        "android-not-responding",
        "java",
        ("A", android("onCreate", "CartActivity")),
        ("A", android("onCreate", "CartActivity")),
        ("B", android("onCreate", "MainActivity")),
    )


def _dotnet() -> Iterator[Scenario]:
    def update(constraint: str, value: str) -> list[Raised]:
        inner = exc(
            "Microsoft.Data.SqlClient.SqlException",
            f"Violation of UNIQUE KEY constraint '{constraint}'. Cannot insert duplicate key in object 'dbo.Users'. The duplicate key value is ({value}).",
            lib("OnError", "module:Microsoft.Data.SqlClient.SqlConnection"),
        )
        outer = exc(
            "Microsoft.EntityFrameworkCore.DbUpdateException",
            "An error occurred while saving the entity changes. See the inner exception for details.",
            at("Register", "module:Acme.Accounts"),
            lib("SaveChanges", "module:Microsoft.EntityFrameworkCore.DbContext"),
        )
        return [inner, outer]

    yield case(
        "csharp-constraint-behind-the-orm",
        "csharp",
        ("A", update("UQ_Users_Email", "a@example.com")),
        ("A", update("UQ_Users_Email", "b@example.com")),
        ("B", update("UQ_Users_Name", "a")),
    )

    def fsharp(module: str) -> Raised:
        return exc(
            "System.Collections.Generic.KeyNotFoundException",
            "The given key was not present in the dictionary.",
            at("Invoke", f"module:{module}"),
            lib("get_Item", "module:System.Collections.Generic.Dictionary`2"),
        )

    yield case(
        "fsharp-closures-with-lines",
        "csharp",
        ("A", fsharp("Acme.Cart+total@23")),
        ("A", fsharp("Acme.Cart+total@31-2")),
        ("B", fsharp("Acme.Cart+weight@40")),
    )

    def status(code: str, function: str = "Load") -> Raised:
        return exc(
            "System.Net.Http.HttpRequestException",
            f"Response status code does not indicate success: {code}.",
            at(function, "module:Acme.Client"),
            lib("EnsureSuccessStatusCode", "module:System.Net.Http.HttpResponseMessage"),
        )

    yield case(
        "csharp-http-status",
        "csharp",
        ("A", status("404 (Not Found)")),
        ("A", status("404 (Nicht gefunden)")),
        ("B", status("503 (Service Unavailable)")),
        ("C", status("404 (Not Found)", "Save")),
    )

    def canceled(seconds: str) -> list[Raised]:
        inner = exc("System.TimeoutException", "A task was canceled.")
        outer = exc(
            "System.Threading.Tasks.TaskCanceledException",
            f"The request was canceled due to the configured HttpClient.Timeout of {seconds} seconds elapsing.",
            at("MoveNext", "module:Acme.Client+<Load>d__7"),
            lib("HandleFailure", "module:System.Net.Http.HttpClient"),
        )
        return [inner, outer]

    yield case("csharp-timeouts", "csharp", ("A", canceled("100")), ("A", canceled("30")))


def _go_and_rust() -> Iterator[Scenario]:
    def go(kind: str, value: str, function: str) -> Raised:
        return exc(kind, value, at(function, "module:acme.io/shop/store", filename="store.go"))

    def dup(order: int, constraint: str) -> Raised:
        text = f'save order {order}: ERROR: duplicate key value violates unique constraint "{constraint}" (SQLSTATE 23505)'
        return go("*fmt.wrapError", text, "(*Store).Save")

    yield case(
        "go-constraints",
        "go",
        ("A", dup(7, "orders_number_key")),
        ("A", dup(81, "orders_number_key")),
        ("B", dup(7, "orders_token_key")),
    )

    def url(order: int, words: str, function: str = "(*Client).Fetch") -> Raised:
        return go("*url.Error", f'Get "https://api.example.com/orders/{order}": {words}', function)

    late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    yield case(
        "go-http-client",
        "go",
        ("A", url(5, late)),
        ("A", url(922, late)),
        ("B", url(5, "dial tcp 10.0.0.7:443: connect: connection refused")),
        ("B", url(6, "dial tcp 10.0.0.9:443: connect: connection refused")),
        ("C", url(5, late, "(*Client).Push")),
    )

    def panic(value: str, function: str) -> Raised:
        return exc(
            "runtime.boundsError" if "range" in value else "runtime.errorString",
            value,
            at(function, "module:acme.io/shop/cart", filename="cart.go"),
            lib("goPanicIndex", "module:runtime", filename="panic.go"),
        )

    yield case(
        "go-nil-maps",
        "go",
        ("A", panic("assignment to entry in nil map", "(*Cart).Add")),
        ("A", panic("assignment to entry in nil map", "(*Cart).Add.func1")),
        ("B", panic("assignment to entry in nil map", "(*Cart).Merge")),
    )

    def rust(value: str, function: str) -> Raised:
        return exc(
            "panic",
            value,
            {
                "function": f"shop::cart::{function}::h{len(value):016x}",
                "in_app": True,
                "lineno": 4,
            },
            {"function": "core::option::unwrap_failed", "in_app": False, "lineno": 1},
            {"function": "rust_begin_unwind", "in_app": False, "lineno": 1},
        )

    none = "called `Option::unwrap()` on a `None` value"
    yield case(
        "rust-unwrap-of-none",
        "rust",
        ("A", rust(none, "Cart::total")),
        ("A", rust(none, "Cart::total::{{closure}}")),
        ("A", rust(none, "<impl shop::cart::Cart>::total")),
        ("B", rust(none, "Cart::tax")),
    )

    def anyhow(file: str, words: str) -> list[Raised]:
        return [exc("Os", words), exc("Error", f"could not read {file}", at("shop::config::load"))]

    yield case(
        "rust-io-causes",
        "rust",
        ("A", anyhow("/etc/shop/a.toml", "No such file or directory (os error 2)")),
        ("A", anyhow("/etc/shop/b.toml", "No such file or directory (os error 2)")),
        ("B", anyhow("/etc/shop/a.toml", "Permission denied (os error 13)")),
    )


def _apple_and_native() -> Iterator[Scenario]:
    def cocoa(kind: str, value: str, function: str) -> Raised:
        return exc(
            kind,
            value,
            {"function": "UIApplicationMain", "package": "/System/Library/Frameworks/UIKitCore", "in_app": False, "lineno": 1},
            {"function": function, "package": "/private/var/containers/Bundle/Application/AB/Shop.app/Shop", "in_app": True, "lineno": 3},
            {"function": "objc_exception_throw", "package": "/usr/lib/libobjc.A.dylib", "in_app": False, "lineno": 1},
        )  # fmt: skip

    def selector(name: str, address: str) -> Raised:
        return cocoa(
            "NSInvalidArgumentException",
            f"-[CartCell {name}]: unrecognized selector sent to instance {address}",
            "-[CartViewController tableView:cellForRowAtIndexPath:]",
        )

    yield case(
        "cocoa-selectors",
        "cocoa",
        ("A", selector("setTotal:", "0x600003f0c0")),
        ("A", selector("setTotal:", "0x7fa1c0001")),
        ("B", selector("setName:", "0x600003f0c0")),
    )

    def range_(index: int, function: str) -> Raised:
        text = f"*** -[__NSArrayM objectAtIndex:]: index {index} beyond bounds [0 .. {index - 1}]"
        return cocoa("NSRangeException", text, function)

    yield case(
        "cocoa-ranges",
        "cocoa",
        ("A", range_(5, "-[Cart lineAt:]")),
        ("A", range_(12, "-[Cart lineAt:]")),
        ("B", range_(5, "-[Cart couponAt:]")),
    )

    def swift(function: str) -> Raised:
        text = "Fatal error: Unexpectedly found nil while unwrapping an Optional value"
        return cocoa("EXC_BREAKPOINT", text, function)

    yield case(
        "swift-closures",
        "cocoa",
        ("A", swift("closure #1 in CartView.total.getter")),
        ("A", swift("closure #2 in CartView.total.getter")),
        ("A", swift("CartView.total.getter")),
        ("B", swift("closure #1 in CartView.body.getter")),
    )


def _browsers() -> Iterator[Scenario]:
    def js(kind: str, value: str, function: str, file: str, line: str = "") -> Raised:
        frame = {"function": function, "filename": file, "lineno": 1, "colno": 700, "in_app": True}
        return exc(kind, value, frame | ({"context_line": line} if line else {}))

    def read(name: str) -> str:
        return f"Cannot read properties of undefined (reading '{name}')"

    base = "https://shop.example/_next/static/chunks/"
    yield case(
        "js-numbered-chunks",
        "javascript",
        ("A", js("TypeError", read("currency"), "c", f"{base}8012-3f9a1c2b4d5e6f70.js")),
        ("A", js("TypeError", read("currency"), "d", f"{base}4417-0f9a1c2b4d5e6f71.js")),
        ("B", js("TypeError", read("quantity"), "c", f"{base}8012-3f9a1c2b4d5e6f70.js")),
        ("C", js("TypeError", read("currency"), "c", f"{base}pages/checkout-77aa1c2b4d5e6f70.js")),
        ("C", js("TypeError", read("currency"), "f", f"{base}pages/checkout-88aa1c2b4d5e6f70.js")),
    )

    cdn = "https://cdn.example/assets/"
    yield case(
        "js-names-that-a-bundler-numbers",
        "javascript",
        ("A", js("TypeError", read("total"), "handleSave$1", f"{cdn}Cart-Dk3f9aX1.js")),
        ("A", js("TypeError", read("total"), "handleSave", f"{cdn}Cart-_x9Kd0aB.js")),
        ("A", js("TypeError", read("total"), "handleSave$2", f"{cdn}Cart-B1x9Kd0a.js")),
        ("B", js("TypeError", read("total"), "handleLoad", f"{cdn}Cart-Dk3f9aX1.js")),
    )

    def angular(name: str, before: str, function: str) -> Raised:
        text = (
            "NG0100: ExpressionChangedAfterItHasBeenCheckedError: Expression has changed after it was checked. "
            f"Previous value for '{name}': '{before}'. Current value: 'x'. Find more at https://angular.dev/errors/NG0100"
        )
        return exc(
            "Error",
            text,
            {"function": function, "filename": "app:///src/app/cart.component.html", "lineno": 3, "in_app": True},
            {"function": "throwErrorIfNoChangesMode", "filename": "app:///node_modules/@angular/core/core.mjs", "lineno": 9, "in_app": False},
        )  # fmt: skip

    yield case(
        "js-angular-changed-expression",
        "javascript",
        ("A", angular("ngIf", "true", "CartComponent_Template")),
        ("A", angular("ngIf", "false", "CartComponent_Template")),
        ("B", angular("ngIf", "true", "WishComponent_Template")),
    )

    def custom(function: str, file: str, order: int) -> Raised:
        return js(
            "CheckoutError",
            f"order {order} is closed",
            function,
            file,
            "    throw new CheckoutError(`order ${id} is closed`)",
        )

    yield case(
        "js-classes-and-async-names",
        "javascript",
        ("A", custom("async CheckoutStore.submit", "webpack:///./src/stores/checkout.ts", 5)),
        ("A", custom("CheckoutStore.submit", "webpack://shop/./src/stores/checkout.ts?9a1c", 71)),
        ("A", custom("t.submit", "app:///src/stores/checkout.ts", 8)),
        ("B", custom("CheckoutStore.cancel", "webpack:///./src/stores/checkout.ts", 5)),
    )


def _node() -> Iterator[Scenario]:
    def fetch(code: str, words: str, function: str = "loadRates") -> list[Raised]:
        cause = exc(
            "Error",
            f"{words}",
            {
                "function": "TCPConnectWrap.afterConnect",
                "filename": "node:net",
                "lineno": 1,
                "in_app": False,
            },
        )
        outer = exc(
            "TypeError",
            "fetch failed",
            {"function": function, "filename": "/app/src/rates.js", "lineno": 8, "in_app": True, "context_line": "  const answer = await fetch(url);"},
            {"function": "fetch", "filename": "node:internal/deps/undici/undici", "lineno": 1, "in_app": False},
        )  # fmt: skip
        return [cause, outer]

    yield case(
        "node-fetch-failed",
        "node",
        ("A", fetch("ECONNREFUSED", "connect ECONNREFUSED 10.0.0.7:443")),
        ("A", fetch("ECONNREFUSED", "connect ECONNREFUSED ::1:8080")),
        ("B", fetch("ENOTFOUND", "getaddrinfo ENOTFOUND rates.example.com")),
        ("C", fetch("ECONNREFUSED", "connect ECONNREFUSED 10.0.0.7:443", "loadTaxes")),
    )

    def prisma(field: str) -> Raised:
        text = (
            "\nInvalid `prisma.user.create()` invocation in\n/app/src/user.ts:12:30\n\n"
            f"→ 12 const user = await prisma.user.create(\nUnique constraint failed on the fields: (`{field}`)"
        )
        return exc(
            "PrismaClientKnownRequestError",
            text,
            {"function": "register", "filename": "/app/src/user.ts", "lineno": 12, "in_app": True},
            {"function": "Vr.handleRequestError", "filename": "/app/node_modules/@prisma/client/runtime/library.js", "lineno": 1, "in_app": False},
        )  # fmt: skip

    yield case(
        "node-prisma", "node", ("A", prisma("email")), ("A", prisma("email")), ("B", prisma("slug"))
    )

    def axios(value: str, function: str = "load") -> Raised:
        return exc(
            "AxiosError",
            value,
            {"function": function, "filename": "/app/src/client.js", "lineno": 3, "in_app": True},
            {
                "function": "settle",
                "filename": "/app/node_modules/axios/lib/core/settle.js",
                "lineno": 1,
                "in_app": False,
            },
        )

    yield case(
        "node-axios",
        "node",
        ("A", axios("Request failed with status code 404")),
        ("A", axios("Request failed with status code 404")),
        ("B", axios("Request failed with status code 500")),
        ("C", axios("timeout of 5000ms exceeded")),
        ("C", axios("timeout of 12000ms exceeded")),
        ("D", axios("Request failed with status code 404", "save")),
    )

    def mongo(index: str, value: str) -> Raised:
        return exc(
            "MongoServerError",
            f'E11000 duplicate key error collection: shop.users index: {index} dup key: {{ x: "{value}" }}',
            {
                "function": "UserStore.add",
                "filename": "/app/src/users.js",
                "lineno": 3,
                "in_app": True,
            },
        )

    yield case(
        "node-mongo",
        "node",
        ("A", mongo("email_1", "a")),
        ("A", mongo("email_1", "b")),
        ("B", mongo("slug_1", "a")),
    )


def _python() -> Iterator[Scenario]:
    def py(function: str, module: str, line: str) -> Frame:
        return at(function, module.replace(".", "/") + ".py", line, module=module)

    def stdlib(function: str, module: str) -> Frame:
        return lib(function, f"/usr/lib/python3.11/{module.replace('.', '/')}.py", module=module)

    def late(function: str, helper: str) -> list[Raised]:
        inner = exc("CancelledError", "", stdlib("read", "asyncio.streams"))
        line = "    async with asyncio.timeout(5):"
        return [
            inner,
            exc("TimeoutError", "", py(function, "shop.rates", line), stdlib("__aexit__", helper)),
        ]

    yield case(
        "py-asyncio-timeouts",
        "python",
        ("A", late("fetch_rates", "asyncio.timeouts")),
        ("A", late("fetch_rates", "asyncio.tasks")),
        ("B", late("push_rates", "asyncio.timeouts")),
    )

    def pydantic(count: int, function: str) -> Raised:
        text = f"{count} validation errors for Order\nlines.{count}.price\n  Field required [type=missing, input_value={{}}]"
        return exc(
            "ValidationError",
            text,
            py(function, "shop.orders", "    order = Order.model_validate(data)"),
        )

    yield case(
        "py-pydantic",
        "python",
        ("A", pydantic(3, "load_order")),
        ("A", pydantic(1, "load_order")),
        ("B", pydantic(3, "patch_order")),
    )

    def down(words: str) -> list[Raised]:
        line = "    rows = session.execute(query)"
        inner = exc("psycopg2.OperationalError", words, stdlib("connect", "psycopg2"))
        return [
            inner,
            exc(
                "OperationalError",
                f"(psycopg2.OperationalError) {words}",
                py("orders", "shop.store", line),
                stdlib("do_execute", "sqlalchemy.engine.default"),
            ),
        ]

    yield case(
        "py-sqlalchemy-down",
        "python",
        ("A", down('connection to server at "10.0.0.7", port 5432 failed: Connection refused')),
        ("A", down('connection to server at "10.0.0.12", port 5433 failed: Connection refused')),
        ("B", down("SSL connection has been closed unexpectedly")),
    )

    def reverse(argument: int, function: str) -> Raised:
        text = f"Reverse for 'order' with arguments '({argument},)' not found. 1 pattern(s) tried: ['orders/(?P<pk>[0-9]+)/$']"
        return exc(
            "NoReverseMatch",
            text,
            py(function, "shop.views", '    return redirect("order", order.number)'),
            stdlib("_reverse_with_prefix", "django.urls.resolvers"),
        )

    yield case(
        "py-no-reverse",
        "python",
        ("A", reverse(7, "pay")),
        ("A", reverse(81, "pay")),
        ("B", reverse(7, "ship")),
    )

    def lambdas(line: str) -> Raised:
        return exc(
            "ZeroDivisionError",
            "division by zero",
            py("report", "shop.stats", "    return sorted(rows, key=KEYS[0])"),
            py("<lambda>", "shop.stats", line),
        )

    yield case(
        "py-lambdas",
        "python",
        ("A", lambdas("    lambda row: row.sum / row.count,")),
        ("A", lambdas("        lambda row: row.sum / row.count,")),
        ("B", lambdas("    lambda row: row.sum / row.weight,")),
    )


def _messages() -> Iterator[Scenario]:
    def said(text: str, **more: Any) -> dict[str, Any]:
        return {"logentry": {"formatted": text, "message": text}, "logger": "shop.jobs"} | more

    yield case(
        "log-ids-of-many-forms",
        "python",
        ("A", said("Job import-8f3a22 of tenant 12 gave up after 3 tries in 1m12s")),
        ("A", said("Job export-00b1c9 of tenant 9871 gave up after 12 tries in 41.5s")),
        ("B", said("Job import-8f3a22 of tenant 12 was taken back")),
    )
    yield case(
        "log-serilog-templates",
        "csharp",
        ("A", {"logentry": {"message": "Order {OrderId} failed for {Customer}", "formatted": 'Order 7 failed for "Jane Roe"'}, "logger": "Acme.Orders"}),
        ("A", {"logentry": {"message": "Order {OrderId} failed for {Customer}", "formatted": 'Order 91 failed for "John Doe"'}, "logger": "Acme.Orders"}),
        ("B", {"logentry": {"message": "Order {OrderId} waits for {Customer}", "formatted": 'Order 7 waits for "Jane Roe"'}, "logger": "Acme.Orders"}),
    )  # fmt: skip
    yield case(
        "log-routes-and-times",
        "ruby",
        ("A", said("Slow request GET /users/18/orders took 2301ms (db 2100.5ms)")),
        ("A", said("Slow request GET /users/977/orders took 12044ms (db 11001.0ms)")),
        ("B", said("Slow request GET /carts/3 took 2301ms (db 2100.5ms)")),
    )
    yield case(
        "log-other-scripts",
        "java",
        ("A", said("订单 10021 支付失败:余额不足")),
        ("A", said("订单 77 支付失败:余额不足")),
        ("B", said("订单 10021 已取消")),
        ("C", said("Заказ №15 не оплачен")),
        ("C", said("Заказ №2207 не оплачен")),
    )
