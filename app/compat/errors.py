"""Problems as the libraries of the OpenAI API read them: with an `error`, and what to do next."""

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.compat.constants import COMPLETIONS, EMBEDDINGS, MODELS

Json = dict[str, Any]

PROBLEM: Final = "application/problem+json"
TYPES: Final = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}
QUESTION: Final = "message"  # where errors of our own API say that the question is wrong


class OpenAIErrors:
    """Adds to the problems of these paths what the libraries of the OpenAI API look for.

    It stands outside of all that may refuse a request. The libraries repeat a request by themselves
    unless they are told not to: `x-should-retry` is true where waiting helps, and `retry-after-ms`
    says how long.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if scope["type"] != "http" or not _is_of_openai(scope["path"]):
            return await self._app(scope, receive, send)
        return await self._app(scope, receive, _Translator(send).send)


class _Translator:
    """Passes a response on; a problem is held until it is whole."""

    def __init__(self, send: Send) -> None:
        self._pass = send
        self._start: Message | None = None
        self._body = b""

    def send(self, message: Message) -> Awaitable[None]:
        """Takes one message of the response (ASGI)."""
        if self._start is None and not _begins_problem(message):
            return self._pass(message)
        return self._hold(message)

    async def _hold(self, message: Message) -> None:
        if self._start is None:
            self._start = message
        elif not self._body and not message.get("body") and not message.get("more_body"):
            await self._pass(self._start)  # the answer to a HEAD
            await self._pass(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._translate(self._start)

    async def _translate(self, start: Message) -> None:
        problem: Json = orjson.loads(self._body)
        problem["error"] = error_of(problem)
        if problem["status"] != HTTPStatus.UNPROCESSABLE_ENTITY:
            problem.pop("errors", None)  # the contract knows them with that status only
        body = orjson.dumps(problem)
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(body))
        wait = headers.get("Retry-After")
        headers["x-should-retry"] = "false" if wait is None else "true"
        if wait is not None:
            headers["retry-after-ms"] = str(1000 * int(wait))
        await self._pass(start)
        await self._pass({"type": "http.response.body", "body": body})


def error_of(problem: Json) -> Json:
    """The `error` of a problem, or of an error in mid-stream."""
    errors = problem.get("errors") or [{"loc": []}]
    param = ".".join(str(part) for part in errors[0]["loc"][1:]) or None
    is_ours = problem["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR
    other = "server_error" if is_ours else "invalid_request_error"
    return {
        "message": problem["detail"],
        "type": TYPES.get(problem["status"], other),
        "param": "messages" if param == QUESTION else param,
        "code": problem["code"],
    }


def _begins_problem(message: Message) -> bool:
    if message["type"] != "http.response.start" or message["status"] < HTTPStatus.BAD_REQUEST:
        return False
    return MutableHeaders(scope=message).get("content-type", "").startswith(PROBLEM)


def _is_of_openai(path: str) -> bool:
    return path in {MODELS, COMPLETIONS, EMBEDDINGS} or path.startswith(f"{MODELS}/")
