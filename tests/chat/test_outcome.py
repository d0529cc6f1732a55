"""How an answer ended, and what is stored of that."""

import pytest

from app.chat.constants import MessageStatus
from app.chat.events import Delta
from app.chat.exceptions import GenerationCancelled, OpenAIException
from app.chat.models import Usage
from app.chat.outcome import AnswerOutcome
from app.chat.transcript import Transcript

USAGE = Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)


def transcript(deltas: list[Delta]) -> Transcript:
    """The deltas as an outcome is made of them."""
    made = Transcript()
    made.append(deltas)
    return made


def delta(content: str, finish_reason: str | None = None) -> Delta:
    """A delta of an answer."""
    return Delta("1", 2, "m", content, finish_reason)


WHOLE = [delta("Hel"), delta("lo"), delta("", "stop")]


class TestOf:
    """Out of the deltas of an answer, and of what broke it off."""

    def test_no_error_is_complete(self) -> None:
        """An answer without an error is complete, with its whole text, reason and usage."""
        assert AnswerOutcome.of(transcript(WHOLE), USAGE) == AnswerOutcome(
            "Hello", MessageStatus.COMPLETE, "stop", USAGE
        )

    def test_reason_before_the_end_counts(self) -> None:
        """A finish reason counts, although deltas without one follow."""
        deltas = [delta("Hello", "length"), delta("!")]
        assert AnswerOutcome.of(transcript(deltas)).finish_reason == "length"

    def test_last_reason_counts(self) -> None:
        """Of several finish reasons the last one counts."""
        deltas = [delta("Hello", "stop"), delta("!", "length")]
        assert AnswerOutcome.of(transcript(deltas)).finish_reason == "length"

    def test_error_after_text_is_partial(self) -> None:
        """An answer that an error broke off is partial, and carries the error."""
        error = OpenAIException()
        assert AnswerOutcome.of(transcript([delta("Hel")]), error=error) == AnswerOutcome(
            "Hel", MessageStatus.PARTIAL, None, None, error
        )

    @pytest.mark.parametrize("deltas", [[], [delta("")]], ids=["no delta", "no text"])
    def test_error_before_text_is_failed(self, deltas: list[Delta]) -> None:
        """An answer that an error ended before any text is failed."""
        error = OpenAIException()
        assert AnswerOutcome.of(transcript(deltas), error=error) == AnswerOutcome(
            "", MessageStatus.FAILED, None, None, error
        )

    @pytest.mark.parametrize(
        ("deltas", "text", "status"),
        [
            ([delta("Hel")], "Hel", MessageStatus.PARTIAL),
            ([], "", MessageStatus.FAILED),
            (WHOLE, "Hello", MessageStatus.PARTIAL),
        ],
        ids=["in the middle", "at once", "at the end"],
    )
    def test_cancelled_has_no_error_to_tell(
        self, deltas: list[Delta], text: str, status: MessageStatus
    ) -> None:
        """A cancelled answer ended as `cancelled`, and there is nobody to be told of an error."""
        assert AnswerOutcome.of(transcript(deltas), error=GenerationCancelled()) == AnswerOutcome(
            text, status, "cancelled", None
        )
