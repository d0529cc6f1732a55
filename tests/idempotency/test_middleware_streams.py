"""Streams that are sent again, as clients meet them."""

import pytest

from tests.idempotency.service import (
    DONE,
    ERROR,
    PIECE,
    QUESTION,
    START,
    STREAMS,
    Service,
    is_replay,
)
from tests.support.server import problem_of
from tests.support.waiting import until

KEY = {"Idempotency-Key": "k"}
HEADERS = ("content-type", "cache-control", "x-message-uuid")


class TestDone:
    async def test_answered_again(self, service: Service) -> None:
        """A stream that was done is answered again with its `done` event and its headers."""
        first = await service.post(STREAMS)
        second = await service.post(STREAMS)
        assert first.content == START + PIECE + DONE
        assert second.content == DONE
        assert (is_replay(first), is_replay(second)) == (False, True)
        assert (first.status_code, second.status_code) == (200, 200)
        assert [second.headers[name] for name in HEADERS] == [
            first.headers[name] for name in HEADERS
        ]
        assert second.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert service.endpoints.asked == 1

    @pytest.mark.parametrize("at", range(-len(DONE), 0))
    async def test_cut(self, service: Service, at: int) -> None:
        """It does not matter where the stream is cut into chunks."""
        stream = START + PIECE + DONE
        service.endpoints.chunks = [stream[:at], stream[at:]]
        assert (await service.post(STREAMS)).content == stream
        assert (await service.post(STREAMS)).content == DONE

    async def test_passed_on_at_once(self, service: Service) -> None:
        """Each chunk is passed on as it comes; until it is done, the key is a 409."""
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            chunks = response.aiter_bytes()
            assert await anext(chunks) == START
            assert problem_of(await service.post(STREAMS))["code"] == "conflict"
            service.endpoints.may_go_on.set()
            assert b"".join([chunk async for chunk in chunks]) == PIECE + DONE

    async def test_stored_before(self, service: Service) -> None:
        """A client that has the `done` event finds it stored, even while the stream is open."""
        service.endpoints.chunks = [START + DONE, b""]
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            assert await anext(response.aiter_bytes()) == START + DONE
            assert (await service.post(STREAMS)).content == DONE
            service.endpoints.may_go_on.set()


class TestReleased:
    @pytest.mark.parametrize(
        "chunks", [[START, ERROR], [START, PIECE], [START, DONE[:-1]], [b"data: [DONE]\n\n"], []]
    )
    async def test_not_done(self, service: Service, chunks: list[bytes]) -> None:
        """A stream that ends otherwise is carried out anew."""
        service.endpoints.chunks = chunks
        first = await service.post(STREAMS)
        second = await service.post(STREAMS)
        assert first.content == second.content == b"".join(chunks)
        assert not is_replay(second)
        assert service.endpoints.asked == 2

    async def test_error_is_an_end(self, service: Service) -> None:
        """A client that has the `error` event may ask again, even while the stream is open."""
        service.endpoints.chunks = [START + ERROR, b""]
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            assert await anext(response.aiter_bytes()) == START + ERROR
            assert await service.is_released()
            service.endpoints.may_go_on.set()

    async def test_client_gone(self, service: Service) -> None:
        """A stream whose client leaves before it is done is carried out anew."""
        service.endpoints.hold()
        async with service.client.stream("POST", STREAMS, json=QUESTION, headers=KEY) as response:
            assert await anext(response.aiter_bytes()) == START
        await until(service.is_released)

    async def test_not_successful(self, service: Service) -> None:
        """A stream with another status than 2xx is not kept, whatever it holds."""
        service.endpoints.status = 503
        for _ in range(2):
            assert not is_replay(await service.post(STREAMS))
        assert service.endpoints.asked == 2
