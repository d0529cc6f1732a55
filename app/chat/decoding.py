"""Completions out of the bytes of the OpenAI API, streamed or in one body.

What of them is the answer: docs/decisions/0032-any-upstream.md.
"""

import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from app.chat.chunks import ChunkReader, Json
from app.chat.constants import (
    EVENT_BYTES_PER_CHAR,
    LEAST_BYTES,
    LENGTH,
    WIRE_BYTES_PER_CHAR,
)
from app.chat.events import Delta
from app.chat.exceptions import (
    AnswerTooLong,
    ContentFiltered,
    OpenAIException,
    OpenAIFailedProcessingException,
)
from app.chat.models import Usage
from app.chat.refusals import Refusal
from app.chat.texts import clean, clean_name, only, same, text_of
from app.chat.thoughts import ThoughtFilter

FILTERED: Final = "content_filter"  # finish reasons
FAILED: Final = "error"
# Of engines that gave up: vLLM and SGLang, DeepSeek.
BROKEN_OFF: Final = {FAILED, "abort", "insufficient_system_resource"}
STOPPED: Final = "stop"
NONE: Final = "null"


@dataclass(slots=True)
class Completion:
    """The upstream has said all: why it ended, if it says so, and the tokens that it counted."""

    finish_reason: str | None
    usage: Usage | None


