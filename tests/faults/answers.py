"""What a client may be told while a dependency fails, and what it must find afterwards."""

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Final, Self

import httpx2

from tests.faults.endpoints import Call
from tests.faults.opening import (
    DATABASE_TIMEOUT_SEC,
    GENERATION_TIMEOUT_SEC,
    QDRANT_TIMEOUT_SEC,
)
from tests.faults.service import Service
from tests.support.asking import NEVER_TOLD
from tests.support.server import Event, connect, parse_events, problem_of
from tests.support.waiting import Stopwatch, until

Json = dict[str, Any]

# What a client may be told while a dependency fails: status and code.
TOLD: Final = {
    "postgres": {(503, "database_unavailable")},
    "qdrant": {(503, "retrieval_unavailable")},
    "upstream": {(500, "openai_error"), (503, "failed_processing"), (504, "stream_timeout")},
    "mail": set[tuple[int, str]](),
}
# What it may be told besides where it sends the same request again, which is carried out already.
TOLD_AGAIN: Final = {
    (401, "not_authenticated"),
    (401, "login_link_invalid"),
    (404, "not_found"),
    (409, "conflict"),
}
BOUNDS_SEC: Final = {
    "postgres": DATABASE_TIMEOUT_SEC,
    "qdrant": QDRANT_TIMEOUT_SEC,
    "upstream": GENERATION_TIMEOUT_SEC,
    "mail": 0.0,
}
OF_A_BUSY_MACHINE_SEC: Final = 0.9  # less than another timeout takes
# They have begun with 200 when their parts are read: all that is left is to break them off.
BROKEN_OFF: Final = {
    "GET /v1/me/export",
    "GET /v1/documents/{uuid}/text",
    "GET /v1/documents/{uuid}/file",
}
RECOVERY_SEC: Final = 5.0  # libpq gives a connection that hangs up after 2


@dataclass(frozen=True)
class Answer:
    """What came of a request; `response` is None where it broke off after it had begun."""

    call: Call
    response: httpx2.Response | None
    seconds: float
    ended_at: float
    is_again: bool

    def after(self, moment: float) -> Self:
        """The same answer, timed from this moment, if the request was under way at it."""
        return replace(self, seconds=min(self.seconds, self.ended_at - moment))

    @property
    def events(self) -> list[Event]:
        """The events of a stream; another answer has none."""
        assert self.response is not None
        content_type = self.response.headers.get("content-type", "")
        is_stream = content_type.startswith("text/event-stream")
        return parse_events(self.response.content) if is_stream else []

    @property
    def told(self) -> tuple[int, str] | None:
        """The status and code of the problem or error event, None where there is neither."""
        assert self.response is not None
        if self.response.headers.get("content-type") == "application/problem+json":
            problem = problem_of(self.response)
        elif self.events and self.events[-1]["event"] == "error":
            problem = self.events[-1]["data"]
        else:
            return None
        return problem["status"], problem["code"]

    @property
    def message(self) -> Json | None:
        """The message that it acknowledges as complete."""
        if self.response is None or self.told is not None:
            return None
        if self.events:
            assert self.events[-1]["event"] == "done", self.events[-1]
            found: Json = self.events[-1]["data"]
        elif self.call.path.startswith(("/v1/completion", "/v1/qa-")):
            found = self.response.json()
        else:
            return None
        return found if found["status"] == "complete" else None


async def send(call: Call, *, again: bool = False) -> Answer:
    """Sends a request, perhaps for the second time."""
    response: httpx2.Response | None = None
    with Stopwatch() as watch:
        try:
            response = await call.client.request(call.method, call.path, **call.given)
        except (httpx2.RemoteProtocolError, httpx2.ReadError):
            assert call.operation in BROKEN_OFF, f"{call.operation} broke off"
    return Answer(call, response, watch.seconds, perf_counter(), again)


def judge(answer: Answer, documented: set[str], dependency: str, *, must_succeed: bool) -> None:
    """Fails unless this is what the contract says of such an outage."""
    response = answer.response
    if response is None:
        assert not must_succeed
        return
    assert str(response.status_code) in documented, response.text
    assert not [secret for secret in NEVER_TOLD if secret in response.text]

    # A stream with a key waits once before it begins, and once more before it ends.
    waits = 2 if answer.events else 1
    bound = waits * BOUNDS_SEC[dependency] + OF_A_BUSY_MACHINE_SEC
    took = f"{answer.call.operation} took {answer.seconds:.1f} s"
    assert must_succeed or answer.seconds < bound, took
    if answer.told is not None:
        if answer.is_again and answer.told in TOLD_AGAIN:
            return
        assert not must_succeed, answer.told
        assert answer.told in TOLD[dependency]
        if response.status_code == 503 and answer.told[1] != "failed_processing":
            assert response.headers["retry-after"] == "1"
    elif answer.call.path == "/readiness":
        assert response.status_code in {200, 503}
    else:
        assert response.is_success, response.text


async def assert_kept(service: Service, answer: Answer) -> None:
    """What was acknowledged is so: answers are stored, the new is there, the deleted is gone."""
    if answer.message is not None:
        service.acknowledged[answer.message["uuid"]] = answer.message["message"]
        assert await _get(service, f"/v1/messages/{answer.message['uuid']}") == answer.message
    if answer.response is None or not answer.response.is_success:
        return
    match answer.call.operation.split(" "):
        case ["POST", "/v1/chats" | "/v1/documents" as path]:
            created = await _get(service, f"{path}/{answer.response.json()['uuid']}")
            assert created.get("status", "ready") == "ready"
        case ["PATCH", _]:
            renamed = await _get(service, answer.call.path)
            assert renamed["title"] == answer.response.json()["title"]
        case ["POST", "/v1/users" | "/v1/login"]:
            address = answer.call.given["json"]["email"]
            assert [mail for mail in service.smtp.emails if mail["To"] == address]
        case ["POST", "/v1/logout"] | ["DELETE", "/v1/me"]:
            assert (await _ask_again(answer.call, "/v1/me")).status_code == 401
        case ["POST", "/v1/login/consume"]:
            assert (await _ask_again(answer.call, "/v1/me")).is_success
        case ["DELETE", _]:
            collection, _, uuid = answer.call.path.rpartition("/")
            assert uuid not in {found["uuid"] for found in await _get(service, collection)}


async def _get(service: Service, path: str) -> Any:
    response = await service.person.get(path)
    assert response.is_success, response.text
    return response.json()


async def _ask_again(call: Call, path: str) -> httpx2.Response:
    """The answer to whoever has the cookies of a client that is closed."""
    async with connect(str(call.client.base_url)) as client:
        client.cookies = call.client.cookies
        return await client.get(path)


async def assert_readiness(service: Service, dependency: str, *, is_up: bool) -> None:
    """/readiness says of each part what is true; it asks neither the model nor the mail server."""
    response = await service.person.get("/readiness")
    checks = {name: check["status"] for name, check in response.json()["checks"].items()}
    expected = dict.fromkeys(checks, "ok")
    if not is_up and dependency in expected:
        expected[dependency] = "failed"
    assert (checks, response.status_code == 200) == (expected, "failed" not in expected.values())


async def assert_recovers(call: Call) -> None:
    """The request succeeds soon, without a restart."""
    answers: list[Answer] = []

    async def succeeds() -> bool:
        answers[:] = [await send(call)]
        response = answers[0].response
        return response is not None and response.is_success and answers[0].told is None

    try:
        await until(succeeds, RECOVERY_SEC)
    except TimeoutError:
        response = answers[0].response if answers else None
        raise AssertionError(f"no recovery: {response and response.text}") from None
