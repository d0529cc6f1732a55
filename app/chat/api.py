"""Completions, answers over the knowledge base, their streams, and the messages of both."""

import asyncio
from typing import Annotated
from uuid import UUID

import rfc8785
from fastapi import APIRouter, Path, Query, Request, Response, status
from fastapi.responses import StreamingResponse

from app.chat.cancellation import cancelled_when_client_leaves
from app.chat.dependencies import (
    AnswerServiceDependency,
    ChatServiceDependency,
    Follower,
    LastEventId,
    MessageServiceDependency,
    QAQuestion,
    Question,
    ReceiptServiceDependency,
    StreamsDependency,
)
from app.chat.generation import Generation
from app.chat.models import Chat, Message, NewChat, Receipt, RenamedChat
from app.chat.openapi import (
    CANCEL_PROBLEMS,
    CHAT,
    CHATS,
    COMPLETION,
    COMPLETION_PROBLEMS,
    CREATED_CHAT,
    MESSAGE,
    MESSAGE_PROBLEMS,
    MESSAGES,
    MESSAGES_PROBLEMS,
    QA,
    QA_PROBLEMS,
    RECEIPT,
    RECEIPT_PROBLEMS,
    RESUMED_STREAM,
    STREAM,
)
from app.chat.streaming import EventStream, may_begin
from app.core.dependencies import Asker, Reader, SettingsDependency
from app.core.openapi import VALIDATION_PROBLEM
from app.core.pagination import link_next
from settings import Settings

MessageUuid = Annotated[UUID, Path(description="The uuid of the message.")]
ChatUuid = Annotated[UUID, Path(description="The uuid of the chat.")]

router = APIRouter(prefix="/v1", tags=["Chat"], responses=VALIDATION_PROBLEM)


@router.post("/completion", summary="Ask the model", responses=COMPLETION | COMPLETION_PROBLEMS)
async def completion_create(
    caller: Asker, question: Question, answers: AnswerServiceDependency, request: Request
) -> Message:
    """Answers a question without retrieval."""
    return await _answer(request, answers.start(caller, question))


@router.post(
    "/completion-stream",
    summary="Ask the model, and stream the answer",
    response_class=StreamingResponse,
    responses=STREAM | COMPLETION_PROBLEMS,
)
async def completion_stream(
    caller: Asker,
    question: Question,
    answers: AnswerServiceDependency,
    settings: SettingsDependency,
    request: Request,
) -> StreamingResponse:
    """Answers a question without retrieval, as server-sent events."""
    return await _stream(request, answers.start(caller, question, stream=True), settings)


@router.post("/qa-create", summary="Ask the documents", responses=QA | QA_PROBLEMS)
async def qa_create(
    caller: Asker, question: QAQuestion, answers: AnswerServiceDependency, request: Request
) -> Message:
    """Answers a question from the documents alone."""
    return await _answer(request, answers.start(caller, question))


@router.post(
    "/qa-stream",
    summary="Ask the documents, and stream the answer",
    response_class=StreamingResponse,
    responses=STREAM | QA_PROBLEMS,
)
async def qa_stream(
    caller: Asker,
    question: QAQuestion,
    answers: AnswerServiceDependency,
    settings: SettingsDependency,
    request: Request,
) -> StreamingResponse:
    """Answers a question from the documents alone, as server-sent events."""
    return await _stream(request, answers.start(caller, question, stream=True), settings)


@router.get("/messages", summary="List messages", responses=MESSAGES | MESSAGES_PROBLEMS)
async def list_messages(
    caller: Reader,
    messages: MessageServiceDependency,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    before: Annotated[
        int | None, Query(ge=1, le=2**63 - 1, description="The `id` of the last message seen.")
    ] = None,
    chat_uuid: Annotated[UUID | None, Query(description="Those of this chat only.")] = None,
) -> list[Message]:
    """The stored messages, newest first, a page at a time: of long ones it holds fewer."""
    page = await messages.page(caller, limit, before, chat_uuid)
    if page.has_next:
        link_next(request, response, page.messages[-1].id)
    return page.messages


@router.get("/messages/{uuid}", summary="Get a message", responses=MESSAGE | MESSAGE_PROBLEMS)
async def get_message(
    caller: Reader, uuid: MessageUuid, messages: MessageServiceDependency
) -> Message:
    """One stored message."""
    return await messages.get(caller, uuid)


