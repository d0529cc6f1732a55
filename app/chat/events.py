"""What happens while an answer is generated, in the order in which it happens."""

from dataclasses import dataclass
from uuid import UUID

from app.chat.models import Message
from app.core.exceptions import BragError
from app.documents.models import Source


@dataclass(slots=True)
class Started:
    """The answer has its uuid, under which it is stored before the model is asked."""

    uuid: UUID
    model: str


@dataclass(slots=True)
class SourcesFound:
    """The passages that go into the prompt, in prompt order; none: nothing relevant was found."""

    sources: list[Source]


@dataclass(slots=True)
class Piece:
    """A piece of the answer: the fields are those of the contract's `Chunk`."""

    id: str
    created: int
    model: str
    content: str
    finish_reason: str | None


@dataclass(slots=True)
class Finished:
    """The answer is committed."""

    message: Message


@dataclass(slots=True)
class Failed:
    """The answer ends without being complete; what there is of it is stored."""

    error: BragError


Event = Started | SourcesFound | Piece | Finished | Failed
