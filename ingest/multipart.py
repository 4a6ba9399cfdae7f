"""multipart/form-data bodies, read by Django's parser with bounds of our own."""

import io
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import InputStreamExhausted, MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict

from ingest.compression import TooLarge
from ingest.legacy import BodyError, WrongContentType, media_type


@dataclass(frozen=True, slots=True)
class File:
    field: str
    name: str  # as sent, without its directories
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """fields: in the order sent; a name may come twice."""

    fields: tuple[tuple[str, str], ...]
    files: tuple[File, ...]


class _Collector(FileUploadHandler):
    """Keeps every file's bytes. The request's own bound is the bound on them all."""

    chunk_size = 1 << 20

    def __init__(self) -> None:
        super().__init__()
        self.files: list[File] = []
        self._parts: list[bytes] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._parts = []

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._parts.append(bytes(raw_data))

    def file_complete(self, file_size: int) -> None:
        data = b"".join(self._parts)
        self._parts = []
        self.files.append(
            File(str(self.field_name or ""), self.file_name or "", self.content_type or "", data)
        )


def parse(body: bytes, content_type: str) -> Form:
    """body: whole, Content-Encoding undone. Raises BodyError, WrongContentType, TooLarge.

    How many fields and files, and how much text, is bounded by Django's settings DATA_UPLOAD_MAX_*.
    """
    if media_type(content_type) != "multipart/form-data":
        raise WrongContentType(
            f"this endpoint takes multipart/form-data, not {content_type[:60]!r}"
        )
    collector = _Collector()
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
    fields: MultiValueDict[str, str]
    try:
        parser = MultiPartParser(meta, io.BytesIO(body), [collector], "utf-8")
        fields, _ = parser.parse()
    except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent) as error:
        raise TooLarge(str(error)) from error
    except (MultiPartParserError, InputStreamExhausted, ValueError) as error:
        raise BodyError(f"the form cannot be read: {error}") from error
    return Form(
        tuple((name, value) for name, values in fields.lists() for value in values),
        tuple(collector.files),
    )
