# ruff: noqa: E501 (texts as they were sent)
"""Labelled scenarios of our own: Elixir, Dart, Ruby and PHP."""

from collections.abc import Iterator

from .own_case import Raised, at, case, exc, lib
from .score import Scenario


def scenarios() -> Iterator[Scenario]:
    yield from _elixir_and_dart()
    yield from _ruby()
    yield from _php()


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
