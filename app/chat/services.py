"""How a question is answered, step by step: docs/answering.md walks through the files."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from time import time

from async_timeout import timeout

from app.chat.attempts import Acceptance, FirstText
from app.chat.chats import ChatOrder, ChatService, History
from app.chat.constants import NO_DOCUMENTS_FOUND, MessageStatus
from app.chat.context import ContextWindow, PromptContext
from app.chat.decoding import Completion
from app.chat.events import Delta, SourcesEvent
from app.chat.exceptions import ContextLengthExceeded
from app.chat.generation import Generation
from app.chat.messages import MessageService
from app.chat.models import BaseMessage, ClientPrompt, Message, QAMessage, Usage
from app.chat.outcome import AnswerOutcome
from app.chat.prompts import draw_mark
from app.chat.telemetry import completion_telemetry
from app.chat.under_way import GenerationsUnderWay
from app.chat.upstream import Upstream
from app.core.caller import Caller
from app.core.exceptions import DatabaseUnavailable, NotFound, Overloaded
from app.core.metrics.instruments import Metrics
from app.rate_limits.generations import GenerationLimits
from app.retrieval.models import Source
from app.retrieval.services import RetrievalService
from settings import Settings


class AnswerService:
    """Answers questions, each by one generation; a process and a user have a limited number."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that an answer is made with, once, in main
        self,
        upstream: Upstream,
        messages: MessageService,
        retrieval: RetrievalService,
        chats: ChatService,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._upstream = upstream
        self._messages = messages
        self._retrieval = retrieval
        self._chats = chats
        self._order = ChatOrder()
        self._window = ContextWindow(settings.CONTEXT_WINDOW_TOKENS, settings.MAX_COMPLETION_TOKENS)
        self._default_model = settings.OPENAI_MODEL
        self._timeout_sec = settings.GENERATION_TIMEOUT_SEC
        self._queue_timeout_sec = settings.QUEUE_TIMEOUT_SEC
        self._of_users = GenerationLimits(settings.MAX_GENERATIONS_PER_USER)
        self._places = asyncio.Semaphore(settings.MAX_CONCURRENT_GENERATIONS)
        self.waiting = 0  # for a place
        self._metrics = metrics
        self.under_way = GenerationsUnderWay(settings.RESUME_GRACE_SEC)

    def start(
        self,
        caller: Caller,
        question: BaseMessage,
        client: ClientPrompt | None = None,
        *,
        stream: bool = False,
    ) -> Generation:
        """Starts to answer a question; a QAMessage from what the documents hold, and only that.

        The stream of a `client` of another API is cancelled as soon as nobody follows it.
        """
        generation = Generation(question.model or self._default_model, self._timeout_sec)
        answering = self._answer(
            generation, caller, question, client or ClientPrompt(), stream=stream
        )
        self.under_way.run(
            *(caller, generation, self._counted(answering)),
            stream=stream,
            has_grace=client is None,
        )
        return generation

    @property
    def in_flight(self) -> int:
        """The generations that have a place."""
        return len(self.under_way.uuids) - self.waiting

    async def _counted(self, answering: Awaitable[Message]) -> Message:
        try:
            message = await answering
        except Exception as error:
            self._metrics.generation(MessageStatus.FAILED, error)
            raise
        self._metrics.generation(message.status)
        return message

    async def _answer(
        self,
        generation: Generation,
        caller: Caller,
        question: BaseMessage,
        client: ClientPrompt,
        *,
        stream: bool,
    ) -> Message:
        """The stored answer.

        Only the blocks under `deadline.limit()` can be cancelled or time out: a write to Postgres
        is never cut off.
        """
        async with self._place(caller, generation):
            with self._order.turn(caller, question.chat_uuid) as before:
                try:
                    async with generation.deadline.limit():
                        context = await self._build_context(
                            caller, question, client, generation.start.model
                        )
                        if before is not None:
                            await asyncio.shield(before)
                except Exception as error:
                    if generation.is_promised:
                        await self._store_failure(generation, caller, question, error)
                    raise
                pending = await self._messages.begin(caller, question, generation.start, context)
                generation.is_stored = True
            if context.sources is not None:
                generation.publish(SourcesEvent(context.sources))
            async with self._messages.journal.recorded(generation) if stream else nullcontext():
                if context.sources == []:
                    self._metrics.without_sources.inc()
                    outcome = _answer_without_sources(generation)
                else:
                    outcome = await self._complete(generation, context, stream=stream)
                if context.turns and _is_too_long(outcome):
                    context = context.shortened()
                    told = {"turns": context.turn_counts, "prompt_sha256": context.prompt_sha256}
                    pending = pending.model_copy(update=told)
                    outcome = await self._complete(generation, context, stream=stream)
            transcript = generation.transcript if stream else None
            if outcome.error is not None:
                # The client is told of this error, also where storing fails, which is tried again.
                with suppress(DatabaseUnavailable):
                    await self._messages.finish(pending, outcome, transcript)
                raise outcome.error
            return await self._messages.finish(pending, outcome, transcript)

    async def _store_failure(
        self, generation: Generation, caller: Caller, question: BaseMessage, error: Exception
    ) -> None:
        """Stores a question whose prompt could not be built, and that its answer failed."""
        context = PromptContext(question.message, None, None, [], None, "")
        outcome = AnswerOutcome.of(generation.transcript, error=error)
        with suppress(DatabaseUnavailable, NotFound):
            pending = await self._messages.begin(caller, question, generation.start, context)
            await self._messages.finish(pending, outcome, generation.transcript)

    @asynccontextmanager
    async def _place(self, caller: Caller, generation: Generation) -> AsyncIterator[None]:
        """One of the places; Overloaded if none is free within QUEUE_TIMEOUT_SEC.

        RateLimited where the caller takes MAX_GENERATIONS_PER_USER already.
        """
        with self._of_users.of(caller, lambda: generation.is_followed):
            async with generation.deadline.limit():
                self.waiting += 1
                try:
                    async with timeout(self._queue_timeout_sec):
                        await self._places.acquire()
                except TimeoutError:
                    raise Overloaded from None
                finally:
                    self.waiting -= 1
            try:
                yield
            finally:
                self._places.release()

    async def _build_context(
        self, caller: Caller, question: BaseMessage, client: ClientPrompt, model: str
    ) -> PromptContext:
        """What the prompt is built of: passages that bear on the question, turns of its chat."""
        chat_uuid = question.chat_uuid
        history = History.of(client.turns) if client.turns else None
        if chat_uuid is not None:
            history = await self._chats.ask(caller, chat_uuid, question.message)
        queries: list[str] | None = None
        sources: list[Source] | None = None
        if isinstance(question, QAMessage):
            found = await self._retrieval.relevant(
                *(caller, question.message, history.last_turn if history else None),
                limit=question.limit,
                filter=question.filter,
            )
            sources, queries = found.sources, found.queries
        context = await self._window.fit_sources(
            PromptContext(question.message, sources, queries, [], None, draw_mark(), client)
        )
        if history is None:
            return context
        if context.sources == []:  # no prompt is made
            return replace(context, exchanges=0)
        turns = await self._window.fit_turns(context, history.exchanges(), model)
        return replace(context, turns=turns, exchanges=history.count)

    async def _complete(
        self, generation: Generation, context: PromptContext, *, stream: bool
    ) -> AnswerOutcome:
        """Publishes the deltas of one completion; an error that broke it off is in the outcome."""
        model, ends_at = generation.start.model, generation.deadline.ends_at
        usage: Usage | None = None
        error: Exception | None = None
        with completion_telemetry(self._metrics, model, stream=stream) as telemetry:
            try:
                async with generation.deadline.limit():
                    async for part in self._upstream.complete(
                        *(model, context.prompt, context.client.parameters),
                        stream=stream,
                        ends_at=ends_at,
                    ):
                        match part:
                            case Delta():
                                generation.publish(part)
                            case Acceptance():
                                generation.accept()
                                model = part.model
                            case FirstText() if stream:
                                telemetry.first_text(model, generation.started_at)
                            case Completion():
                                usage = part.usage
            except Exception as raised:  # noqa: BLE001 - `_answer` stores the outcome, raises it
                error = raised
            outcome = AnswerOutcome.of(generation.transcript, usage, error)
            telemetry.end(model, outcome, error)
        return replace(outcome, model=model)


def _is_too_long(outcome: AnswerOutcome) -> bool:
    return isinstance(outcome.error, ContextLengthExceeded) and not outcome.text


def _answer_without_sources(generation: Generation) -> AnswerOutcome:
    """Publishes that nothing relevant was found: the model is not asked."""
    start = generation.start
    generation.publish(Delta(str(start.uuid), int(time()), start.model, NO_DOCUMENTS_FOUND, "stop"))
    return AnswerOutcome.of(generation.transcript)
