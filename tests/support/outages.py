"""Services behind a network to Postgres that can break, and what their clients notice."""

import httpx2

from tests.support.asking import COMPLETION, QUESTION, Fault, stored
from tests.support.waiting import until

PATIENCE = 0.5


def assert_unavailable(fault: Fault) -> None:
    """The client is told that the database does not answer, and to come back."""
    assert (fault.status, fault.code) == (503, "database_unavailable")
    assert fault.detail == "The database does not answer. Please try again."
    assert fault.retry_after == (None if fault.in_stream else "1")


async def assert_works(client: httpx2.AsyncClient) -> None:
    """The next question is answered, and stored."""
    response = await client.post(COMPLETION, json=QUESTION)
    assert response.status_code == 200, response.text
    assert await stored(client, response.json()["uuid"]) == response.json()


async def assert_stored(client: httpx2.AsyncClient, uuid: str, message: str, status: str) -> None:
    """The answer is stored like this, sooner or later."""

    async def is_stored() -> bool:
        answer = await stored(client, uuid)
        return (answer["message"], answer["status"]) == (message, status)

    await until(is_stored)
