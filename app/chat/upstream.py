"""Asks the model behind the OpenAI API, or those that stand in for it.

See docs/decisions/0032-any-upstream.md and docs/decisions/0052-fallbacks.md.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
)
from math import inf
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from app.chat.attempts import Acceptance, Attempt, FirstText, Service
from app.chat.decoding import Completion, CompletionDecoder
from app.chat.events import Delta
from app.chat.exceptions import ContentFiltered, ContextLengthExceeded, OpenAIUnavailable
from app.chat.prompts import Prompt
from app.chat.requests import NO_PARAMETERS, Body, create_body, leave_out
from app.core.llm import create_openai, place
from settings import Fallback, Settings

logger = logging.getLogger(__name__)

FAULTS_OF_THE_QUESTION: Final = (ContentFiltered, ContextLengthExceeded)  # no fallback mends them


class Target(NamedTuple):
    """A model, and the service that is asked for it."""

    service: Service
    model: str

    def __str__(self) -> str:
        return f"{self.model} at {place(str(self.service.client.base_url))}"


class Upstream:
    """Asks the model behind the OpenAI API for completions, and its fallbacks in its place.

    The client sends, authenticates and retries; its bodies are read here, since building its
    typed objects for every chunk costs more than all the rest of a stream. What the service
    refuses of a request is left out of it. `fallbacks` are those of each model that has any.
    """

    def __init__(
        self,
        service: Service,
        max_answer_chars: int = sys.maxsize,
        fallbacks: Mapping[str, Sequence[Target]] = MappingProxyType({}),
    ) -> None:
        self._service = service
        self._max_answer_chars = max_answer_chars
        self._fallbacks = fallbacks

    async def complete(
        self,
        model: str,
        prompt: Prompt,
        parameters: Mapping[str, Any] = NO_PARAMETERS,
        *,
        stream: bool,
        ends_at: float = inf,
    ) -> AsyncIterator[Acceptance | Delta | FirstText | Completion]:
        """Yields an Acceptance of each model that accepts, the deltas as they come, a Completion.

        All deltas are of one model, the last that has accepted. At `ends_at`, by the loop's clock,
        the caller breaks it off. Raises ContextLengthExceeded, ModelNotFound, ContentFiltered,
        OpenAIException (refused, unreachable, broken off), OpenAIUnavailable (known to be down),
        OpenAIRateLimitedException, StreamTimeoutException (no text in its share of the time),
        OpenAIFailedProcessingException (not a completion) or AnswerTooLong.
        """
        targets = [Target(self._service, model), *self._fallbacks.get(model, ())]
        asking = _Asking(targets, parameters, self._max_answer_chars, ends_at)
        held: list[Delta] = []
        for attempt in asking.attempts(prompt, stream=stream):
            held.clear()
            async with asking.patience(attempt), aclosing(attempt.run()) as parts:
                async for part in parts:
                    if isinstance(part, Delta) and not attempt.has_begun:
                        held.append(part)  # an end without text: a fallback may have some
                    else:
                        yield part
                    if attempt.has_begun:
                        attempt.end_patience()
                        yield FirstText()
                        break
                async for part in parts:  # nothing more is done here with each of many
                    yield part
        for delta in held:
            yield delta
        if asking.attempt is not None:
            yield asking.attempt.completion
        if asking.error is not None:
            raise asking.error


class _Asking:
    """One completion: who is asked for it, one after the other, until one has begun to answer.

    `error` is why there is none: of several the first, which is that of the model asked for.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        parameters: Mapping[str, Any],
        max_answer_chars: int,
        ends_at: float,
    ) -> None:
        self._targets = targets
        self._parameters = parameters
        self._max_answer_chars = max_answer_chars
        self._ends_at = ends_at
        self._share_ends_at: float | None = None  # the last one has all the time that is left
        self.attempt: Attempt | None = None
        self.error: Exception | None = None

    def attempts(self, prompt: Prompt, *, stream: bool) -> Iterator[Attempt]:
        """The requests to make; each is to be run before the next is asked for."""
        for number, target in enumerate(self._targets):
            self._share_time(len(self._targets) - number)
            error: Exception | None = self._unavailable(target)
            if error is None:
                body = create_body(target.model, prompt, self._parameters, stream=stream)
                error = yield from self._attempts_at(target, body)
            if error is None or self._is_final(error):
                self.error = error
                return
            self.error = self.error or error

    def patience(self, attempt: Attempt) -> AbstractAsyncContextManager[None]:
        """The block runs the attempt, within its share of the time."""
        return attempt.patience(self._share_ends_at, self._ends_at)

    def _attempts_at(
        self, target: Target, body: Body
    ) -> Generator[Attempt, None, Exception | None]:
        """Repeats a request without what it is refused for; gives the error in the end."""
        service, model = target
        left_out = service.refused.of(model)
        while True:
            decoder = CompletionDecoder(self._max_answer_chars)
            self.attempt = Attempt(service, leave_out(body, left_out), decoder)
            yield self.attempt
            refused = self.attempt.refused_parts
            if not refused:
                break
            left_out |= refused
            logger.warning("The upstream is asked again without: %s", ", ".join(sorted(left_out)))
        error = self.attempt.error
        if error is None:
            # What one client's parameters are refused for says nothing of those of another.
            own = left_out - (self._parameters.keys() - service.refused.of(model))
            service.refused.learn(model, own)
        else:
            logger.warning("The model %s failed: %s", target, self.attempt.why)
        return error

    def _share_time(self, targets_left: int) -> None:
        if targets_left == 1 or self._ends_at == inf:
            self._share_ends_at = None
        else:
            now = asyncio.get_running_loop().time()
            self._share_ends_at = now + (self._ends_at - now) / targets_left

    def _unavailable(self, target: Target) -> OpenAIUnavailable | None:
        """The error of a model that is down; None where it may be asked."""
        wait_sec = target.service.circuits.wait_sec(target.model)
        if not wait_sec:
            return None
        logger.info("The model %s is down, and is not asked for %.1f s", target, wait_sec)
        return OpenAIUnavailable(retry_after=wait_sec)

    def _is_final(self, error: Exception) -> bool:
        has_begun = self.attempt is not None and self.attempt.has_begun
        return has_begun or isinstance(error, FAULTS_OF_THE_QUESTION)


@asynccontextmanager
async def open_upstream(settings: Settings) -> AsyncIterator[Upstream]:
    """Asks OPENAI_MODEL, and OPENAI_FALLBACKS in its place; it connects with the first question.

    ConfigurationError where the settings or the environment say nothing that can be asked.
    """
    async with AsyncExitStack() as stack:

        async def open_service(*, fallback: Fallback | None = None) -> Service:
            client = await asyncio.to_thread(create_openai, settings, fallback)
            unsupported = settings.OPENAI_UNSUPPORTED if fallback is None else ()
            return Service(await stack.enter_async_context(client), unsupported)

        service = await open_service()
        fallbacks = [
            Target(
                await open_service(fallback=other) if other.is_elsewhere else service, other.model
            )
            for other in settings.OPENAI_FALLBACKS
        ]
        yield Upstream(service, settings.MAX_ANSWER_CHARS, {settings.OPENAI_MODEL: fallbacks})
