"""What a set-up page is made of. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """language: of the code, as tests check it: sh, python, js, go; "" for what none of our tools reads."""

    title: str
    code: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Snippet:
    """correlation: how errors of both sides of a request get the same tag. maps: how source maps come here."""

    key: str
    label: str
    group: str
    steps: tuple[Step, ...]
    correlation: tuple[Step, ...] = ()
    maps: tuple[Step, ...] = ()


def sh(title: str, code: str) -> Step:
    return Step(title, code, "sh")


def install(code: str) -> Step:
    return Step("Install the SDK", code, "sh")
