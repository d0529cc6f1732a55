"""The floor: what a bare FastAPI route over the ordinary, typed AsyncOpenAI costs, storing nothing.

Served by uvicorn like bRAG itself; the client finds OPENAI_BASE_URL and OPENAI_API_KEY by itself.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionUserMessageParam
from pydantic import BaseModel


class Question(BaseModel):
    """The request."""

    message: str
    model: str

    @property
    def prompt(self) -> list[ChatCompletionUserMessageParam]:
        """What the model is sent."""
        return [{"role": "user", "content": self.message}]


class Message(BaseModel):
    """The response."""

    model: str
    role: str = "assistant"
    message: str


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, AsyncOpenAI]]:
    """One client for the process."""
    async with AsyncOpenAI() as client:
        yield {"openai": client}


app = FastAPI(lifespan=lifespan)


@app.get("/healthcheck")
async def healthcheck() -> dict[str, str]:
    """Says that the process lives."""
    return {"version": "floor"}


@app.post("/v1/completion")
async def completion(question: Question, request: Request) -> Message:
    """One completion, as JSON."""
    client: AsyncOpenAI = request.state.openai
    answer = await client.chat.completions.create(model=question.model, messages=question.prompt)
    return Message(model=answer.model, message=answer.choices[0].message.content or "")


@app.post("/v1/completion-stream")
async def completion_stream(question: Question, request: Request) -> StreamingResponse:
    """One completion, as server-sent events."""
    client: AsyncOpenAI = request.state.openai

    async def events() -> AsyncIterator[str]:
        chunks = await client.chat.completions.create(
            model=question.model, messages=question.prompt, stream=True
        )
        async for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                piece = {"id": chunk.id, "content": chunk.choices[0].delta.content}
                yield f"event: message\ndata: {json.dumps(piece)}\n\n"
        yield "event: done\ndata: {}\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")
