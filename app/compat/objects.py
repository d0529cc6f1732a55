"""The objects of the OpenAI API that answers are: `completions` writes the larger ones."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from app.chat.models import Usage
from app.compat.constants import BRAG
from app.retrieval.models import Source
from settings import Settings


class Model(BaseModel):
    """A model that can be asked."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Not known.")
    owned_by: str = BRAG


class ModelList(BaseModel):
    """The models that can be asked, the one of EMBEDDING_MODEL for embeddings."""

    object: Literal["list"] = "list"
    data: list[Model]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The models that the settings name, each with documents and without."""
        names = dict.fromkeys([settings.OPENAI_MODEL, *(settings.OPENAI_ALLOWED_MODELS or ())])
        with_documents = (f"{BRAG}/{name}" for name in names)
        ids = [BRAG, *with_documents, *names, settings.EMBEDDING_MODEL]
        return cls(data=[Model(id=id) for id in ids])


class UrlCitation(BaseModel):
    """Where in the content a source is cited; `url` opens the passage."""

    url: str
    title: str
    start_index: int
    end_index: int


class Annotation(BaseModel):
    """A citation `[n]` of the content."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class CompletionMessage(BaseModel):
    """The answer; its sources are cited as `[1]`, `[2]`."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The only choice."""

    index: Literal[0]
    message: CompletionMessage
    logprobs: None
    finish_reason: Literal["stop", "length", "content_filter"]


class ChatCompletion(BaseModel):
    """A `chat.completion` of the OpenAI API, with the sources of the answer beside it.

    `id` is `chatcmpl-` and the uuid of the stored message.
    """

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage | None
    sources: list[Source]


class ChunkDelta(BaseModel):
    """What a chunk adds: first the role, then texts, and at the end the annotations."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    refusal: None = None
    annotations: list[Annotation] | None = None


class ChunkChoice(BaseModel):
    """The only choice of a chunk."""

    index: Literal[0]
    delta: ChunkDelta
    logprobs: None
    finish_reason: Literal["stop", "length", "content_filter"] | None


class ChatCompletionChunk(BaseModel):
    """A `chat.completion.chunk` of the OpenAI API; the first one has the sources."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = None
    sources: list[Source] | None = None


class Embedding(BaseModel):
    """The vector of one text: floats, or 32-bit floats in base64."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens of the texts."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(BaseModel):
    """The vectors of the texts, in their order."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
