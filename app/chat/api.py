"""Completions, answers over the knowledge base, their streams, and the messages of both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app.chat.dependencies import (
    CompletionServiceDependency,
    MessageServiceDependency,
    QAQuestion,
    QAServiceDependency,
    Question,
)
from app.chat.generation import Generation
from app.chat.models import Message
from app.chat.openapi import (
    COMPLETION,
    COMPLETION_PROBLEMS,
    MESSAGE,
    MESSAGE_PROBLEMS,
    MESSAGES,
    MESSAGES_PROBLEMS,
    QA_PROBLEMS,
    STREAM,
)
from app.chat.streaming import stream_events
from app.core.dependencies import SettingsDependency
from app.core.exceptions import BragError
from app.core.openapi import VALIDATION_PROBLEM
from app.core.pagination import link_next
from settings import Settings

router = APIRouter(prefix="/v1", tags=["Chat"], responses=VALIDATION_PROBLEM)


@router.post("/completion", responses=COMPLETION | COMPLETION_PROBLEMS)
async def completion_create(
    question: Question, service: CompletionServiceDependency, request: Request
) -> Message:
    """Answers a question without retrieval."""
    generation = service.answer(question)
    async with _cancelled_when_gone(request.receive, generation):
        return await generation.result()


@router.post(
    "/completion-stream",
    response_class=StreamingResponse,
    responses=STREAM | COMPLETION_PROBLEMS,
)
async def completion_stream(
    question: Question,
    service: CompletionServiceDependency,
    settings: SettingsDependency,
    request: Request,
) -> StreamingResponse:
    """Answers a question without retrieval, as server-sent events."""
    return await _stream(request, service.answer(question, stream=True), settings)


@router.post("/qa-create", responses=MESSAGE | QA_PROBLEMS)
async def qa_create(
    question: QAQuestion, service: QAServiceDependency, request: Request
) -> Message:
    """Answers a question from the documents alone."""
    generation = service.answer(question)
    async with _cancelled_when_gone(request.receive, generation):
        return await generation.result()


@router.post("/qa-stream", response_class=StreamingResponse, responses=STREAM | QA_PROBLEMS)
async def qa_stream(
    question: QAQuestion,
    service: QAServiceDependency,
    settings: SettingsDependency,
    request: Request,
) -> StreamingResponse:
    """Answers a question from the documents alone, as server-sent events."""
    return await _stream(request, service.answer(question, stream=True), settings)


@router.get("/messages", responses=MESSAGES | MESSAGES_PROBLEMS)
async def list_messages(
    messages: MessageServiceDependency,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    chat_uuid: UUID | None = None,
) -> list[Message]:
    """The stored messages, newest first, a page at a time."""
    page = await messages.page(limit + 1, before, chat_uuid, user_id=None)
    if len(page) > limit:
        page.pop()
        link_next(request, response, page[-1].id)
    return page


@router.get("/messages/{uuid}", responses=MESSAGE | MESSAGE_PROBLEMS)
async def get_message(uuid: UUID, messages: MessageServiceDependency) -> Message:
    """One stored message."""
    return await messages.get(uuid, user_id=None)


async def _stream(
    request: Request, generation: Generation, settings: Settings
) -> StreamingResponse:
    """Begins once the upstream has accepted: what is refused until then is an ordinary problem."""
    async with _cancelled_when_gone(request.receive, generation):
        await generation.opened(settings.STREAM_START_SEC)
    return EventStream(generation, settings.SSE_PING_SEC)


class EventStream(StreamingResponse):
    """The events of a generation; a client that leaves cancels it, also before the first event."""

    def __init__(self, generation: Generation, ping_sec: float) -> None:
        super().__init__(
            stream_events(generation, ping_sec),
            media_type="text/event-stream; charset=utf-8",
            headers={
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
                "X-Message-UUID": str(generation.started.uuid),
            },
        )
        self._generation = generation

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Sends them until the generation ends (ASGI)."""
        async with _cancelled_when_gone(receive, self._generation):
            try:
                # Each chunk wakes a task through all that it is nested in: here, every middleware.
                await asyncio.create_task(self.stream_response(send))
            except OSError:  # as servers of ASGI 2.4 say that the client has left
                raise ClientDisconnect from None
            finally:
                if not self._generation.ended:
                    self._generation.cancel()


@asynccontextmanager
async def _cancelled_when_gone(receive: Receive, generation: Generation) -> AsyncIterator[None]:
    """A client that leaves meanwhile cancels the generation, which then soon ends."""
    watcher = asyncio.create_task(_cancel_when_gone(receive, generation))
    try:
        yield
    except BragError:
        if generation.cancelled:
            raise ClientDisconnect from None  # nobody is there to be told
        raise
    finally:
        watcher.cancel()


async def _cancel_when_gone(receive: Receive, generation: Generation) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    generation.cancel()
