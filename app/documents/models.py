"""Models of the knowledge base."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Annotated
from uuid import UUID, uuid5

from pydantic import BaseModel, BeforeValidator, Field, Json

from app.core.models import IS_TEXT, TEXT_SCHEMA, Metadata, RequestModel, SourceName, Text
from app.documents.json_sizes import require_few_values
from app.loaders.constants import MAX_TITLE_CHARS

Title = Annotated[str, Field(max_length=MAX_TITLE_CHARS), IS_TEXT, TEXT_SCHEMA]


class DocumentStatus(StrEnum):
    """How far a document has come; only what is ready can be found."""

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class Document(BaseModel):
    """A document of the knowledge base.

    `error` says why it failed or, of one that is ready, what of it could not be read.
    """

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


class Passage(BaseModel):
    """Where a passage of a document stands: `start` and `end` are offsets into its text."""

    document_uuid: UUID
    ordinal: int
    start: int
    end: int
    page: int | None = Field(
        description="Where it begins, from 1 on; null for types of documents without pages."
    )
    headings: list[str] = Field(description="The headings that it stands under, outermost first.")
    text: str


class TextDocument(RequestModel):
    """A document given as text; without a `source` its content stands for it."""

    text: Text
    title: Title
    source: SourceName | None = None
    metadata: Metadata = Field(default_factory=dict)


class FileFields(RequestModel):
    """The fields beside an uploaded file; its name is its source where none is given."""

    title: Title | None = Field(default=None, examples=["Opening hours"])
    source: SourceName = Field(examples=["library/hours.md"])
    metadata: Annotated[Json[Metadata], BeforeValidator(require_few_values)] = Field(
        default_factory=dict
    )


@dataclass(frozen=True)
class NewDocument:
    """A document that is to be taken in.

    `declared_type` is what a file is labelled as; None for a text, which is taken as it is.
    `file_name` is what it is called where it comes from, if it has a name. A sample leaves as soon
    as another document comes in.
    """

    content: bytes
    title: str
    source: str
    media_type: str
    file_name: str | None = None
    declared_type: str | None = None
    metadata: dict[str, bool | int | str] = field(default_factory=dict)
    is_sample: bool = False


def default_title(source: str) -> str:
    """The title of a document that has none: the last part of its source."""
    return (PurePath(source).name or source)[:MAX_TITLE_CHARS]


def passage_uuid(document_uuid: UUID, ordinal: int) -> UUID:
    """The uuid of a passage, and of its point: ingesting twice writes the same points."""
    return uuid5(document_uuid, str(ordinal))
