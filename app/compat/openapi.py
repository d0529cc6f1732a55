"""What the answers of the OpenAI API look like, and what its endpoints say of themselves."""

from dataclasses import replace
from typing import Final

from app.chat.events import DoneEvent, Event, SourcesEvent, StartEvent
from app.chat.exceptions import StreamTimeoutException
from app.chat.openapi import EXAMPLE_DELTA, EXAMPLE_QA, GENERATION_PROBLEMS
from app.compat.completions import chat_completion
from app.compat.constants import BRAG
from app.compat.objects import (
    ChatCompletion,
    ChatCompletionChunk,
    Embedding,
    EmbeddingList,
    EmbeddingUsage,
    Model,
    ModelList,
)
from app.compat.streaming import ChunkFrames
from app.core.exceptions import (
    BadRequest,
    DatabaseUnavailable,
    NotFound,
    PayloadTooLarge,
    RetrievalUnavailable,
)
from app.core.openapi import Responses, json_example, problems

EXAMPLE_URL: Final = "https://brag.example.com"


CHUNK_MODELS: Final = (ChatCompletionChunk,)

EXAMPLE_ANSWER: Final = EXAMPLE_QA.model_copy(
    update={"message": "The API listens on port 8000 [1]."}
)
EXAMPLE_COMPLETION: Final = ChatCompletion.model_validate(
    chat_completion(EXAMPLE_ANSWER, BRAG, EXAMPLE_URL)
)


def _example_stream() -> str:
    frames = ChunkFrames(BRAG, EXAMPLE_URL, include_usage=True)
    events: list[Event] = [
        StartEvent(EXAMPLE_ANSWER.uuid, EXAMPLE_ANSWER.model),
        SourcesEvent(EXAMPLE_ANSWER.sources),
        replace(EXAMPLE_DELTA, content=EXAMPLE_ANSWER.message),
        DoneEvent(EXAMPLE_ANSWER),
    ]
    return b"".join(frames(number, event) for number, event in enumerate(events, 1)).decode()


STREAM_SCHEMA: Final = {
    "type": "object",
    "description": "A chunk, a fault in mid-stream as `error`, or at the end `[DONE]`.",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/ChatCompletionChunk"},
        }
    },
}
_completion = json_example(EXAMPLE_COMPLETION)
_completion["content"]["text/event-stream"] = {
    "itemSchema": STREAM_SCHEMA,
    "example": _example_stream(),
}
CHAT_COMPLETION: Final[Responses] = {
    200: {
        "description": "The answer, or with `stream` its chunks as they come.",
        **_completion,
    }
}
MODEL_LIST: Final[Responses] = {200: json_example(ModelList(data=[Model(id=BRAG)]))}
MODEL: Final[Responses] = {200: json_example(Model(id=BRAG))}
EMBEDDING_LIST: Final[Responses] = {
    200: json_example(
        EmbeddingList(
            object="list",
            data=[Embedding(object="embedding", index=0, embedding=[0.1, -0.2])],
            model="sentence-transformers/all-MiniLM-L6-v2",
            usage=EmbeddingUsage(prompt_tokens=7, total_tokens=7),
        )
    )
}
COMPLETION_PROBLEMS: Final = problems(*GENERATION_PROBLEMS, RetrievalUnavailable)
EMBEDDING_PROBLEMS: Final = problems(
    BadRequest, PayloadTooLarge, DatabaseUnavailable, StreamTimeoutException
)
MODEL_LIST_PROBLEMS: Final = problems(DatabaseUnavailable)
MODEL_PROBLEMS: Final = problems(NotFound, DatabaseUnavailable)
