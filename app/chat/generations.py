"""The answers under way in this process: each is one task, at most so many at once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time

from async_timeout import timeout

from app.chat.constants import (
    CANCELLED,
    NO_DOCUMENTS_FOUND,
    STORE_AGAIN_SEC,
    SWEEP_SEC,
    MessageStatus,
)
from app.chat.decoding import CompletionDecoder
from app.chat.events import Failed, Finished, Piece, SourcesFound
from app.chat.exceptions import GenerationCancelled, StreamTimeoutException
from app.chat.generation import Generation
from app.chat.messages import End, MessageService
from app.chat.models import BaseMessage, Message, Usage
from app.chat.prompts import Prompt
from app.chat.upstream import Upstream
from app.core.exceptions import BragError, DatabaseUnavailable, Overloaded, log_error
from app.documents.models import Source
from settings import Settings

logger = logging.getLogger(__name__)


@dataclass
class Context:
    """What an answer is generated from; `sources` is None where nothing was to be retrieved."""

    prompt: Prompt
    sources: list[Source] | None = None


class Generations:
    """Starts, bounds, stores and ends generations."""

    def __init__(self, upstream: Upstream, messages: MessageService, settings: Settings) -> None:
        self._upstream = upstream
        self._messages = messages
        self._default_model = settings.OPENAI_MODEL
        self._timeout_sec = settings.GENERATION_TIMEOUT_SEC
        self._queue_timeout_sec = settings.QUEUE_TIMEOUT_SEC
        self._places = asyncio.Semaphore(settings.MAX_CONCURRENT_GENERATIONS)
        self._under_way: dict[asyncio.Task[None], Generation] = {}
        self._unstored: set[asyncio.Task[None]] = set()

    def start(
        self, question: BaseMessage, context: Callable[[], Awaitable[Context]], *, stream: bool
    ) -> Generation:
        """Starts to answer a question in a context, which is awaited once there is a place."""
        generation = Generation(question.model or self._default_model, self._timeout_sec)
        task = asyncio.create_task(self._run(generation, question, context, stream=stream))
        self._under_way[task] = generation
        task.add_done_callback(self._under_way.pop)
        return generation

    async def sweep(self) -> None:
        """Ends, again and again, the answers of processes that died."""
        while True:
            try:
                await self._messages.fail_abandoned(2 * self._timeout_sec)
            except Exception as error:  # noqa: BLE001 - the next try may find it mended
                logger.warning("Could not look for abandoned answers: %s", type(error).__name__)
            await asyncio.sleep(SWEEP_SEC)

    async def close(self) -> None:
        """Cancels the answers under way and waits until what there is of them is stored."""
        for generation in self._under_way.values():
            generation.cancel()
        await asyncio.gather(*self._under_way)
        for task in self._unstored:
            task.cancel()

    async def _run(
        self,
        generation: Generation,
        question: BaseMessage,
        context: Callable[[], Awaitable[Context]],
        *,
        stream: bool,
    ) -> None:
        try:
            async with self._place(generation):
                async with generation.deadline():
                    found = await context()
                await self._generate(generation, question, found, stream=stream)
        except GenerationCancelled:
            generation.publish(Failed(StreamTimeoutException()))  # to nobody
        except BragError as error:
            _fail(generation, error)
        except Exception:
            logger.exception("A generation failed")
            _fail(generation, BragError())

    @asynccontextmanager
    async def _place(self, generation: Generation) -> AsyncIterator[None]:
        async with generation.deadline():
            try:
                async with timeout(self._queue_timeout_sec):
                    await self._places.acquire()
            except TimeoutError:
                raise Overloaded from None
        try:
            yield
        finally:
            self._places.release()

    async def _generate(
        self, generation: Generation, question: BaseMessage, context: Context, *, stream: bool
    ) -> None:
        answer = await self._messages.ask(question, generation.started, context.sources or [])
        if context.sources is not None:
            generation.publish(SourcesFound(context.sources))
        if context.sources == []:
            generation.publish(_nothing_found(answer))
            await self._end(generation, answer)
        else:
            decoder = CompletionDecoder()
            failure = await self._complete(generation, context.prompt, decoder, stream=stream)
            await self._end(generation, answer, decoder.usage, failure)

    async def _complete(
        self,
        generation: Generation,
        prompt: Prompt,
        decoder: CompletionDecoder,
        *,
        stream: bool,
    ) -> BragError | None:
        """Publishes the pieces of one completion; returns what broke it off, if anything did."""
        model = generation.started.model
        try:
            async with generation.deadline():
                async for pieces in self._upstream.complete(model, prompt, decoder, stream=stream):
                    generation.accept()
                    generation.publish(*pieces)
        except GenerationCancelled:
            return None
        except BragError as error:
            return error
        except Exception:
            logger.exception("A completion failed")  # by a fault of ours: the answer ends with it
            return BragError()
        return None

    async def _end(
        self,
        generation: Generation,
        answer: Message,
        usage: Usage | None = None,
        failure: BragError | None = None,
    ) -> None:
        """Commits the end of an answer, and only then publishes it."""
        pieces = [event for event in generation.events if isinstance(event, Piece)]
        text = "".join(piece.content for piece in pieces)
        reasons = (piece.finish_reason for piece in reversed(pieces) if piece.finish_reason)
        end = End(answer, text, MessageStatus.COMPLETE, next(reasons, None), usage)
        if generation.cancelled:
            end.finish_reason = CANCELLED
        if failure or generation.cancelled:
            end.status = MessageStatus.PARTIAL if text else MessageStatus.FAILED
        try:
            message = await self._messages.finish(end)
            if not failure:
                generation.publish(Finished(message))
        except DatabaseUnavailable as error:
            logger.warning("Answer %s could not be stored; it is tried again", answer.uuid)
            self._store_later(end)
            failure = failure or error
        if failure:
            _fail(generation, failure)

    def _store_later(self, end: End) -> None:
        """The client has been told of the failure; the text is kept until Postgres is back."""
        end.status = MessageStatus.PARTIAL if end.text else MessageStatus.FAILED
        task = asyncio.create_task(self._store_again(end))
        self._unstored.add(task)
        task.add_done_callback(self._unstored.discard)

    async def _store_again(self, end: End) -> None:
        while True:
            await asyncio.sleep(STORE_AGAIN_SEC)
            try:
                await self._messages.finish(end)
            except DatabaseUnavailable:
                continue
            return


def _fail(generation: Generation, error: BragError) -> None:
    """Ends it with an error, which is logged here: there may be many readers of it, or none."""
    log_error(error)
    error.logged = True
    generation.publish(Failed(error))


def _nothing_found(answer: Message) -> Piece:
    return Piece(str(answer.uuid), int(time()), answer.model, NO_DOCUMENTS_FOUND, "stop")
