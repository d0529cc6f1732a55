"""What the parser says of a document. It is not believed: a document may have taken it over."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from app.documents.ingestion.chunking import NAME_BYTES, Passage
from app.documents.ingestion.line import Line
from app.documents.ingestion.ruler import MAX_HEADER_CHARS
from app.loaders.constants import KINDS, MAX_CHARS, MAX_PAGES, MAX_TITLE_CHARS
from app.loaders.exceptions import UnreadableDocument
from app.loaders.markdown import MAX_HEADING

MAX_MESSAGE_BYTES: Final = 2**20
MAX_TEXT_BYTES: Final = 4 * MAX_CHARS  # in UTF-8
MAX_SENTENCE_CHARS: Final = 2_000
STRICT: Final = ConfigDict(strict=True, extra="forbid")

Stored = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # Postgres stores no NUL
Sentence = Annotated[Stored, Field(max_length=MAX_SENTENCE_CHARS)]
Heading = Annotated[Stored, Field(max_length=NAME_BYTES)]
Place = tuple[
    int,
    int,
    Annotated[tuple[Heading, ...], Field(max_length=MAX_HEADING)],
    Annotated[int, Field(ge=1, le=MAX_PAGES)] | None,
    Annotated[Stored, Field(max_length=MAX_HEADER_CHARS)] | None,
]


class ParserNotInstalled(Exception):
    """What reads a document of this type cannot be imported: no document's fault."""


@dataclass(frozen=True)
class ParsedDocument:
    """A document as it is going to be embedded, and its text in UTF-8.

    `fault` says what of it could not be read.
    """

    title: str
    media_type: str
    fault: str | None
    text: bytes
    text_sha256: str
    passages: list[Passage]


class _Refusal(BaseModel):
    model_config = STRICT

    error: Sentence


class _NotInstalled(BaseModel):
    model_config = STRICT

    # It goes to the log, where a document that has taken the parser over is to write no lines.
    not_installed: Annotated[str, Field(pattern=r"^[ -~]*$", max_length=MAX_SENTENCE_CHARS)]


class _Head(BaseModel):
    model_config = STRICT

    title: Annotated[Stored, Field(max_length=MAX_TITLE_CHARS)]
    media_type: Literal[*KINDS]  # type: ignore[valid-type] # mypy wants them written out
    fault: Sentence | None
    passages: Annotated[int, Field(ge=1, le=MAX_CHARS)]


BEGINNING: Final = TypeAdapter[_Refusal | _NotInstalled | _Head](_Refusal | _NotInstalled | _Head)
PLACES: Final = TypeAdapter[list[Place]](list[Place], config=ConfigDict(strict=True))


def read_answer(line: Line, deadline: float) -> ParsedDocument:
    """A document as the parser read it; raises UnreadableDocument or ParserNotInstalled with why.

    Raises as `Line` does where the answer does not come in time, and ValueError for one that no
    document has.
    """
    head = BEGINNING.validate_json(line.receive(MAX_MESSAGE_BYTES, deadline))
    if isinstance(head, _Refusal):
        raise UnreadableDocument(head.error)
    if isinstance(head, _NotInstalled):
        raise ParserNotInstalled(head.not_installed)
    data = line.receive(MAX_TEXT_BYTES, deadline)
    passages: list[Passage] = []
    text = data.decode()
    while len(passages) < head.passages:
        places = PLACES.validate_json(line.receive(MAX_MESSAGE_BYTES, deadline))
        passages += _passages(text, places, passages)
    digest = sha256(data).hexdigest()
    return ParsedDocument(head.title, head.media_type, head.fault, data, digest, passages)


def _passages(text: str, places: list[Place], before: list[Passage]) -> Iterator[Passage]:
    """The passages at these places, which follow those before."""
    if not places or "\x00" in text:
        raise ValueError("An answer without passages, or with what cannot be stored.")
    last = before[-1].end if before else 0
    for ordinal, (start, end, headings, page, header) in zip(count(len(before)), places):
        if not last <= start < end <= len(text):
            raise ValueError("Passages that are not in the text, or not in order.")
        yield Passage(ordinal, start, end, text[start:end], headings, page, header)
        last = end
