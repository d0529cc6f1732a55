"""Providers of the OpenAI API, and the checks of its questions that need settings."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.chat.dependencies import checked_qa_question, checked_question
from app.chat.models import BaseMessage, ClientPrompt, QAMessage
from app.compat.constants import BRAG
from app.compat.conversation import Conversation, read_conversation
from app.compat.models import ChatCompletionRequest
from app.compat.services import EmbeddingService
from app.core.dependencies import SettingsDependency
from settings import Settings

NOT_A_QUESTION = "must end with a message of the user"


@dataclass(frozen=True, slots=True)
class ClientQuestion:
    """A question as AnswerService takes it, and how its client wants the answer."""

    question: BaseMessage
    client: ClientPrompt
    model: str
    stream: bool
    include_usage: bool


async def read_question(
    asked: ChatCompletionRequest, settings: SettingsDependency
) -> ClientQuestion:
    """The question of a request, if it is within the limits that are settings."""
    conversation = read_conversation(asked)
    if conversation is None:
        raise RequestValidationError([_fault(("messages",), NOT_A_QUESTION)])
    try:
        question = await _checked(conversation.question, asked.model, settings)
    except (ValidationError, RequestValidationError) as error:
        faults = [_fault(_place(fault, conversation), fault["msg"]) for fault in error.errors()]
        raise RequestValidationError(faults) from None
    return ClientQuestion(
        question,
        conversation.client,
        asked.model,
        stream=bool(asked.stream),
        include_usage=bool(asked.stream_options and asked.stream_options.include_usage),
    )


async def get_embeddings(request: Request) -> EmbeddingService:
    """What embeds the texts of clients."""
    embeddings: EmbeddingService = request.state.embeddings
    return embeddings


Question = Annotated[ClientQuestion, Depends(read_question)]
EmbeddingServiceDependency = Annotated[EmbeddingService, Depends(get_embeddings)]


async def _checked(question: str, model: str, settings: Settings) -> BaseMessage:
    name, _, rest = model.partition("/")
    if name != BRAG:
        return await checked_question(BaseMessage(message=question, model=model), settings)
    asked = QAMessage(message=question, model=rest if "/" in model else None)
    return await checked_qa_question(asked, settings)


def _place(fault: Any, conversation: Conversation) -> tuple[str | int, ...]:
    """Where a client finds what is wrong with the question, or with its model."""
    if fault["loc"][-1] == "message":
        return ("messages", conversation.position, "content")
    return ("model",)


def _fault(place: tuple[str | int, ...], message: str) -> dict[str, Any]:
    return {"loc": ("body", *place), "msg": message, "type": "value_error"}
