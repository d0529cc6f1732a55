"""How an answer ended."""

from dataclasses import dataclass
from typing import Self

from app.chat.constants import CANCELLED, LENGTH, MessageStatus
from app.chat.exceptions import AnswerTooLong, GenerationCancelled
from app.chat.models import Usage
from app.chat.transcript import Transcript


@dataclass(frozen=True, slots=True)
class AnswerOutcome:
    """What is stored of an answer, and the error that its client is told in its place, if any."""

    text: str
    status: MessageStatus
    finish_reason: str | None
    usage: Usage | None
    error: Exception | None = None
    model: str | None = None  # that answered; None: nothing but the model asked for can have

    @classmethod
    def of(
        cls, transcript: Transcript, usage: Usage | None = None, error: Exception | None = None
    ) -> Self:
        """Complete without an error; with one partial, or failed where there is no text at all.

        Neither a cancellation nor an answer that is too long is an error that a client is told:
        the finish reason says it.
        """
        text, finish_reason = transcript.text(), transcript.finish_reason
        if error is None:
            return cls(text, MessageStatus.COMPLETE, finish_reason, usage)
        status = MessageStatus.PARTIAL if text else MessageStatus.FAILED
        if isinstance(error, GenerationCancelled):
            return cls(text, status, CANCELLED, usage)
        if isinstance(error, AnswerTooLong):
            return cls(text, status, LENGTH, usage)
        return cls(text, status, finish_reason, usage, error)
