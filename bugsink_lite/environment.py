"""Reads settings from the environment and an optional file; says in one sentence what is wrong with a value."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_SIZE = re.compile(r"(\d+)\s*([kmg]?)(?:i?b)?", re.IGNORECASE)
_SIZE_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Environment:
    """Typed getters. Each raises ImproperlyConfigured with a sentence that names the variable."""

    def __init__(self, file: Path | None = None) -> None:
        self._env = environ.Env()
        if file is not None:
            if not file.is_file():
                raise ImproperlyConfigured(
                    f"BUGSINK_LITE_ENV_FILE is {str(file)!r}; there is no such file."
                )
            # What is already in the environment wins over the file.
            self._env.read_env(str(file), overwrite=False)

    def _read(self, name: str, default: T, parse: Callable[[str], T], wanted: str) -> T:
        raw = os.environ.get(name, "").strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except (ValueError, KeyError, ImproperlyConfigured) as error:
            raise ImproperlyConfigured(f"{name} is {raw!r}; it must be {wanted}.") from error

    def text(self, name: str, default: str) -> str:
        return self._read(name, default, str, "text")

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        def parse(raw: str) -> str:
            if raw not in choices:
                raise ValueError
            return raw

        return self._read(name, default, parse, "one of " + ", ".join(choices))

    def path(self, name: str, default: Path) -> Path:
        return self._read(name, default, lambda raw: Path(raw).expanduser(), "a path").absolute()

    def words(self, name: str, default: list[str]) -> list[str]:
        def parse(raw: str) -> list[str]:
            return [part for part in (part.strip() for part in raw.split(",")) if part]

        return self._read(name, default, parse, "a list separated by commas")

    def flag(self, name: str, default: bool) -> bool:
        words = {"true": True, "yes": True, "on": True, "1": True}
        words |= {"false": False, "no": False, "off": False, "0": False}
        return self._read(name, default, lambda raw: words[raw.lower()], "true or false")

    def number(self, name: str, default: int, *, low: int = 0, high: int = 2**63) -> int:
        def parse(raw: str) -> int:
            value = int(raw)
            if not low <= value <= high:
                raise ValueError
            return value

        wanted = f"a whole number from {low} to {high}" if high < 2**63 else f"at least {low}"
        return self._read(name, default, parse, wanted)

    def size(self, name: str, default: int, *, low: int = 0) -> int:
        """Bytes, plain or with a unit: 1048576, 512 KiB, 20 MB, 2G. Units are powers of 1024."""

        def parse(raw: str) -> int:
            match = _SIZE.fullmatch(raw)
            if match is None:
                raise ValueError
            value = int(match[1]) * _SIZE_UNITS[match[2].lower()]
            if value < low:
                raise ValueError
            return value

        return self._read(
            name, default, parse, f"a size such as 20 MiB or 2 GiB, at least {low} bytes"
        )

    def url(self, name: str, default: str, schemes: Sequence[str] = ("http", "https")) -> str:
        """An absolute URL without a trailing slash."""

        def parse(raw: str) -> str:
            parts = urlsplit(raw)
            if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
                raise ValueError
            if parts.port == 0:  # reading it also refuses ports that are no number
                raise ValueError
            return raw.rstrip("/")

        return self._read(
            name, default, parse, f"a full URL such as {schemes[-1]}://errors.example.com"
        )

    def database(self, name: str, default: str) -> dict[str, Any]:
        """`sqlite:///relative`, `sqlite:////absolute` or `postgres://user:password@host:port/name`."""

        def parse(raw: str) -> dict[str, Any]:
            # Before the library sees it: for a scheme that it does not know it prints all parts, password included.
            if urlsplit(raw).scheme not in ("postgres", "postgresql", "sqlite"):
                raise ValueError
            config: dict[str, Any] = environ.Env.db_url_config(raw)
            if not config.get("NAME"):
                raise ValueError
            return config

        wanted = "postgres://user:password@host:5432/name or sqlite:////path/to/file"
        try:
            return self._read(name, parse(default), parse, wanted)
        except ImproperlyConfigured as error:
            # The value holds a password: it must not reach a log.
            raise ImproperlyConfigured(f"{name} cannot be read; it must be {wanted}.") from error
