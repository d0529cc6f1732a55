"""What happens while an answer is generated: the events of its stream, in their order."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from app.chat.models import Message
from app.core.exceptions import BragError
from app.core.logs import request_id
from app.retrieval.models import Source


@dataclass(slots=True)
class StartEvent:
    """First: the uuid under which the answer is stored before the model is asked."""

    uuid: UUID
    model: str


@dataclass(slots=True)
class SourcesEvent:
    """The passages that go into the prompt, in prompt order; none: nothing is relevant."""

    sources: list[Source]


@dataclass(slots=True)
class Delta:
    """A part of the answer on its way; the fields are those of the contract's `Chunk`."""

    id: str
    created: int
    model: str
    content: str
    finish_reason: str | None


@dataclass(slots=True)
class DoneEvent:
    """Last: the answer is committed."""

    message: Message


@dataclass(slots=True)
class ErrorEvent:
    """In place of DoneEvent: what there is of the answer is stored.

    The fields of `problem` are those of the contract's `StreamError`.
    """

    problem: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Self:
        """What the client of this request is told of an error."""
        told = error if isinstance(error, BragError) else BragError()
        return cls(
            {
                "code": told.code,
                "detail": told.detail,
                "status": int(told.status),
                "request_id": request_id.get(),
            }
        )


Event = StartEvent | SourcesEvent | Delta | DoneEvent | ErrorEvent
