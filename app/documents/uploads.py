"""The two forms of an upload: a file as multipart/form-data, a text as JSON."""

import asyncio
import re
from hashlib import sha256
from time import monotonic
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.core.dependencies import SettingsDependency
from app.core.exceptions import BadRequest, PayloadTooLarge
from app.core.steps import next_step
from app.documents.exceptions import UnsupportedMediaType
from app.documents.file_names import plain_disposition
from app.documents.json_sizes import require_few_values
from app.documents.models import FileFields, NewDocument, TextDocument, default_title
from app.documents.text_bodies import TextBody, TextTooLong
from app.loaders.constants import PLAIN_TEXT
from app.loaders.exceptions import UnsupportedType
from app.loaders.media_types import UNKNOWN, expected_type, telling_name

M = TypeVar("M", bound=BaseModel)
USABLE: Final = re.compile(r"[ -~]{1,255}")
READ_AT_ONCE: Final = 2**12  # bytes of a JSON: 5 ms at worst


async def get_new_document(request: Request, settings: SettingsDependency) -> NewDocument:
    """The uploaded document, from multipart/form-data or JSON; 415 for anything else."""
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/json":
            document = await _read_json(request, settings.MAX_DOCUMENT_BYTES)
        case "multipart/form-data":
            document = await _read_form(request)
        case _:
            raise UnsupportedMediaType("Send a file as multipart/form-data, or text as JSON.")
    if len(document.content) > settings.MAX_DOCUMENT_BYTES:
        raise _too_large(settings.MAX_DOCUMENT_BYTES)
    return document


NewDocumentDependency = Annotated[NewDocument, Depends(get_new_document)]


async def _read_json(request: Request, max_bytes: int) -> NewDocument:
    body = TextBody(max_bytes)
    try:
        async for part in request.stream():
            step_ends = await next_step()
            for start in range(0, len(part), READ_AT_ONCE):
                if monotonic() >= step_ends:
                    step_ends = await next_step()
                body.feed(part[start : start + READ_AT_ONCE])
    except TextTooLong:
        raise _too_large(max_bytes) from None
    content, others = body.close()
    given = _validate(TextDocument, others)
    source = given.source
    if source is None:
        source = await asyncio.to_thread(_urn, content)
    return NewDocument(content, given.title, source, PLAIN_TEXT, metadata=given.metadata)


def _too_large(max_bytes: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"A document may have {max_bytes} bytes at most.")


async def _read_form(request: Request) -> NewDocument:
    form = await _parse_form(request)
    try:
        fields = dict(form)
        file = fields.pop("file", None)
        if not isinstance(file, UploadFile):
            raise RequestValidationError(
                [{"loc": ("body", "file"), "msg": "Field required", "type": "missing"}]
            )
        content = await file.read()
        name = file.filename or await asyncio.to_thread(_urn, content)
        given = _validate(FileFields, {"source": name} | fields)
        return await asyncio.to_thread(_new_document, content, file, given)
    finally:
        await form.close()


async def _parse_form(request: Request) -> FormData:
    parser = _FormParser(request.headers, request.stream(), max_files=1, max_fields=10)
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise BadRequest(error.message) from error


class _FormParser(MultiPartParser):
    """Starlette's parser, to which a file's name is told in the one way that it reads."""

    def on_headers_finished(self) -> None:
        """Called where the headers of a part end."""
        disposition = self._current_part.content_disposition or b""
        self._current_part.content_disposition = plain_disposition(disposition)
        super().on_headers_finished()


def _new_document(content: bytes, file: UploadFile, given: FileFields) -> NewDocument:
    declared_type = _usable(file.content_type)
    # Its own name counts before its source, which may be that of what it was made from.
    name = telling_name(file.filename, given.source)
    return NewDocument(
        content,
        given.title or default_title(given.source),
        given.source,
        _media_type(content, name, declared_type),
        file.filename and file.filename.replace("\0", ""),
        declared_type,
        given.metadata,
    )


def _validate(model: type[M], given: bytes | dict[str, Any]) -> M:
    try:
        if isinstance(given, bytes):
            require_few_values(given)
            return model.model_validate_json(given)
        return model.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(
            [
                fault | {"loc": ("body", *fault["loc"])}
                for fault in error.errors(include_input=False)
            ]
        ) from None


def _urn(content: bytes) -> str:
    """The source of what has no name: others without one are other documents."""
    return f"urn:sha256:{sha256(content).hexdigest()}"


def _usable(media_type: str | None) -> str:
    """The declared type, UNKNOWN where there is none: a database does not take every character."""
    return media_type if media_type and USABLE.fullmatch(media_type) else UNKNOWN


def _media_type(content: bytes, name: str | None, declared_type: str) -> str:
    """What the file is; an unsupported type is refused at once."""
    try:
        return expected_type(content, name=name, media_type=declared_type)
    except UnsupportedType as error:
        raise UnsupportedMediaType(str(error)) from error
