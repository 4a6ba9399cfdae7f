"""Labelled scenarios of our own, of kinds that the corpus lacks: other languages, runtimes and libraries.

Written in the shapes in which the SDKs send, with their flaws. Equal labels belong in one issue, others do not.
"""

from collections.abc import Iterator

from . import (
    own_compiled,
    own_runtimes,
    own_scripts,
    own_web,
    own_words_others,
    own_words_python,
    own_words_runtimes,
    own_words_web,
)
from .score import Scenario

MODULES = (
    own_scripts,
    own_runtimes,
    own_compiled,
    own_web,
    own_words_others,
    own_words_python,
    own_words_runtimes,
    own_words_web,
)


def scenarios() -> Iterator[Scenario]:
    for module in MODULES:
        yield from module.scenarios()
