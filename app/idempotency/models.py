"""What is stored of an answer."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent again; that of a stream is taken from its message."""

    status: int
    content_type: str | None
    headers: dict[str, str]
    body: bytes
    message_uuid: UUID | None = None  # of a stream, which is sent again from its message
    answer_uuid: UUID | None = None  # of another answer to a question: it is deleted with that
