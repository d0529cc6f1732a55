"""Models of the knowledge base."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from secrets import randbits
from time import time_ns
from typing import Annotated, Final
from uuid import UUID, uuid5

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Json, StrictBool, Tag
from pydantic_core import PydanticKnownError

from app.core.models import IS_TEXT, TEXT_SCHEMA, RequestModel, Text

# Every passage's point holds a copy of the metadata: the limits are those of OpenAI's API.
MAX_METADATA: Final = 50  # entries
MAX_NAME_CHARS: Final = 64
MAX_TEXT_CHARS: Final = 512


def _kind(value: object) -> str | None:
    return type(value).__name__ if isinstance(value, bool | int | str) else None


Whole = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1)]  # as Qdrant counts
MetadataName = Annotated[str, Field(max_length=MAX_NAME_CHARS), IS_TEXT, TEXT_SCHEMA]
MetadataText = Annotated[str, Field(max_length=MAX_TEXT_CHARS), IS_TEXT, TEXT_SCHEMA]
Value = Annotated[
    Annotated[StrictBool, Tag("bool")]
    | Annotated[Whole, Tag("int")]
    | Annotated[MetadataText, Tag("str")],
    Discriminator(
        _kind,
        custom_error_type="metadata_type",
        custom_error_message="must be a string, an integer or a boolean",
    ),
]


def _require_few(value: object) -> object:
    """As `max_length` does after it has looked at each entry, of which there may be a million."""
    if isinstance(value, dict) and len(value) > MAX_METADATA:
        lengths = {"max_length": MAX_METADATA, "actual_length": len(value)}
        raise PydanticKnownError("too_long", {"field_type": "Dictionary", **lengths})
    return value


Metadata = Annotated[
    dict[MetadataName, Value],
    Field(
        max_length=MAX_METADATA,
        description=f"At most {MAX_METADATA} entries, with names of at most {MAX_NAME_CHARS} "
        f"characters and strings of at most {MAX_TEXT_CHARS}.",
    ),
    BeforeValidator(_require_few),
]
Title = Annotated[str, Field(max_length=300), IS_TEXT, TEXT_SCHEMA]
SourceName = Annotated[str, Field(max_length=2000), IS_TEXT, TEXT_SCHEMA]


class Source(BaseModel):
    """A passage that was put into the prompt; `start` and `end` are character offsets."""

    document_uuid: UUID
    title: str
    source: str
    ordinal: int
    start: int
    end: int
    text: str
    score: float


class Filter(RequestModel):
    """Which documents may be searched; all given parts must hold, an empty list matches nothing."""

    document_uuids: list[UUID] | None = Field(default=None, max_length=1000)
    source: Text | None = None
    metadata: Metadata | None = None


class DocumentStatus(StrEnum):
    """How far a document has come; only what is ready can be found."""

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class Document(BaseModel):
    """A document of the knowledge base; `error` says why it failed."""

    uuid: UUID
    title: str
    source: str
    media_type: str
    bytes: int
    sha256: str
    metadata: dict[str, bool | int | str]
    status: DocumentStatus
    error: str | None
    passages_total: int | None
    passages_done: int
    created_at: datetime
    updated_at: datetime


class TextDocument(RequestModel):
    """A document given as text; without a `source` its content stands for it."""

    text: Text
    title: Title
    source: SourceName | None = None
    metadata: Metadata = Field(default_factory=dict)


class FileFields(RequestModel):
    """The fields beside an uploaded file; its name is its source where none is given."""

    title: Title | None = None
    source: SourceName
    metadata: Json[Metadata] = Field(default_factory=dict)


@dataclass(frozen=True)
class NewDocument:
    """A document that is to be taken in."""

    content: bytes
    title: str
    source: str
    media_type: str
    metadata: dict[str, bool | int | str] = field(default_factory=dict)


def default_title(source: str) -> str:
    """The title of a document that has none: the last part of its source."""
    return PurePath(source).name or source


def new_document_uuid() -> UUID:
    """A UUIDv7 (RFC 9562, 5.7 and 6.2, method 3): the later, the greater.

    So a list can go on after a document that has been deleted since.
    """
    milliseconds, rest = divmod(time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | randbits(62))


def passage_uuid(document_uuid: UUID, ordinal: int) -> UUID:
    """The uuid of a passage, and of its point: ingesting twice writes the same points."""
    return uuid5(document_uuid, str(ordinal))
