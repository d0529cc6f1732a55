"""Asks the model behind the OpenAI API, and tells why it did not answer.

See docs/decisions/0032-any-upstream.md.
"""

import logging
import re
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import openai
from openai import AsyncOpenAI

from app.chat.calls import UPSTREAM_ERRORS, Response, cause_of, drain, post, read, reason
from app.chat.compression import decompressor
from app.chat.decoding import Completion, CompletionDecoder
from app.chat.events import Delta
from app.chat.exceptions import AnswerTooLong, OpenAIException
from app.chat.prompts import Prompt
from app.chat.refusals import Refusal
from app.chat.requests import Body, RefusedParts, create_body, leave_out, refused_parts
from app.core.exceptions import BragError
from app.core.llm import retry_after
from app.core.steps import next_step

logger = logging.getLogger(__name__)

STEP_BYTES: Final = 2**13  # some thirty chunks
MEDIA_TYPE: Final = re.compile(r"[\w.+/-]{1,100}", re.ASCII)


@dataclass(slots=True)
class Acceptance:
    """The upstream has accepted the request: its headers are there."""


class Upstream:
    """Asks the model behind the OpenAI API for completions.

    The client sends, authenticates and retries; its bodies are read here, since building its
    typed objects for every chunk costs more than all the rest of a stream. What the service
    refuses of a request is left out of it; `unsupported` is what it is known to refuse.
    """

    def __init__(
        self,
        client: AsyncOpenAI,
        unsupported: Iterable[str] = (),
        max_answer_chars: int = sys.maxsize,
    ) -> None:
        self._client = client
        self._max_answer_chars = max_answer_chars
        self._refused = RefusedParts(unsupported)

    async def complete(
        self, model: str, prompt: Prompt, *, stream: bool
    ) -> AsyncIterator[Acceptance | Delta | Completion]:
        """Yields an Acceptance, the deltas as they come, and a Completion.

        Raises ContextLengthExceeded, ModelNotFound, ContentFiltered, OpenAIException (refused,
        unreachable, broken off), OpenAIRateLimitedException, OpenAIFailedProcessingException
        (not a completion) or AnswerTooLong.
        """
        body = create_body(model, prompt, stream=stream)
        left_out = self._refused.of(model)
        while True:
            decoder = CompletionDecoder(self._max_answer_chars)
            call = _Call(self._client, leave_out(body, left_out), decoder)
            async with aclosing(call.run()) as parts:
                async for part in parts:
                    yield part
            refused = call.refused_parts
            if not refused:
                break
            left_out |= refused
            logger.warning("The upstream is asked again without: %s", ", ".join(sorted(left_out)))
        yield call.completion
        call.check(model)
        self._refused.learn(model, left_out)


class _Call:
    """One request; once it has been run, how it ended."""

    def __init__(self, client: AsyncOpenAI, body: Body, decoder: CompletionDecoder) -> None:
        self._client = client
        self._body = body
        self._decoder = decoder
        self._error: Exception | None = None
        self._media_type = ""

    async def run(self) -> AsyncGenerator[Acceptance | Delta]:
        """Yields what comes of it; what goes wrong ends it."""
        decoder = self._decoder
        try:
            async with post(self._client, self._body) as response:
                self._media_type = _media_type(response)
                yield Acceptance()
                chunks, plain = read(response), None
                async for data in chunks:
                    plain = plain or decompressor(data)
                    for part in _parts(plain(data)):
                        if len(part) == STEP_BYTES:  # more than a model writes at a time
                            await next_step()
                        for delta in decoder.feed(part):
                            yield delta
                    if decoder.is_done:
                        if not decoder.is_too_long:
                            await drain(chunks)
                        break
        except UPSTREAM_ERRORS as error:
            self._error = error
        for delta in decoder.close():
            yield delta

    @property
    def completion(self) -> Completion:
        """How the answer ended, as far as the upstream has said so."""
        return self._decoder.completion

    @property
    def refused_parts(self) -> frozenset[str]:
        """The parts of the request without which it may be answered."""
        refusal = self._refusal
        if refusal is None or self._decoder.has_content:
            return frozenset()
        return refused_parts(self._body, refusal)

    def check(self, model: str) -> None:
        """Logs and raises why there is no whole answer, where there is none."""
        try:
            if self._refusal:
                raise self._refusal.error(model) from self._error
            if self._error and self.completion.finish_reason is None:
                raise OpenAIException from cause_of(self._error)
            self._decoder.check_whole()
        except (BragError, AnswerTooLong):
            logger.warning("The upstream call failed: %s", self._why)
            raise

    @property
    def _refusal(self) -> Refusal | None:
        error = self._error
        if isinstance(error, openai.APIStatusError):
            return Refusal.of(error.body, error.status_code, retry_after(error.response))
        return self._decoder.refusal

    @property
    def _why(self) -> str:
        """Nothing of what was sent or answered but the names of errors."""
        error = self._error
        if isinstance(error, openai.APIStatusError):
            return f"{type(error).__name__} {error.status_code}, {self._refusal}"
        if error is not None:
            return reason(error)
        if self._refusal is not None:
            return f"an error in its answer, {self._refusal}"
        return f"{self._decoder.fault}, {self._media_type}"


def _parts(text: bytes) -> Iterator[bytes]:
    return (text[start : start + STEP_BYTES] for start in range(0, len(text), STEP_BYTES))


def _media_type(response: Response) -> str:
    """What the upstream calls its answer, in as far as that is a word or two."""
    headers = (response.headers.get(f"content-{name}", "") for name in ("type", "encoding"))
    found = filter(None, (MEDIA_TYPE.match(header) for header in headers))
    return " ".join(match.group() for match in found) or "no media type"
