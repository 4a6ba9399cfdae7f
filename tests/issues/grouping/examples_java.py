"""The worked examples of Java."""

from .build import event, java, raised
from .examples import DIFFERENT, SAME, Example


def _frozen(name, release="bank@2.1.0"):
    frames = (java("post", "com.acme.Controller"), java("debit", "com.acme.Transfers"))
    error = raised("IllegalStateException", f"Account of {name} is frozen", *frames)
    return event(error, platform="java", release=release)


def _proxy(suffix):
    frames = (
        java("pay", f"com.acme.Orders$$EnhancerBySpringCGLIB$${suffix}", filename="<generated>"),
        java("pay", "com.acme.Orders"),
    )
    return event(raised("DeclinedException", "declined", *frames), platform="java")


def _lambda(name):
    frames = (java("run", "com.acme.Job"), java(name, "com.acme.Export"))
    return event(raised("ExportException", "no rows", *frames), platform="java")


def _servlet(function):
    inner = raised("IllegalArgumentException", "bad", java(function, "com.acme.Names"))
    wrapper = raised(
        "ServletException",
        "Request processing failed",
        java("service", "javax.servlet.HttpServlet"),
    )
    return event(inner, wrapper, platform="java")


def _completion(region):
    text = f"region {region} does not answer"
    inner = raised("GatewayException", text, java("call", "com.acme.Gateway"))
    wrapper = raised(
        "CompletionException",
        f"com.acme.GatewayException: {text}",
        java("encodeThrowable", "java.util.concurrent.CompletableFuture"),
    )
    return event(inner, wrapper, platform="java")


def _null_pointer(value):
    error = raised("NullPointerException", value, java("total", "com.acme.Cart"))
    return event(error, platform="java")


EXAMPLES = [
    Example(8, "a name, one raise statement", SAME, _frozen("Jane Roe"), _frozen("John Doe")),
    Example(47, "generated subclasses", SAME, _proxy("3f9a1b2c"), _proxy("a81c77de")),
    Example(48, "numbered lambdas", SAME, _lambda("lambda$export$0"), _lambda("lambda$export$11")),
    Example(49, "behind a wrapper", DIFFERENT, _servlet("normalise"), _servlet("dedupe")),
    Example(50, "data behind a wrapper", SAME, _completion("eu-3"), _completion("us-1")),
    Example(
        51,
        "helpful messages or none",
        SAME,
        _null_pointer(None),
        _null_pointer('Cannot invoke "Item.price()" because "item" is null'),
    ),
]
