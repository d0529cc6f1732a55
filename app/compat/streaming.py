"""The events of a generation as chunks of the OpenAI API: `data:` lines, and `[DONE]`."""

from typing import Any, Final

import orjson

from app.chat.events import Delta, DoneEvent, ErrorEvent, Event, SourcesEvent, StartEvent
from app.chat.models import Message
from app.chat.streaming import one_line
from app.compat.completions import annotations, completion_id, ending, sources, usage
from app.compat.errors import error_of
from app.retrieval.models import Source

Json = dict[str, Any]

DONE: Final = b"data: [DONE]\n\n"


class ChunkFrames:
    """Writes each event of one generation as the chunks that say the same.

    The role comes with the first delta, and the end once the answer is committed.
    """

    def __init__(self, model: str, base_url: str, *, include_usage: bool) -> None:
        self._base_url = base_url
        self._include_usage = include_usage
        self._sources: list[Source] = []
        self._created: int | None = None  # of the first delta: then the role has been sent
        self._chunk: Json = {"object": "chat.completion.chunk", "model": model}
        if include_usage:
            self._chunk["usage"] = None

    def __call__(self, _: int, event: Event) -> bytes:
        """The `data:` lines of an event; there may be none."""
        match event:
            case StartEvent(uuid):
                self._chunk["id"] = completion_id(uuid)
            case SourcesEvent(given):
                self._sources = given
            case Delta():
                return self._role(event.created) + self._content(event.content)
            case DoneEvent(message):
                return self._role(int(message.created_at.timestamp())) + self._end(message)
            case ErrorEvent(problem):
                return _frame({"error": error_of(problem)})
        return b""

    def _role(self, created: int) -> bytes:
        """The first chunk, if it has not been sent."""
        if self._created is not None:
            return b""
        self._created = self._chunk["created"] = created
        delta = {"role": "assistant", "content": "", "refusal": None}
        return self._framed(delta, sources=sources(self._sources))

    def _content(self, text: str) -> bytes:
        return self._framed({"content": text}) if text else b""

    def _end(self, message: Message) -> bytes:
        delta = {"annotations": annotations(message, self._base_url)}
        end = self._framed(delta, ending(message))
        if self._include_usage:
            end += _frame(self._chunk | {"choices": [], "usage": usage(message)})
        return end + DONE

    def _framed(self, delta: Json, finish_reason: str | None = None, **beside: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _frame(self._chunk | {"choices": [choice]} | beside)


def _frame(chunk: Json) -> bytes:
    return b"data: %b\n\n" % one_line(orjson.dumps(chunk))
