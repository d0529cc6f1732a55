"""Labelled questions and the documents that they are about, as JSON lines."""

from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError, model_validator

from app.core.models import Text
from app.retrieval.models import Turn
from evaluation.exceptions import UnusableSet

M = TypeVar("M", bound=BaseModel)
UNRELATED: Final = Path(__file__).with_name("unrelated.jsonl")


class Label(BaseModel):
    """A document that answers a question, or the span of its text that does."""

    model_config = ConfigDict(frozen=True)

    document: Text
    start: NonNegativeInt | None = None
    end: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _is_span_or_document(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("a span has both start and end")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("a span ends after its start")
        return self


class EarlierMessage(BaseModel):
    """What was said in a chat before a question."""

    role: Literal["user", "assistant"]
    message: str


class Question(BaseModel):
    """A question and what answers it; nothing: the documents do not, and a refusal is right.

    `earlier` is the chat before it, oldest first.
    """

    question: Text
    relevant: frozenset[Label]
    earlier: list[EarlierMessage] = []

    @property
    def last_turn(self) -> Turn | None:
        """The exchange before it, if there is one."""
        said = {message.role: message.message for message in self.earlier}
        return Turn(said.get("user", ""), said.get("assistant", "")) if said else None


class ExpectedAnswer(BaseModel):
    """A question, and sentences or parts of them of which one is to stand in its answer."""

    question: Text
    answers: list[Text] = Field(min_length=1)


class UnrelatedTurn(BaseModel):
    """An exchange that has nothing to do with any question."""

    question: Text
    answer: Text


class CorpusDocument(BaseModel):
    """A document of a corpus; labels know it by its id."""

    id: Text
    title: str = ""
    text: str


def read_questions(file: Path) -> list[Question]:
    """The questions of a file; raises UnusableSet with the line that is wrong."""
    return _read(file, Question)


def read_expected_answers(file: Path) -> list[ExpectedAnswer]:
    """The questions of a file, with their right answers; raises UnusableSet with the wrong line."""
    return _read(file, ExpectedAnswer)


def after_other_things(questions: list[Question]) -> list[Question]:
    """The same questions, each in a chat that was about something else before."""
    others = _read(UNRELATED, UnrelatedTurn)
    return [
        question.model_copy(
            update={
                "earlier": [
                    EarlierMessage(role="user", message=other.question),
                    EarlierMessage(role="assistant", message=other.answer),
                ]
            }
        )
        for question, other in zip(questions, cycle(others), strict=False)
    ]


def read_corpus(file: Path) -> list[CorpusDocument]:
    """The documents of a file; raises UnusableSet with the line that is wrong."""
    documents = _read(file, CorpusDocument)
    if len({document.id for document in documents}) < len(documents):
        raise UnusableSet(f"{file} gives several documents the same id.")
    return documents


def _read(file: Path, model: type[M]) -> list[M]:
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise UnusableSet(f"{file} cannot be read: {error.strerror}.") from error
    parsed = list(_parse(file, lines, model))
    if not parsed:
        raise UnusableSet(f"{file} is empty.")
    return parsed


def _parse(file: Path, lines: Iterable[bytes], model: type[M]) -> Iterator[M]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield model.model_validate_json(line)
            except ValidationError as error:
                raise UnusableSet(f"{file}, line {number}: {_reason(error)}.") from None


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]
