"""Streams that are sent again, as clients meet them."""

import pytest

from tests.idempotency.service import DONE, PIECE, QUESTION, START, STREAMS, Service, is_replay
from tests.support.server import problem_of
from tests.support.waiting import until

KEY = {"Idempotency-Key": "k"}
HEADERS = ("content-type", "cache-control", "x-message-uuid")


class TestComplete:
    """A stream whose message is complete."""

    async def test_answered_again(self, service: Service) -> None:
        """It is sent again as the stream of its message, with its headers."""
        await service.begin_message()
        first = await service.post(STREAMS)
        await service.end_message("complete")
        second = await service.post(STREAMS)
        assert first.content == second.content == START + PIECE + DONE
        assert (is_replay(first), is_replay(second)) == (False, True)
        assert [second.headers[name] for name in HEADERS] == [
            first.headers[name] for name in HEADERS
        ]
        assert service.endpoints.asked == 1

    async def test_while_the_first_is_open(self, service: Service) -> None:
        """It is sent again from the moment in which its message is complete."""
        await service.begin_message()
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            chunks = response.aiter_bytes()
            assert await anext(chunks) == START
            assert problem_of(await service.post(STREAMS))["code"] == "conflict"
            await service.end_message("complete")
            service.endpoints.may_go_on.set()
            assert is_replay(await service.post(STREAMS))

    async def test_client_gone(self, service: Service) -> None:
        """Its client may have left before: the answer was generated to its end."""
        await service.begin_message()
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            chunks = response.aiter_bytes()
            assert await anext(chunks) == START
        assert problem_of(await service.post(STREAMS))["code"] == "conflict"
        await service.end_message("complete")
        service.endpoints.may_go_on.set()
        again = await service.post(STREAMS)
        assert is_replay(again)
        assert again.content == START + PIECE + DONE


class TestReleased:
    """A stream whose message did not become complete."""

    @pytest.mark.parametrize("status", ["partial", "failed"])
    async def test_carried_out_anew(self, service: Service, status: str) -> None:
        """It is carried out anew, even while the first is open."""
        await service.begin_message()
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            chunks = response.aiter_bytes()
            assert await anext(chunks) == START
            await service.end_message(status)
            service.endpoints.may_go_on.set()
            assert not is_replay(await service.post(STREAMS))
        assert service.endpoints.asked == 2

    async def test_other_request(self, service: Service) -> None:
        """Its key is not free for another request."""
        await service.begin_message()
        await service.post(STREAMS)
        await service.end_message("failed")
        response = await service.post(STREAMS, json=QUESTION | {"message": "Bye"})
        assert problem_of(response)["status"] == 422

    async def test_never_stored(self, service: Service) -> None:
        """One whose message was never stored is carried out anew once the first has ended."""
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            chunks = response.aiter_bytes()
            assert await anext(chunks) == START
            assert problem_of(await service.post(STREAMS))["code"] == "conflict"
        service.endpoints.may_go_on.set()

        async def is_anew() -> bool:
            return (await service.post(STREAMS)).status_code == 200

        await until(is_anew)
        assert service.endpoints.asked == 2

    async def test_not_successful(self, service: Service) -> None:
        """A stream with another status than 2xx is not kept, whatever it holds."""
        service.endpoints.status = 503
        for _ in range(2):
            assert not is_replay(await service.post(STREAMS))
        assert service.endpoints.asked == 2
