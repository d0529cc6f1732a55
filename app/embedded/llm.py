"""`python -m app.embedded.llm --port N` serves a local model as the OpenAI API does.

Where a prompt holds passages, the answer is made of their sentences, without a language model
(app/embedded/quotes.py). Every other prompt is passed on to a small language model
(app/embedded/llama.py), and so is one that asks for that model by its name.
"""

import argparse
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from aiohttp import ClientSession, ClientTimeout, web

from app.core.links import LOOPBACK
from app.embedded.completions import completion, completion_events, model_list
from app.embedded.constants import LANGUAGE_MODEL
from app.embedded.llama import Llama
from app.embedded.prompts import ReadPrompt, read_prompt
from app.embedded.quotes import quote_answer

STOP_GRACE_SEC: Final = 1.0
MAX_BODY_BYTES: Final = 16 * 2**20


class LocalModel:
    """The endpoints of the OpenAI API that the local model has."""

    def __init__(self) -> None:
        self._llama = Llama()
        self._session: ClientSession

    def application(self) -> web.Application:
        """What serves them; whatever else llama.cpp's server can do is passed on to it."""
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_get("/health", _health)
        application.router.add_get("/v1/models", _models)
        application.router.add_post("/v1/chat/completions", self._complete)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        application.cleanup_ctx.append(self._hold)
        return application

    async def _hold(self, _: web.Application) -> AsyncIterator[None]:
        async with ClientSession(timeout=ClientTimeout(total=None)) as self._session:
            yield
        self._llama.close()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = _load(await request.read())
        prompt = None if body.get("model") == LANGUAGE_MODEL else read_prompt(body)
        if prompt is None:
            return await self._pass_on(request)
        return _answer(body, prompt)

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        """What llama.cpp's server answers, as it comes; a client that leaves ends it there too."""
        url = await self._llama.url() + request.path_qs
        headers = {"Content-Type": request.content_type}
        async with self._session.request(
            request.method, url, data=await request.read(), headers=headers
        ) as upstream:
            response = web.StreamResponse(status=upstream.status)
            response.content_type = upstream.content_type
            await response.prepare(request)
            async for data in upstream.content.iter_any():
                await response.write(data)
            return response


def _answer(body: dict[str, Any], prompt: ReadPrompt) -> web.Response:
    answer = quote_answer(prompt)
    if body.get("stream"):
        events = completion_events(body, answer)
        return web.Response(body=events, content_type="text/event-stream")
    return web.json_response(body=orjson.dumps(completion(body, answer)))


def _load(data: bytes) -> dict[str, Any]:
    """The JSON object of a body, else an empty one: llama.cpp's server then says what is wrong."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


async def _health(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _models(_: web.Request) -> web.Response:
    return web.json_response(model_list())


def serve(port: int) -> None:
    """Serves on the loopback interface until the process is told to end."""
    web.run_app(
        LocalModel().application(),
        host=LOOPBACK,
        port=port,
        print=None,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=STOP_GRACE_SEC,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m app.embedded.llm", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    serve(parser.parse_args().port)
