"""The two forms of an upload: a file as multipart/form-data, a text as JSON."""

import asyncio
import re
from hashlib import sha256
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile

from app.core.dependencies import SettingsDependency
from app.core.exceptions import PayloadTooLarge
from app.documents.exceptions import UnsupportedMediaType
from app.documents.models import FileFields, NewDocument, TextDocument, default_title
from app.loaders import recognise
from app.loaders.constants import PLAIN_TEXT
from app.loaders.exceptions import UnreadableDocument, UnsupportedType
from app.loaders.media_types import UNKNOWN, has_known_extension, says_nothing

M = TypeVar("M", bound=BaseModel)
USABLE: Final = re.compile(r"[ -~]{1,255}")


async def get_new_document(request: Request, settings: SettingsDependency) -> NewDocument:
    """The uploaded document, from multipart/form-data or JSON; 415 for anything else."""
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "application/json":
            document = await _read_json(request)
        case "multipart/form-data":
            document = await _read_form(request)
        case _:
            raise UnsupportedMediaType("Send a file as multipart/form-data, or text as JSON.")
    if len(document.content) > settings.MAX_DOCUMENT_BYTES:
        raise PayloadTooLarge(f"A document may have {settings.MAX_DOCUMENT_BYTES} bytes at most.")
    return document


NewDocumentDependency = Annotated[NewDocument, Depends(get_new_document)]


async def _read_json(request: Request) -> NewDocument:
    body = await request.body()
    given = await asyncio.to_thread(_validate, TextDocument, body)
    content = given.text.encode()
    source = given.source
    if source is None:
        source = await asyncio.to_thread(_urn, content)
    return NewDocument(content, given.title, source, PLAIN_TEXT, given.metadata)


async def _read_form(request: Request) -> NewDocument:
    async with request.form(max_files=1, max_fields=10) as form:
        fields = dict(form)
        file = fields.pop("file", None)
        if not isinstance(file, UploadFile):
            raise RequestValidationError(
                [{"loc": ("body", "file"), "msg": "Field required", "type": "missing"}]
            )
        content = await file.read()
        name = file.filename or await asyncio.to_thread(_urn, content)
        given = _validate(FileFields, {"source": name} | fields)
        source = given.source
        declared = _usable(file.content_type)
        names = [name for name in (file.filename, source) if name]
        media_type = await asyncio.to_thread(_media_type, content, names, declared)
        return NewDocument(
            content,
            given.title or default_title(source),
            source,
            media_type,
            given.metadata,
        )


def _validate(model: type[M], given: bytes | dict[str, Any]) -> M:
    try:
        if isinstance(given, bytes):
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
    """The declared type, UNKNOWN if it says nothing: a database does not take every character."""
    if media_type is None or not USABLE.fullmatch(media_type) or says_nothing(media_type):
        return UNKNOWN
    return media_type


def _media_type(content: bytes, names: list[str], declared: str) -> str:
    """The declared type, unless it says nothing, or calls a text what is none.

    The file's own name counts before its source, which may be that of what it was made from.
    An unsupported type is refused at once; a document that cannot be read fails when it is.
    """
    name = next(filter(has_known_extension, names), None)
    try:
        recognised = recognise(content, name=name, media_type=declared)
    except UnsupportedType as error:
        raise UnsupportedMediaType(str(error)) from error
    except UnreadableDocument:
        recognised = UNKNOWN
    return recognised if declared in (PLAIN_TEXT, UNKNOWN) else declared
