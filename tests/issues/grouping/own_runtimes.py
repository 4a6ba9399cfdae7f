# ruff: noqa: E501 (texts as they were sent)
"""Labelled scenarios of our own: Java and its relatives, .NET."""

from collections.abc import Iterator

from .own_case import Raised, at, case, exc, lib
from .score import Scenario


def scenarios() -> Iterator[Scenario]:
    yield from _java()
    yield from _dotnet()


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
        ("A", file("/data/in/c.csv (Datei nicht gefunden)")),
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
