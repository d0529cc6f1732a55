"""No request takes more than linear time, or holds up the event loop, whatever is in it.

The list of places is made from the description of the API, and from what is read of headers.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Final

import numpy as np
import pytest

from app.embeddings.embedder import Embedder, Vector
from app.main import create_app
from tests.conftest import SettingsFactory
from tests.support.direct_requests import Cost, Service
from tests.support.endpoint_places import JSON, Place, header_places, places_of, plain_requests
from tests.support.fake_openai import FakeOpenAI
from tests.support.growth import RATIO, TRIES
from tests.support.hostile import Text
from tests.support.openai_replies import text as reply
from tests.support.people import session_cookie
from tests.support.shared import shared_embedder, shared_parser

SIZE: Final = 30_000  # characters of a field, nearly as many as a question may have
HEADER_SIZE: Final = 60_000  # nearly as many as all headers together
LONGEST_STEP_SEC: Final = 0.02  # of CPU: so long all others wait
FLOOR_SEC: Final = 0.05  # of CPU, of all threads
# Uvicorn and Idempotency read these of the request itself.
READ_RAW: Final = {"idempotency-key", "x-forwarded-for", "x-forwarded-proto"}
RARE: Final = 4  # endpoints that read a header which others do not


class QuickEmbedder(Embedder):
    """The model without its work: of any text it reads 256 tokens, which takes the same time."""

    def __init__(self, real: Embedder) -> None:
        vars(self).update(vars(real))

    def _embed(self, texts: list[str]) -> list[Vector]:
        return [np.eye(1, self.dimensions, dtype=np.float32)[0] for _ in texts]


@pytest.fixture
async def service(
    make_settings: SettingsFactory, fake_openai: FakeOpenAI
) -> AsyncIterator[Service]:
    """A running application, asked by somebody who is logged in."""
    settings = make_settings(RATE_LIMIT_PER_MINUTE=0, LOGIN_MAILS_PER_HOUR=0)
    embedder = QuickEmbedder(await asyncio.to_thread(shared_embedder))
    fake_openai.reply(reply("Yes."), times=10_000)
    app = create_app(settings, embedder=embedder, parser=shared_parser())
    async with app.router.lifespan_context(app) as state:
        service = Service(app, state or {})
        service.cookie = await session_cookie(settings, "ann@example.com")
        yield service


async def faults(service: Service, places: Iterable[Place], size: int) -> dict[str, Cost]:
    """The requests that take more than linear time, or a step that is too long."""
    found: dict[str, Cost] = {}
    for place in places:
        for text in place.texts:
            cost = await _fault(service, place, text, size)
            if cost is not None:
                found[f"{place.name} {text}"] = cost
                break
    return found


async def _fault(service: Service, place: Place, text: Text, size: int) -> Cost | None:
    cost = await service.cost(place, text, size)
    if cost.longest_step < LONGEST_STEP_SEC and cost.total < FLOOR_SEC:
        return None
    cost = await _least(service, place, text, size)
    if cost.longest_step > LONGEST_STEP_SEC:
        return cost
    small = await _least(service, place, text, size // 4)
    return cost if cost.total > max(FLOOR_SEC, RATIO * small.total) else None


async def _least(service: Service, place: Place, text: Text, size: int) -> Cost:
    costs = [await service.cost(place, text, size) for _ in range(TRIES)]
    return Cost(*map(min, zip(*costs, strict=True)))


async def _read_headers(service: Service, plain: Iterable[Place]) -> list[Place]:
    """For each header a request to each endpoint that reads it, or to a few where many do."""
    readers: dict[str, list[Place]] = {}
    for place in plain:
        for name in await service.headers_read(place) | READ_RAW:
            readers.setdefault(name, []).append(place)
    return [
        hostile
        for name, read in readers.items()
        for place in (read if len(read) <= RARE else _one_of_each_method(read))
        for hostile in header_places(place, [name])
    ]


def _one_of_each_method(places: list[Place]) -> list[Place]:
    return [*{place.method: place for place in places if place.method in {"GET", "POST"}}.values()]


class TestEndpoints:
    """Every place of every request."""

    async def test_parameters_and_bodies(self, service: Service) -> None:
        """No parameter and no field of a body takes long, or more than linear time."""
        places = [*places_of(service.app.openapi())]
        assert len(places) > 80
        assert await faults(service, places, SIZE) == {}

    async def test_headers(self, service: Service) -> None:
        """No header that any endpoint reads takes long, or more than linear time."""
        body = json.dumps({"text": "Ducks", "title": "Ducks"})
        upload = Place("", "POST", "/v1/documents", headers=(("content-type", JSON),), body=body)
        uuid = json.loads(await service.request(upload))["uuid"]
        plain = [
            place
            for place in plain_requests(service.app.openapi(), uuid)
            if place.method != "DELETE"
        ]
        places = await _read_headers(service, plain)
        names = {place.headers[-1][0] for place in places}
        assert names > {"cookie", "range", "if-none-match", "origin", "content-type", "host"}
        assert await faults(service, places, HEADER_SIZE) == {}

    async def test_slow_endpoint_is_found(self, service: Service) -> None:
        """An endpoint that takes quadratic time is found, and one that holds the loop up."""

        async def pairs(word: str) -> int:
            return sum(one == other for one in word[:1_000] for other in word[:1_000])

        service.app.get("/v1/pairs")(pairs)
        place = Place("pairs", "GET", "/v1/pairs", query="word=␚")
        assert (await faults(service, [place], 2_000)).keys()
