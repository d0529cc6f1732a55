"""What is stored of an answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent again; the body of a stream is its `done` event."""

    status: int
    content_type: str | None
    headers: dict[str, str]
    body: bytes
