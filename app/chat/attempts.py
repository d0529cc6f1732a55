"""One request to a model, and how it ended."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import openai
from async_timeout import Timeout, timeout_at
from openai import AsyncOpenAI

from app.chat.calls import UPSTREAM_ERRORS, Response, cause_of, drain, post, read, reason
from app.chat.circuits import Circuits
from app.chat.compression import decompressor
from app.chat.decoding import Completion, CompletionDecoder
from app.chat.events import Delta
from app.chat.exceptions import AnswerTooLong, OpenAIException, StreamTimeoutException
from app.chat.refusals import Refusal
from app.chat.requests import Body, RefusedParts, refused_parts
from app.core.exceptions import BragError
from app.core.llm import retry_after
from app.core.steps import next_step

STEP_BYTES: Final = 2**13  # some thirty chunks
# llama.cpp's templates fail with a 500, and 501 is said of what was asked for.
FAULTS_OF_A_REQUEST: Final = {500, 501}
MEDIA_TYPE: Final = re.compile(r"[\w.+/-]{1,100}", re.ASCII)


@dataclass(slots=True)
class Acceptance:
    """The upstream has accepted the request to this model: its headers are there."""

    model: str


class FirstText:
    """The first text of the answer is there."""


class Service:
    """An OpenAI API: what its models refuse, and which of them are down."""

    def __init__(self, client: AsyncOpenAI, unsupported: Iterable[str] = ()) -> None:
        self.client = client
        self.refused = RefusedParts(unsupported)
        self.circuits = Circuits()


class Attempt:
    """One request to a model of a service; once it has been run, how it ended."""

    def __init__(self, service: Service, body: Body, decoder: CompletionDecoder) -> None:
        self.model: str = body["model"]
        self._service = service
        self._body = body
        self._decoder = decoder
        self._error: Exception | None = None
        self._media_type = ""  # one or another, once it is accepted
        self._has_ended = False
        self._is_late = False
        self._limit: Timeout | None = None

    async def run(self) -> AsyncGenerator[Acceptance | Delta]:
        """Yields what comes of it; what goes wrong ends it."""
        decoder = self._decoder
        try:
            async with post(self._service.client, self._body) as response:
                self._media_type = _media_type(response)
                yield Acceptance(self.model)
                chunks, plain = read(response), None
                async for data in chunks:
                    plain = plain or decompressor(data)
                    text = plain(data)
                    for start in range(0, len(text), STEP_BYTES):
                        part = text[start : start + STEP_BYTES]
                        if len(part) == STEP_BYTES:  # more than a model writes at a time
                            await next_step()
                        for delta in decoder.feed(part):
                            yield delta
                    if decoder.is_done:
                        if not decoder.is_too_long:
                            await drain(chunks)
                        break
        except UPSTREAM_ERRORS as error:
            self._error = error.with_traceback(None)  # whose frames hold this attempt
        self._has_ended = True
        for delta in decoder.close():
            yield delta

    @asynccontextmanager
    async def patience(self, share_ends_at: float | None, ends_at: float) -> AsyncIterator[None]:
        """The block runs it. Without any text it is broken off when its share of the time ends.

        Whoever waits for the answer breaks it off at `ends_at`, by a cancellation.
        """
        self._limit = timeout_at(share_ends_at)
        try:
            async with self._limit:
                yield
        except TimeoutError:
            if not self._limit.expired():
                raise
            self._is_late = True
        except asyncio.CancelledError:
            # Before that, it is its client who has left.
            self._is_late = asyncio.get_running_loop().time() >= ends_at
            raise
        finally:
            self._service.circuits.note(self.model, is_up=self._is_up)

    def end_patience(self) -> None:
        """There is text: nobody else can be asked, and it may take all the time that is left."""
        assert self._limit is not None
        self._limit.reschedule(None)

    @property
    def has_begun(self) -> bool:
        """Whether there is text of its answer."""
        return self._decoder.has_content

    @property
    def completion(self) -> Completion:
        """How the answer ended, as far as the upstream has said so."""
        return self._decoder.completion

    @property
    def refused_parts(self) -> frozenset[str]:
        """The parts of the request without which it may be answered."""
        refusal = self._refusal
        if refusal is None or self.has_begun:
            return frozenset()
        return refused_parts(self._body, refusal)

    @property
    def error(self) -> Exception | None:
        """Why there is no whole answer, where there is none."""
        try:
            self._check()
        except (BragError, AnswerTooLong) as error:
            return error.with_traceback(None)
        return None

    @property
    def why(self) -> str:
        """Why it failed: nothing of what was sent or answered but the names of errors."""
        error = self._error
        if self._is_late:
            return "no text within its share of the time"
        if isinstance(error, openai.APIStatusError):
            return f"{type(error).__name__} {error.status_code}, {self._refusal}"
        if error is not None:
            return reason(error)
        if self._refusal is not None:
            return f"an error in its answer, {self._refusal}"
        return f"{self._decoder.fault}, {self._media_type}"

    def _check(self) -> None:
        if self._is_late:
            raise StreamTimeoutException
        if self._refusal:
            raise self._refusal.error(self.model) from self._error
        if self._error and self.completion.finish_reason is None:
            raise OpenAIException from cause_of(self._error)
        self._decoder.check_whole()

    @property
    def _refusal(self) -> Refusal | None:
        error = self._error
        if isinstance(error, openai.APIStatusError):
            return Refusal.of(error.body, error.status_code, retry_after(error.response))
        return self._decoder.refusal

    @property
    def _is_up(self) -> bool | None:
        """Whether this shows that the model is up, or that it is down; None: neither.

        A 500 may be due to this question alone, as may what broke off after it was accepted.
        """
        if self.has_begun:
            return True
        if self._is_late:
            return False
        error = self._error
        if isinstance(error, openai.APIStatusError):
            return _shown_by(error.status_code)
        if error is not None:
            return None if self._media_type else False
        return self._has_ended or None


def _shown_by(status: int) -> bool | None:
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return True
    return None if status in FAULTS_OF_A_REQUEST else False


def _media_type(response: Response) -> str:
    """What the upstream calls its answer, in as far as that is a word or two."""
    headers = (response.headers.get(f"content-{name}", "") for name in ("type", "encoding"))
    found = filter(None, (MEDIA_TYPE.match(header) for header in headers))
    return " ".join(match.group() for match in found) or "no media type"
