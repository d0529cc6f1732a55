"""Asking the service, and what a client then looks at."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from tests.support.server import Event, parse_events, problem_of

Json = dict[str, Any]

MEGABYTE = 2**20
JSON = {"Content-Type": "application/json"}

COMPLETION = "/v1/completion"
COMPLETION_STREAM = "/v1/completion-stream"
QA = "/v1/qa-create"
QA_STREAM = "/v1/qa-stream"
ALL = (COMPLETION, COMPLETION_STREAM, QA, QA_STREAM)

QUESTION: Json = {"message": "Hello there"}

SECRET = "sk-do-not-tell"
NEVER_TOLD = (SECRET, "Traceback", 'File "', "psycopg", "127.0.0.1", "SELECT", "INSERT")


@dataclass
class Fault:
    """What a client is told when an answer fails, as a problem response or an `error` event."""

    status: int
    code: str
    detail: str
    request_id: str
    retry_after: str | None
    in_stream: bool


async def stream(
    client: httpx2.AsyncClient, message: str, path: str = COMPLETION_STREAM
) -> list[Event]:
    """The events of a whole stream."""
    response = await client.post(path, json={"message": message})
    assert response.status_code == 200, response.text
    return parse_events(response.content)


async def fail(client: httpx2.AsyncClient, path: str, message: str = QUESTION["message"]) -> Fault:
    """Asks a question whose answer fails; checks the form of what is told."""
    response = await client.post(path, json={"message": message})
    assert not [secret for secret in NEVER_TOLD if secret in response.text]
    if response.status_code == 200:
        last = parse_events(response.content)[-1]
        assert last["event"] == "error"
        assert last["data"].keys() == {"code", "detail", "status", "request_id"}
        return _fault(last["data"], retry_after=None, in_stream=True)
    retry_after = response.headers.get("retry-after")
    return _fault(problem_of(response), retry_after=retry_after, in_stream=False)


def _fault(told: Json, *, retry_after: str | None, in_stream: bool) -> Fault:
    names = ("status", "code", "detail", "request_id")
    return Fault(
        **{name: told[name] for name in names}, retry_after=retry_after, in_stream=in_stream
    )


async def refused(client: httpx2.AsyncClient, path: str, **sent: Any) -> Json:
    """The problem of a body that is a 422, in the one place where it is wrong."""
    response = await client.post(path, **sent)
    problem = problem_of(response)
    assert (problem["status"], problem["code"]) == (422, "validation_error")
    [error] = problem["errors"]
    assert error.keys() == {"loc", "msg", "type"}
    return problem


async def wrong_field(client: httpx2.AsyncClient, path: str, body: object) -> list[str | int]:
    """Where a body is wrong, as `errors` and `detail` say it."""
    problem = await refused(client, path, json=body)
    [error] = problem["errors"]
    assert problem["detail"].startswith(".".join(map(str, error["loc"])) + ": ")
    place: list[str | int] = error["loc"]
    return place


async def exchange(client: httpx2.AsyncClient) -> tuple[Json, Json]:
    """The newest question and the answer to it, as they are stored."""
    newest = await client.get("/v1/messages", params={"limit": 2})
    answer, question = newest.json()
    return question, answer


async def stored(client: httpx2.AsyncClient, uuid: str | UUID) -> Json:
    """A message as it is stored."""
    response = await client.get(f"/v1/messages/{uuid}")
    assert response.status_code == 200, response.text
    message: Json = response.json()
    return message


def kinds(events: list[Event]) -> list[str]:
    """The names of events, a run of `message` as one."""
    names = [event["event"] for event in events]
    return [name for n, name in enumerate(names) if name != "message" or names[n - 1] != name]


async def answer(client: httpx2.AsyncClient, path: str = COMPLETION_STREAM) -> Json:
    """The answer to a question, as it is stored."""
    response = await client.post(path, json={"message": "Hi"})
    assert response.status_code == 200, response.text
    stored = (await exchange(client))[1]
    assert stored["status"] == "complete", response.text
    return stored
