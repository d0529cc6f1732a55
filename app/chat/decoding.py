"""Completions out of the bytes of the OpenAI API, as events and as JSON."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson
from pydantic import ValidationError

from app.chat.events import Delta
from app.chat.exceptions import OpenAIException, OpenAIFailedProcessingException
from app.chat.models import Usage
from app.core.exceptions import BragError

T = TypeVar("T")

NUL: Final = "\x00"  # Postgres stores any character but this
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(slots=True)
class Completion:
    """The upstream has said all: why it ended, if it says so, and the tokens that it counted."""

    finish_reason: str | None
    usage: Usage | None


class CompletionDecoder:
    """Decodes one completion: feed it bytes for its deltas, then ask whether it is whole."""

    def __init__(self) -> None:
        self.is_done = False  # nothing of what follows belongs to the completion
        self._finish_reason: str | None = None
        self._usage: Usage | None = None
        self._has_content = False
        self._rest = b""
        self._failure: BragError | None = None

    @property
    def completion(self) -> Completion:
        """How it ended, as far as the upstream has said so."""
        return Completion(self._finish_reason, self._usage)

    def feed(self, data: bytes) -> list[Delta]:
        """The deltas that `data` completes, wherever the network cut the stream.

        Reads server-sent events (WHATWG HTML 9.2); the OpenAI API puts a chunk on one data line.
        A broken chunk ends the completion: `is_done` is set, and `check_whole` raises why.
        """
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        deltas = []
        for line in lines:
            if line.startswith(b"data:") and not self.is_done:
                delta = self._decode_line(line[5:].strip())
                if delta:
                    deltas.append(delta)
        return deltas

    def decode_json(self, body: bytes) -> list[Delta]:
        """The one delta, if any, of a completion that was not streamed."""
        delta = self._decode(_load(body), "message")
        return [delta] if delta else []

    def check_whole(self) -> None:
        """Raises what a completion without content, or without an end, is called."""
        if self._failure:
            raise self._failure
        if not self._has_content and not self._rest:
            raise OpenAIFailedProcessingException
        if self._finish_reason is None:
            raise OpenAIException

    def _decode_line(self, data: bytes) -> Delta | None:
        if data != b"[DONE]":
            try:
                return self._decode(_load(data), "delta")
            except BragError as error:
                self._failure = error
        self.is_done = True
        return None

    def _decode(self, chunk: dict[str, Any], part: str) -> Delta | None:
        if chunk.get("error"):
            raise OpenAIException
        try:
            return self._read_delta(chunk, part)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise OpenAIFailedProcessingException from error

    def _read_delta(self, chunk: dict[str, Any], part: str) -> Delta | None:
        if chunk.get("usage"):
            with suppress(ValidationError):  # an odd count is no reason to lose the answer
                self._usage = Usage.model_validate(chunk["usage"])
        if not chunk["choices"]:
            return None
        choice = chunk["choices"][0]
        content: str = choice[part].get("content") or ""
        finish_reason = _clean(choice.get("finish_reason") or "") or None
        if not content and not finish_reason:
            return None
        self._has_content = self._has_content or bool(content)
        self._finish_reason = finish_reason or self._finish_reason
        return Delta(
            _only(str, chunk.get("id")),
            _only(int, chunk.get("created")),
            _only(str, chunk.get("model")),
            _clean(content),
            finish_reason,
        )


def _clean(text: str) -> str:
    return text.replace(NUL, REPLACEMENT)


def _only(kind: type[T], value: object) -> T:
    """The value if it is of this kind, else an empty one."""
    return value if isinstance(value, kind) else kind()


def _load(data: bytes) -> dict[str, Any]:
    try:
        chunk = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise OpenAIFailedProcessingException from error
    if not isinstance(chunk, dict):
        raise OpenAIFailedProcessingException
    return chunk
