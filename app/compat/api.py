"""The endpoints of the OpenAI API that its clients need, over the same services as all others."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request, Response

from app.chat.cancellation import Deadline, cancelled_when_client_leaves
from app.chat.dependencies import AnswerServiceDependency, get_streams
from app.chat.generation import Generation
from app.chat.services import AnswerService
from app.chat.streaming import EventStream, may_begin
from app.compat.completions import chat_completion
from app.compat.constants import COMPLETIONS, EMBEDDINGS, MODELS
from app.compat.dependencies import (
    ClientQuestion,
    EmbeddingServiceDependency,
    Question,
)
from app.compat.models import EmbeddingsRequest
from app.compat.objects import ChatCompletion, EmbeddingList, Model, ModelList
from app.compat.openapi import (
    CHAT_COMPLETION,
    COMPLETION_PROBLEMS,
    EMBEDDING_LIST,
    EMBEDDING_PROBLEMS,
    MODEL,
    MODEL_LIST,
    MODEL_LIST_PROBLEMS,
    MODEL_PROBLEMS,
)
from app.compat.streaming import ChunkFrames
from app.core.caller import Caller
from app.core.dependencies import Asker, Reader, SettingsDependency, get_base_url
from app.core.exceptions import NotFound
from app.core.openapi import VALIDATION_PROBLEM
from settings import Settings

ModelId = Annotated[str, Path(description="The model's `id`, as the list has it.")]

router = APIRouter(tags=["OpenAI"], responses=VALIDATION_PROBLEM)

JSON = "application/json"


@router.get(MODELS, summary="List models", responses=MODEL_LIST | MODEL_LIST_PROBLEMS)
async def list_models(_: Reader, settings: SettingsDependency) -> ModelList:
    """The models: `brag` answers from the documents, `brag/NAME` with the model NAME."""
    return ModelList.of(settings)


@router.get(f"{MODELS}/{{id:path}}", summary="Get a model", responses=MODEL | MODEL_PROBLEMS)
async def get_model(_: Reader, id: ModelId, settings: SettingsDependency) -> Model:
    """A model of the list, by its `id`."""
    for model in ModelList.of(settings).data:
        if model.id == id:
            return model
    raise NotFound("There is no such model.")


@router.post(
    COMPLETIONS,
    summary="Ask as with the OpenAI API",
    response_model=ChatCompletion,
    responses=CHAT_COMPLETION | COMPLETION_PROBLEMS,
)
async def create_chat_completion(
    caller: Asker,
    asked: Question,
    answers: AnswerServiceDependency,
    settings: SettingsDependency,
    request: Request,
) -> Response:
    """Answers a question, from the documents if the model is `brag` or `brag/NAME`."""
    base_url = await get_base_url(request, settings)
    if not asked.stream:
        generation = answers.start(caller, asked.question, asked.client)
        async with cancelled_when_client_leaves(request.receive, generation.deadline):
            answer = await generation.result()
        completion = chat_completion(answer, asked.model, base_url)
        return Response(orjson.dumps(completion), media_type=JSON)
    # Where its Idempotency-Key came again, the stream of this answer is sent again.
    replayed = getattr(request.state, "replayed_uuid", None)
    if replayed is None:
        generation = await _begin(request, caller, asked, answers, settings)
    else:
        generation = await (await get_streams(request)).open(caller, replayed)
    frames = ChunkFrames(asked.model, base_url, include_usage=asked.include_usage)
    return EventStream(generation, settings.SSE_PING_SEC, frame=frames)


@router.post(
    EMBEDDINGS,
    summary="Embed texts",
    response_model=EmbeddingList,
    responses=EMBEDDING_LIST | EMBEDDING_PROBLEMS,
)
async def create_embeddings(
    _: Asker,
    given: EmbeddingsRequest,
    embeddings: EmbeddingServiceDependency,
    settings: SettingsDependency,
    request: Request,
) -> Response:
    """Embeds texts with EMBEDDING_MODEL, which `model` of the answer names."""
    deadline = Deadline(settings.GENERATION_TIMEOUT_SEC)
    async with cancelled_when_client_leaves(request.receive, deadline), deadline.limit():
        return Response(await embeddings.embed(given), media_type=JSON)


async def _begin(
    request: Request,
    caller: Caller,
    asked: ClientQuestion,
    answers: AnswerService,
    settings: Settings,
) -> Generation:
    generation = answers.start(caller, asked.question, asked.client, stream=True)
    async with cancelled_when_client_leaves(request.receive, generation.deadline):
        await may_begin(generation, settings.STREAM_START_SEC)
    return generation
