"""A valid request for each endpoint of the OpenAPI document."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx2

from tests.faults.opening import METRICS_TOKEN, another_person
from tests.faults.service import Service
from tests.support.asking import COMPLETION, COMPLETION_STREAM
from tests.support.chat_knowledge import PORT_QUESTION
from tests.support.chatting import ask, new_chat
from tests.support.openai_clients import asked
from tests.support.openai_replies import stream
from tests.support.people import token_of
from tests.support.server import connect, follow
from tests.support.uploads import post_text, unique

Json = dict[str, Any]
Arrange = Callable[[Service, AsyncExitStack], Awaitable[Json]]

QUESTION: Final = "Hello there"
CANCEL: Final = "POST /v1/messages/{uuid}/cancel"  # its answer takes the only place


@dataclass(frozen=True)
class Call:
    """A request that can be sent; `client` is who sends it."""

    operation: str
    client: httpx2.AsyncClient
    path: str
    given: Json

    @property
    def method(self) -> str:
        """GET, POST, …."""
        return self.operation.partition(" ")[0]

    @property
    def has_key(self) -> bool:
        """Whether it is the same request when it is sent once more."""
        return "headers" in self.given and "Idempotency-Key" in self.given["headers"]


@asynccontextmanager
async def arranged(service: Service, operation: str) -> AsyncIterator[Call]:
    """A valid request for an endpoint, as long as the block runs."""
    async with AsyncExitStack() as stack:
        given = await ENDPOINTS[operation](service, stack)
        client = given.pop("client", service.person)
        uuid = given.pop("uuid", None)
        path = operation.partition(" ")[2].format(uuid=uuid, ordinal=0, id="brag")
        yield Call(operation, client, path, given)


def always(**given: Any) -> Arrange:
    """Asks the same each time."""

    async def arrange(_: Service, __: AsyncExitStack) -> Json:
        return dict(given)

    return arrange


def once(arrange: Arrange) -> Arrange:
    """Arranges for the first request only: those that follow read the same."""

    async def arrange_once(service: Service, _: AsyncExitStack) -> Json:
        if arrange not in service.arranged:
            service.arranged[arrange] = await arrange(service, service.stack)
        return dict(service.arranged[arrange])

    return arrange_once


async def _keyed_question(_: Service, __: AsyncExitStack) -> Json:
    return {"json": {"message": QUESTION}, "headers": {"Idempotency-Key": uuid4().hex}}


async def _question_in_chat(service: Service, _: AsyncExitStack) -> Json:
    chat = await new_chat(service.person)
    await ask(service.person, chat, QUESTION)
    return {
        "json": {"message": PORT_QUESTION, "chat_uuid": chat},
        "headers": {"Idempotency-Key": uuid4().hex},
    }


async def _client_question(_: Service, __: AsyncExitStack) -> Json:
    body = asked(PORT_QUESTION, ("user", QUESTION), ("assistant", "Hello"))
    return {"json": body, "headers": {"Idempotency-Key": uuid4().hex}}


async def _answered(service: Service, _: AsyncExitStack) -> Json:
    response = await service.person.post(COMPLETION, json={"message": QUESTION})
    return {"uuid": response.json()["uuid"]}


async def _streamed(service: Service, _: AsyncExitStack) -> Json:
    response = await service.person.post(COMPLETION_STREAM, json={"message": QUESTION})
    return {"uuid": response.headers["x-message-uuid"], "headers": {"Last-Event-ID": "2"}}


async def _under_way(service: Service, stack: AsyncExitStack) -> Json:
    """An answer that goes on until it is cancelled."""
    service.openai.reply(stream("Hel", asyncio.Event()))
    request = service.person.stream("POST", COMPLETION_STREAM, json={"message": QUESTION})
    response = await stack.enter_async_context(request)
    # Held until the case is over: its client would leave with it.
    events = await stack.enter_async_context(aclosing(follow(response)))
    while (await anext(events))["event"] != "message":
        pass
    return {"uuid": response.headers["x-message-uuid"]}


async def _chat(service: Service, _: AsyncExitStack) -> Json:
    chat = await new_chat(service.person)
    await ask(service.person, chat, QUESTION)
    return {"uuid": chat}


async def _renaming(service: Service, _: AsyncExitStack) -> Json:
    return {"uuid": await new_chat(service.person), "json": {"title": "New"}}


async def _upload(_: Service, __: AsyncExitStack) -> Json:
    return {
        "json": {"text": unique(), "title": "Ducks"},
        "headers": {"Idempotency-Key": uuid4().hex},
    }


async def _document(service: Service, _: AsyncExitStack) -> Json:
    return {"uuid": await _uploaded(service, service.person)}


async def _registration(service: Service, _: AsyncExitStack) -> Json:
    return {"json": {"email": f"{uuid4().hex}@example.com"}}


async def _token(service: Service, stack: AsyncExitStack) -> Json:
    return {
        "client": await stack.enter_async_context(connect(str(service.person.base_url))),
        "json": {"token": await token_of(service.logins, "bob@example.com")},
    }


async def _somebody(service: Service, stack: AsyncExitStack) -> Json:
    """Somebody else, who has asked and uploaded something."""
    email = f"{uuid4().hex}@example.com"
    person = await stack.enter_async_context(another_person(service, email))
    await person.post(COMPLETION, json={"message": QUESTION})
    await _uploaded(service, person)
    return {"client": person}


async def _uploaded(service: Service, person: httpx2.AsyncClient) -> str:
    response = await post_text(person, unique())
    await service.settle()
    uuid: str = response.json()["uuid"]
    return uuid


async def _logged_in(service: Service, stack: AsyncExitStack) -> Json:
    return {"client": await stack.enter_async_context(another_person(service, "bob@example.com"))}


async def _new_key(service: Service, _: AsyncExitStack) -> Json:
    await service.sql("DELETE FROM api_key")  # a user may have so many
    return {"json": {"name": "test"}}


async def _key(service: Service, _: AsyncExitStack) -> Json:
    await service.sql("DELETE FROM api_key")
    response = await service.person.post("/v1/api-keys", json={"name": "test"})
    return {"uuid": response.json()["uuid"]}


ENDPOINTS: Final[dict[str, Arrange]] = {
    "GET /healthcheck": always(),
    "GET /readiness": always(),
    "GET /metrics": always(headers={"Authorization": f"Bearer {METRICS_TOKEN}"}),
    "POST /v1/completion": _keyed_question,
    "POST /v1/completion-stream": always(json={"message": QUESTION}),
    "POST /v1/qa-create": always(json={"message": PORT_QUESTION}),
    "POST /v1/qa-stream": _question_in_chat,
    "POST /v1/chat/completions": _client_question,
    "POST /v1/embeddings": always(json={"model": "m", "input": QUESTION}),
    "GET /v1/models": always(),
    "GET /v1/models/{id}": always(),
    "GET /v1/messages": always(),
    "GET /v1/messages/{uuid}": once(_answered),
    "GET /v1/messages/{uuid}/receipt": once(_answered),
    "GET /v1/messages/{uuid}/stream": _streamed,
    CANCEL: _under_way,
    "POST /v1/chats": always(json={"title": "Ducks"}),
    "GET /v1/chats": always(),
    "GET /v1/chats/{uuid}": once(_chat),
    "PATCH /v1/chats/{uuid}": _renaming,
    "DELETE /v1/chats/{uuid}": _chat,
    "GET /v1/search": always(params={"query": PORT_QUESTION}),
    "POST /v1/documents": _upload,
    "GET /v1/documents": always(),
    "GET /v1/documents/{uuid}": once(_document),
    "DELETE /v1/documents/{uuid}": _document,
    "GET /v1/documents/{uuid}/passages/{ordinal}": once(_document),
    "GET /v1/documents/{uuid}/text": once(_document),
    "GET /v1/documents/{uuid}/file": once(_document),
    "POST /v1/users": _registration,
    "POST /v1/login": always(json={"email": "ann@example.com"}),
    "POST /v1/login/consume": _token,
    "POST /v1/logout": _logged_in,
    "GET /v1/me": always(),
    "DELETE /v1/me": _somebody,
    "GET /v1/me/export": once(_somebody),
    "GET /v1/api-keys": always(),
    "POST /v1/api-keys": _new_key,
    "DELETE /v1/api-keys/{uuid}": _key,
}
