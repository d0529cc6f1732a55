"""Providers of the chat endpoints, and the checks of a question that need settings."""

from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, Field, WithJsonSchema

from app.chat.chats import ChatService
from app.chat.messages import MessageService
from app.chat.models import BaseMessage, QAMessage
from app.chat.receipts import ReceiptService
from app.chat.resuming import ResumableStreams
from app.chat.services import AnswerService
from app.core.caller import Caller, Scope
from app.core.dependencies import SettingsDependency
from app.core.exceptions import Forbidden
from settings import Settings


async def get_answers(request: Request) -> AnswerService:
    """What answers questions, with retrieval and without."""
    answers: AnswerService = request.state.answers
    return answers


async def get_messages(request: Request) -> MessageService:
    """The stored messages."""
    messages: MessageService = request.state.messages
    return messages


async def get_chats(request: Request) -> ChatService:
    """The chats."""
    chats: ChatService = request.state.chats
    return chats


async def get_receipts(request: Request) -> ReceiptService:
    """The receipts of answers."""
    receipts: ReceiptService = request.state.receipts
    return receipts


async def get_streams(request: Request) -> ResumableStreams:
    """The streams of answers."""
    streams: ResumableStreams = request.state.streams
    return streams


async def get_follower(request: Request) -> Caller:
    """Whoever may follow an answer: those who may ask, and those who may read."""
    caller: Caller = request.state.caller
    if caller.scopes.isdisjoint({Scope.ASK, Scope.READ}):
        raise Forbidden("This key lacks the scope `ask` or `read`.")
    return caller


LAST_SEEN: Final = "The id of the last event that was seen; the header comes before the parameter."
MOST_EVENTS: Final = 2**31 - 1
NUMBER: Final = {"type": "integer", "minimum": 0, "maximum": MOST_EVENTS}
NOTHING: Final = {"type": "string", "maxLength": 0}
# Without a value nothing has been seen, as EventSource has it.
EventId = Annotated[
    Annotated[int, Field(ge=0, le=MOST_EVENTS)] | None,
    BeforeValidator(lambda given: given or None),
    WithJsonSchema({"anyOf": [NUMBER, NOTHING]}),
]


async def get_last_event_id(
    last_event_id: Annotated[EventId, Query(description=LAST_SEEN)] = None,
    header: Annotated[EventId, Header(alias="Last-Event-ID", description=LAST_SEEN)] = None,
) -> int:
    """The last event that the client has seen: a browser's word comes before that of the address.

    A browser sends the header when it connects again, to the address that was given at first.
    """
    return (last_event_id if header is None else header) or 0


Follower = Annotated[Caller, Depends(get_follower)]
LastEventId = Annotated[int, Depends(get_last_event_id)]
StreamsDependency = Annotated[ResumableStreams, Depends(get_streams)]
ChatServiceDependency = Annotated[ChatService, Depends(get_chats)]
AnswerServiceDependency = Annotated[AnswerService, Depends(get_answers)]
MessageServiceDependency = Annotated[MessageService, Depends(get_messages)]
ReceiptServiceDependency = Annotated[ReceiptService, Depends(get_receipts)]


async def checked_question(question: BaseMessage, settings: SettingsDependency) -> BaseMessage:
    """The question, if it is within the limits that are settings."""
    _check(question, settings)
    return question


async def checked_qa_question(question: QAMessage, settings: SettingsDependency) -> QAMessage:
    """The same for a question with retrieval, which has DEFAULT_LIMIT where it names no limit."""
    _check(question, settings)
    if "limit" in question.model_fields_set:
        return question
    return question.model_copy(update={"limit": settings.DEFAULT_LIMIT})


Question = Annotated[BaseMessage, Depends(checked_question)]
QAQuestion = Annotated[QAMessage, Depends(checked_qa_question)]


def _check(question: BaseMessage, settings: Settings) -> None:
    if len(question.message) > settings.MAX_MESSAGE_CHARS:
        _refuse("message", f"must not be longer than {settings.MAX_MESSAGE_CHARS} characters")
    allowed = settings.OPENAI_ALLOWED_MODELS
    if allowed is not None and question.model not in {None, settings.OPENAI_MODEL, *allowed}:
        _refuse("model", f"must be one of {', '.join(allowed)}")


def _refuse(field: str, message: str) -> None:
    raise RequestValidationError([{"loc": ("body", field), "msg": message, "type": "value_error"}])
