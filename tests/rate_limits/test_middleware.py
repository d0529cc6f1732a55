"""How often a client may ask, as it learns it from the answers."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest

from tests.rate_limits.service import Clock, create_service
from tests.support.server import connect, problem_of, serve_app

LIMIT = 2


@pytest.fixture
def clock() -> Clock:
    """The clock of the limits."""
    return Clock()


@pytest.fixture
async def limited(clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service that takes two requests a minute."""
    async with serve_app(create_service(LIMIT, clock)) as url, connect(url) as client:
        yield client


async def exhaust(client: httpx2.AsyncClient, **headers: str) -> None:
    """Asks as often as these headers may, and once more."""
    for expected in [200] * LIMIT + [429]:
        response = await client.get("/v1/client", headers=headers)
        assert response.status_code == expected


class TestFields:
    """RateLimit-Policy and RateLimit."""

    async def test_answers_say_what_is_left(
        self, limited: httpx2.AsyncClient, clock: Clock
    ) -> None:
        """Each answer says what is left, and in how many seconds there is more."""
        told = []
        for second in (0, 20.5, 30):
            clock.seconds = second
            response = await limited.get("/v1/client")
            assert response.headers["ratelimit-policy"] == '"default";q=2;w=60'
            told.append(response.headers["ratelimit"])
        assert told == ['"default";r=1;t=60', '"default";r=0;t=40', '"default";r=0;t=30']

    @pytest.mark.parametrize(
        ("path", "status"), [("/v1/stream", 200), ("/v1/broken", 500), ("/v1/nothing", 404)]
    )
    async def test_every_answer_that_counts_has_them(
        self, limited: httpx2.AsyncClient, path: str, status: int
    ) -> None:
        """Streams and errors have the fields too."""
        response = await limited.get(path)
        assert response.status_code == status
        assert response.headers["ratelimit"] == '"default";r=1;t=60'

    async def test_other_paths_do_not_count(self, limited: httpx2.AsyncClient) -> None:
        """What is not below /v1/ is not counted, and its answers have no such fields."""
        for path in ("/healthcheck", "/v1", "/docs"):
            assert "ratelimit" not in (await limited.get(path)).headers
        assert (await limited.get("/v1/client")).headers["ratelimit"] == '"default";r=1;t=60'


class TestRefusal:
    async def test_too_many_requests_are_a_problem(
        self, limited: httpx2.AsyncClient, clock: Clock
    ) -> None:
        """A request too many is a problem that says when to come again; then it is answered."""
        await limited.get("/v1/client")
        clock.seconds += 29.5
        await limited.get("/v1/client")
        refused = await limited.get("/v1/client")
        assert refused.status_code == 429
        assert problem_of(refused)["code"] == "rate_limited"
        assert refused.headers["retry-after"] == "31"
        assert refused.headers["ratelimit"] == '"default";r=0;t=31'
        clock.seconds += 31
        assert (await limited.get("/v1/client")).status_code == 200

    async def test_refused_requests_do_not_count(
        self, limited: httpx2.AsyncClient, clock: Clock
    ) -> None:
        """Whoever goes on asking does not wait the longer for it."""
        await exhaust(limited)
        clock.seconds += 59
        assert (await limited.get("/v1/client")).status_code == 429
        clock.seconds += 1
        await exhaust(limited)

    async def test_refusal_does_not_wait_for_the_body(self, limited: httpx2.AsyncClient) -> None:
        """A request too many is refused before its body has come."""
        await exhaust(limited)
        address = urlsplit(str(limited.base_url))
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(b"POST /v1/client HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
        assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 429 ")
        writer.close()
        await writer.wait_closed()

    async def test_limit_of_zero_is_none(self) -> None:
        """With RATE_LIMIT_PER_MINUTE=0 nothing is refused, and nothing said of limits."""
        async with serve_app(create_service(0)) as url, connect(url) as client:
            response = await client.get("/v1/client")
        assert response.status_code == 200
        assert not {"ratelimit", "ratelimit-policy"} & set(response.headers)


class TestWhoAsks:
    """Who has a limit of their own."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"user": "1"}, {"user": "2"}),
            ({"user": "1"}, {"user": "1", "key": str(uuid4())}),
            ({"user": "1"}, {}),
            ({"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}),
            ({"X-Forwarded-For": "2001:db8::1"}, {"X-Forwarded-For": "2001:db8:0:1::1"}),
            ({"X-Forwarded-For": "::ffff:192.0.2.1"}, {"X-Forwarded-For": "::ffff:192.0.2.2"}),
            ({"X-Forwarded-For": "::1:2"}, {"X-Forwarded-For": "anything"}),
        ],
        ids=["users", "a key", "nobody", "IPv4", "IPv6", "IPv4 in IPv6", "no address"],
    )
    async def test_others_are_not_refused(
        self, limited: httpx2.AsyncClient, one: dict[str, str], other: dict[str, str]
    ) -> None:
        """What one has used up is no other's."""
        await exhaust(limited, **one)
        await exhaust(limited, **other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (
                {"user": "1", "X-Forwarded-For": "192.0.2.1"},
                {"user": "1", "X-Forwarded-For": "192.0.2.2"},
            ),
            ({"X-Forwarded-For": "2001:db8::1"}, {"X-Forwarded-For": "2001:db8::ffff:0:0:1"}),
            ({"X-Forwarded-For": "::ffff:192.0.2.1"}, {"X-Forwarded-For": "192.0.2.1"}),
            ({"X-Forwarded-For": "fe80::1%eth0"}, {"X-Forwarded-For": "fe80::2%eth1"}),
            ({"X-Forwarded-For": "this"}, {"X-Forwarded-For": "that"}),
        ],
        ids=["user elsewhere", "one /64", "IPv4 in IPv6", "zones", "no addresses"],
    )
    async def test_the_same_is_refused(
        self, limited: httpx2.AsyncClient, one: dict[str, str], other: dict[str, str]
    ) -> None:
        """A user has one limit wherever they are, and so has whoever has a whole /64."""
        await exhaust(limited, **one)
        assert (await limited.get("/v1/client", headers=other)).status_code == 429
