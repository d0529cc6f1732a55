"""What happens while an answer is generated: the events of its stream, in their order."""

from dataclasses import dataclass
from uuid import UUID

from app.chat.models import Message
from app.core.exceptions import BragError
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
    """In place of DoneEvent: what there is of the answer is stored."""

    error: BragError


Event = StartEvent | SourcesEvent | Delta | DoneEvent | ErrorEvent