@router.get(
    "/messages/{uuid}/receipt",
    summary="Get the receipt of an answer",
    response_model=Receipt,
    responses=RECEIPT | RECEIPT_PROBLEMS,
)
async def get_receipt(
    caller: Reader, uuid: MessageUuid, receipts: ReceiptServiceDependency
) -> Response:
    """What an answer rests on, as canonical JSON (RFC 8785): names, offsets and digests."""
    receipt = await receipts.get(caller, uuid)
    # In a thread: a long question with many quotes takes some 60 ms.
    body = await asyncio.to_thread(rfc8785.dumps, receipt.model_dump(mode="json"))
    return Response(body, media_type="application/json")


@router.get(
    "/messages/{uuid}/stream",
    summary="Follow the stream of an answer",
    response_class=StreamingResponse,
    responses=RESUMED_STREAM | MESSAGE_PROBLEMS,
)
async def resume_stream(
    caller: Follower,
    uuid: MessageUuid,
    after: LastEventId,
    streams: StreamsDependency,
    settings: SettingsDependency,
) -> Response:
    """The events of a streamed answer after the last that was seen, to its end."""
    generation = await streams.open(caller, uuid)
    if generation.has_ended and after >= generation.last_number:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return EventStream(generation, settings.SSE_PING_SEC, after)


@router.post(
    "/messages/{uuid}/cancel", summary="Stop an answer", responses=MESSAGE | CANCEL_PROBLEMS
)
async def cancel_message(caller: Asker, uuid: MessageUuid, streams: StreamsDependency) -> Message:
    """Stops an answer that is being generated, by whichever process; what there is of it stays."""
    return await streams.cancel(caller, uuid)


@router.post(
    "/chats",
    summary="Begin a chat",
    status_code=status.HTTP_201_CREATED,
    responses=CREATED_CHAT | MESSAGES_PROBLEMS,
)
async def create_chat(caller: Asker, new: NewChat, chats: ChatServiceDependency) -> Chat:
    """Makes a chat, which questions continue that name it as their `chat_uuid`."""
    return await chats.create(caller, new.title)


@router.get("/chats", summary="List chats", responses=CHATS | MESSAGES_PROBLEMS)
async def list_chats(
    caller: Reader,
    chats: ChatServiceDependency,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    before: Annotated[UUID | None, Query(description="The uuid of the last chat seen.")] = None,
) -> list[Chat]:
    """The chats, newest first, a page at a time; `before` is the uuid of the last one seen."""
    page = await chats.page(caller, limit + 1, before)
    if len(page) > limit:
        page.pop()
        link_next(request, response, page[-1].uuid)
    return page


@router.get("/chats/{uuid}", summary="Get a chat", responses=CHAT | MESSAGE_PROBLEMS)
async def get_chat(caller: Reader, uuid: ChatUuid, chats: ChatServiceDependency) -> Chat:
    """One chat; `GET /v1/messages?chat_uuid=` has its messages."""
    return await chats.get(caller, uuid)


@router.patch("/chats/{uuid}", summary="Rename a chat", responses=CHAT | MESSAGE_PROBLEMS)
async def rename_chat(
    caller: Asker, uuid: ChatUuid, new: RenamedChat, chats: ChatServiceDependency
) -> Chat:
    """Gives a chat another title."""
    return await chats.rename(caller, uuid, new.title)


@router.delete(
    "/chats/{uuid}",
    summary="Delete a chat",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=MESSAGE_PROBLEMS,
)
async def delete_chat(caller: Asker, uuid: ChatUuid, chats: ChatServiceDependency) -> None:
    """Deletes a chat and its messages; an answer that is being generated is cancelled."""
    await chats.delete(caller, uuid)


async def _answer(request: Request, generation: Generation) -> Message:
    request.state.answer_uuid = generation.start.uuid  # for Idempotency: they are deleted together
    async with cancelled_when_client_leaves(request.receive, generation.deadline):
        return await generation.result()


async def _stream(request: Request, generation: Generation, settings: Settings) -> EventStream:
    async with cancelled_when_client_leaves(request.receive, generation.deadline):
        await may_begin(generation, settings.STREAM_START_SEC)
    return EventStream(generation, settings.SSE_PING_SEC)