class CompletionDecoder:
    """Decodes one completion: feed it bytes for its deltas, then ask whether it is whole.

    It ends at `max_chars` of text, and at so many bytes for each of these.
    """

    def __init__(self, max_chars: int = sys.maxsize) -> None:
        self.refusal: Refusal | None = None  # the error in place of the answer, or of its end
        self.is_broken = False  # something in it is no chunk
        self.has_content = False
        self.has_thoughts = False
        self.is_too_long = False
        self._chars_left = max_chars
        self._bytes_left = LEAST_BYTES + WIRE_BYTES_PER_CHAR * max_chars
        self._reader = ChunkReader(LEAST_BYTES + EVENT_BYTES_PER_CHAR * max_chars)
        self._thoughts = ThoughtFilter()
        self._finish_reason: str | None = None
        self._usage: Any = None
        self._has_deltas = False
        self._half = ""  # of a character that is two to UTF-16
        self._names: tuple[Any, ...] = ()  # of the last chunk: most say what the one before says
        self._id = self._model = ""  # deltas share these
        self._created = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing of what follows belongs to the completion."""
        return self._reader.has_ended

    @property
    def completion(self) -> Completion:
        """How it ended, as far as the upstream has said so."""
        usage = None
        if self._usage:
            with suppress(ValidationError):  # an odd count is no reason to lose the answer
                usage = Usage.model_validate(self._usage)
        return Completion(self._finish_reason, usage)

    def feed(self, data: bytes) -> list[Delta]:
        """The deltas that `data` completes, wherever the network cut the response.

        An error, a broken chunk or a bound ends the completion: `is_done` is set.
        """
        deltas = self._decode_all(self._reader.feed(data))
        self._bytes_left -= len(data)
        if self._bytes_left < 0 or self._reader.is_too_long:
            self._break_off()
        return deltas

    def close(self) -> list[Delta]:
        """The deltas in what was left when the response ended."""
        deltas = self._decode_all(self._reader.close())
        held = self._thoughts.close()
        if held:
            deltas.append(self._delta(held, None))
        if self.is_too_long and self.has_content:
            deltas.append(self._delta("", LENGTH))
        return deltas

    @property
    def fault(self) -> str:
        """Why it is not whole, in words that quote nothing of it."""
        if self.is_broken:
            return "something that is no chunk"
        if self.is_too_long:
            return "more than MAX_ANSWER_CHARS allows"
        if self.has_content:
            return "no finish reason"
        return "no text but thoughts" if self.has_thoughts else "no text"

    def check_whole(self) -> None:
        """Raises what a completion without content, or without an end, is called."""
        has_ended = self._finish_reason is not None
        if self.is_broken:
            raise OpenAIFailedProcessingException
        if self.is_too_long and self.has_content:
            raise AnswerTooLong
        if not self.has_content and (self._finish_reason or "").startswith(FILTERED):
            raise ContentFiltered
        if not self.has_content and (has_ended or not self._reader.is_cut):
            raise OpenAIFailedProcessingException
        if not has_ended:
            raise OpenAIException

    def _decode_all(self, chunks: list[Json]) -> list[Delta]:
        deltas = []
        try:
            for chunk in chunks:
                delta = self._decode(chunk)
                if delta and (delta.content or delta.finish_reason):
                    deltas.append(delta)
                if self.refusal or self.is_too_long:
                    break
            self.is_broken = self.is_broken or self._reader.is_broken
        except (KeyError, TypeError, AttributeError, ValueError):
            self.is_broken = self._reader.has_ended = True
        return deltas

    def _decode(self, chunk: Json) -> Delta | None:
        if chunk.get("error"):
            self._refuse(chunk)
            return None
        if chunk.get("usage"):
            self._usage = chunk["usage"]
        choices = chunk.get("choices")
        if not choices:  # something about the answer, but none of it
            if FAILED in (chunk.get("object"), chunk.get("type")):
                self._refuse(chunk)
            return None
        self._note_names(chunk)
        choice = choices[0] or {}
        content = self._content(choice)
        finish_reason = choice.get("finish_reason") or None
        is_told = self._finish_reason is not None
        if finish_reason is not None:
            finish_reason = self._read_finish_reason(choice)
        if not self._thoughts.is_done:
            content = self._without_thoughts(content, finish_reason)
        if not content and (finish_reason is None or is_told):
            return None
        return self._delta(content, finish_reason)

    def _note_names(self, chunk: Json) -> None:
        names = chunk.get("id"), chunk.get("model"), chunk.get("created")
        if names != self._names:
            self._names = names
            self._id, self._model = same(self._id, names[0]), same(self._model, names[1])
            self._created = only(int, names[2])

    def _content(self, choice: Json) -> str:
        """The text of a chunk's `delta`; `message` is that of a whole answer."""
        part = choice.get("delta")
        if part:
            self._has_deltas = True
        elif not self._has_deltas:
            part = choice.get("message")
        if not part:
            return ""
        content = part.get("content")
        if not content:
            self.has_thoughts |= bool(part.get("reasoning_content") or part.get("reasoning"))
            content = only(str, part.get("refusal"))
        if not isinstance(content, str):
            content = "".join(map(text_of, content if isinstance(content, list) else [content]))
        return self._join_halves(content) if self._reader.is_lenient else content

    def _read_finish_reason(self, choice: Json) -> str | None:
        reason = only(str, choice["finish_reason"]) or STOPPED  # a number or an object says so too
        if reason in BROKEN_OFF:
            self._refuse({"error": choice.get("error") or {"code": reason}})
        if reason in BROKEN_OFF or reason == NONE:
            return None
        self._finish_reason = clean_name(reason)
        return self._finish_reason

    def _without_thoughts(self, content: str, finish_reason: str | None) -> str:
        answer = self._thoughts.feed(content)
        if finish_reason is not None:
            answer += self._thoughts.close()
        self.has_thoughts |= self._thoughts.has_thoughts
        return answer

    def _delta(self, content: str, finish_reason: str | None) -> Delta:
        if content:
            self.has_content = True
        if len(content) > self._chars_left:
            content = content[: self._chars_left]
            finish_reason = self._finish_reason = None
            self._break_off()
        self._chars_left -= len(content)
        return Delta(self._id, self._created, self._model, clean(content), finish_reason)

    def _break_off(self) -> None:
        """What comes after the finish reason, and has no text, takes nothing from the answer."""
        self._reader.has_ended = True
        self.is_too_long = self._finish_reason is None

    def _refuse(self, chunk: Json) -> None:
        self.refusal = Refusal.of(chunk)
        self._reader.has_ended = True

    def _join_halves(self, content: str) -> str:
        """Joins the halves of a surrogate pair that came in two chunks."""
        content = self._half + content
        self._half = content[-1:] if "\ud800" <= content[-1:] <= "\udbff" else ""
        content = content.removesuffix(self._half)
        return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
