"""What retrieval is asked for, and what it gives (the HTTP contract)."""

from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.models import Metadata, RequestModel, SourceName


class Source(BaseModel):
    """A passage that an answer rests on; `start` and `end` are character offsets into its document.

    Messages that were stored before `page` and `headings` existed have neither.
    """

    document_uuid: UUID
    title: str
    source: str
    ordinal: int
    start: int
    end: int
    page: int | None = Field(
        default=None,
        description="Where it begins, from 1 on; null for types of documents without pages.",
    )
    headings: list[str] = Field(
        default=[], description="The headings that it stands under, outermost first."
    )
    # Beside the text, for the model alone: the passage begins between the rows of this table.
    table_header: str | None = Field(default=None, exclude=True)
    # For receipts: which bytes the document had, and whether it was everybody's.
    document_sha256: str | None = Field(default=None, exclude=True)
    is_shared: bool | None = Field(default=None, exclude=True)
    text: str
    score: float


class JudgedSource(Source):
    """A passage, and what decides whether a question that it was found for is answered.

    A question is, if one of its three best passages is relevant.
    """

    evidence: float = Field(
        description="How much speaks for it: its cosine, the question's words and pairs of words "
        "that it holds, and the identifiers of the question. From -1 to 1.8."
    )
    threshold: float = Field(description="The least evidence of a relevant passage.")
    relevant: bool


class Turn(NamedTuple):
    """An earlier question of a chat, and its answer."""

    question: str
    answer: str


class Filter(RequestModel):
    """Which documents may be searched; all given parts must hold, an empty list matches nothing."""

    document_uuids: list[UUID] | None = Field(default=None, max_length=1000, fail_fast=True)
    source: SourceName | None = None
    metadata: Metadata | None = None
