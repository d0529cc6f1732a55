"""Providers of the chat endpoints, and the checks of a question that need settings."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError

from app.chat.chats import ChatService
from app.chat.messages import MessageService
from app.chat.models import BaseMessage, QAMessage
from app.chat.services import AnswerService
from app.core.dependencies import SettingsDependency
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


ChatServiceDependency = Annotated[ChatService, Depends(get_chats)]
AnswerServiceDependency = Annotated[AnswerService, Depends(get_answers)]
MessageServiceDependency = Annotated[MessageService, Depends(get_messages)]


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
