"""How an answer ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from app.chat.constants import CANCELLED, LENGTH, MessageStatus
from app.chat.events import Delta
from app.chat.exceptions import AnswerTooLong, GenerationCancelled
from app.chat.models import Usage


@dataclass(frozen=True, slots=True)
class AnswerOutcome:
    """What is stored of an answer, and the error that its client is told in its place, if any."""

    text: str
    status: MessageStatus
    finish_reason: str | None
    usage: Usage | None
    error: Exception | None = None

    @classmethod
    def of(
        cls, deltas: Sequence[Delta], usage: Usage | None = None, error: Exception | None = None
    ) -> Self:
        """Complete without an error; with one partial, or failed where there is no text at all.

        Neither a cancellation nor an answer that is too long is an error that a client is told:
        the finish reason says it.
        """
        text = "".join(delta.content for delta in deltas)
        reasons = (delta.finish_reason for delta in reversed(deltas) if delta.finish_reason)
        if error is None:
            return cls(text, MessageStatus.COMPLETE, next(reasons, None), usage)
        status = MessageStatus.PARTIAL if text else MessageStatus.FAILED
        if isinstance(error, GenerationCancelled):
            return cls(text, status, CANCELLED, usage)
        if isinstance(error, AnswerTooLong):
            return cls(text, status, LENGTH, usage)
        return cls(text, status, next(reasons, None), usage, error)
