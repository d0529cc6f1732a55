"""What only the store on a server has: a network, a key, other processes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from app.core.exceptions import ConfigurationError, RetrievalUnavailable
from app.vector_store.base import SearchFilter, VectorStore
from app.vector_store.factory import create_vector_store
from settings import Settings
from tests.support.points import DIMENSIONS, asked, axis, point, uuid_of
from tests.support.qdrant_double import QdrantDouble
from tests.support.waiting import Stopwatch, until

KEY = SecretStr("the-key")
PATIENCE_SEC = 20.0  # of tests that do not look at the clock
TIMEOUT_SEC = 1.0
VECTOR = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)


@pytest.fixture
def double(tmp_path: Path) -> Iterator[QdrantDouble]:
    """A server that asks for a key."""
    with QdrantDouble(tmp_path, api_key=KEY.get_secret_value()) as double:
        yield double


async def open_store(double: QdrantDouble, **changed: Any) -> VectorStore:
    """A store on the server."""
    settings = Settings(QDRANT_URL=double.url, QDRANT_API_KEY=KEY, QDRANT_TIMEOUT_SEC=PATIENCE_SEC)
    return await create_vector_store(settings.model_copy(update=changed), DIMENSIONS)


@asynccontextmanager
async def somebody_else(double: QdrantDouble) -> AsyncIterator[AsyncQdrantClient]:
    """A client of the same server that is not bRAG."""
    headers = {"api-key": KEY.get_secret_value()}
    client = AsyncQdrantClient(double.url, headers=headers, check_compatibility=False)
    yield client
    await client.close()


async def search(store: VectorStore) -> int:
    """Asks something; the number of candidates."""
    return len(await store.query(asked(axis(1), "fox"), SearchFilter(), candidates=5))


class TestOpen:
    async def test_host_and_port_name_a_server(self, double: QdrantDouble) -> None:
        """A server can also be named by QDRANT_HOST and QDRANT_PORT, with a key but without TLS."""
        host, port = double.url.removeprefix("http://").split(":")
        store = await open_store(double, QDRANT_URL=None, QDRANT_HOST=host, QDRANT_PORT=int(port))
        await store.ready()
        await store.close()

    async def test_wrong_url_stops_the_start(self, double: QdrantDouble) -> None:
        """A QDRANT_URL that is none stops the start and is named."""
        with pytest.raises(ConfigurationError, match="QDRANT_URL ftp://qdrant is wrong"):
            await open_store(double, QDRANT_URL="ftp://qdrant")

    async def test_wrong_key_stops_the_start(self, double: QdrantDouble) -> None:
        """A key that Qdrant refuses stops the start and is named."""
        with pytest.raises(ConfigurationError, match="refuses QDRANT_API_KEY"):
            await open_store(double, QDRANT_API_KEY=SecretStr("wrong"))

    async def test_several_starts_make_one_collection(self, double: QdrantDouble) -> None:
        """Processes that start together make the collection once and all can use it."""
        double.fall_silent()
        starts = asyncio.gather(*(open_store(double) for _ in range(4)))
        await until(
            lambda: len(double.requests) == 4
        )  # every start asks whether there is a collection
        double.recover()
        stores = await starts
        for number, store in enumerate(stores):
            await store.upsert([point(number)])
        assert await stores[0].count() == 4
        assert len({await store.index_uuid() for store in stores}) == 1
        for store in stores:
            await store.close()

    async def test_every_key_of_filters_has_an_index(self, double: QdrantDouble) -> None:
        """Every key of the payload that filters use has an index."""
        await (await open_store(double)).close()
        async with somebody_else(double) as client:
            schema = (await client.get_collection("demo")).payload_schema
        assert {key: index.data_type.value for key, index in schema.items()} == {
            "document": "uuid",
            "user_id": "integer",
            "source": "keyword",
            "metadata": "keyword",
            "owner": "keyword",
        }

    async def test_owners_are_tenants(self, double: QdrantDouble) -> None:
        """Qdrant is told that owners are tenants, and which one a point belongs to, if any."""
        store = await open_store(double)
        await store.upsert([point(1), point(2, user_id=7)])
        await store.close()
        async with somebody_else(double) as client:
            index = (await client.get_collection("demo")).payload_schema["owner"]
            owners = (await client.facet("demo", "owner")).hits
        assert isinstance(index.params, models.KeywordIndexParams)
        assert index.params.is_tenant
        assert [(hit.value, hit.count) for hit in owners] == [("7", 1)]

    @pytest.mark.parametrize(("shards", "replicas", "on_disk"), [(None, 1, False), (6, 2, True)])
    async def test_collection_is_spread(
        self, double: QdrantDouble, shards: int | None, replicas: int, *, on_disk: bool
    ) -> None:
        """A collection has as many shards and copies as the settings say; with several, on disk."""
        await (await open_store(double, QDRANT_SHARDS=shards, QDRANT_REPLICAS=replicas)).close()
        async with somebody_else(double) as client:
            params = (await client.get_collection("demo")).config.params
        assert (params.shard_number, params.replication_factor) == (shards or 1, replicas)
        assert isinstance(params.vectors, dict)
        assert [vector.on_disk for vector in params.vectors.values()] == [on_disk]

    @pytest.mark.parametrize(
        ("vectors", "held"),
        [
            (VECTOR, "holds one vector without a name .8 dimensions., but"),
            (
                {"fast-all-minilm-l6-v2": VECTOR},
                "holds fast-all-minilm-l6-v2 .8 dimensions., but .* and bm25-pairs: choose another",
            ),
        ],
        ids=["unnamed", "without bm25"],
    )
    async def test_collection_of_another_program_is_refused(
        self, double: QdrantDouble, vectors: Any, held: str
    ) -> None:
        """A collection that something else has made is refused, and stays as it is."""
        async with somebody_else(double) as client:
            await client.create_collection("demo", vectors_config=vectors)
        with pytest.raises(ConfigurationError, match=held):
            await open_store(double)


class TestWrites:
    async def test_writes_wait_until_they_hold(self, double: QdrantDouble) -> None:
        """Qdrant is told to answer once a write or a deletion holds for the next search."""
        store = await open_store(double)
        double.requests.clear()
        await store.upsert([point(1)])
        await store.delete(uuid_of(1))
        await store.close()
        assert double.requests == [
            "PUT /collections/demo/points?wait=true",
            "POST /collections/demo/points/delete?wait=true",
        ]


class TestAbsence:
    async def test_start_needs_no_server(self, double: QdrantDouble) -> None:
        """A start does not need Qdrant; once the server is there, everything works."""
        double.stop()
        store = await open_store(double)
        with pytest.raises(RetrievalUnavailable):
            await store.ready()
        double.start()
        assert [*await asyncio.gather(search(store), search(store))] == [0, 0]
        await store.upsert([point(1)])
        assert await search(store) == 1
        await store.close()

    async def test_server_may_go_and_come_back(self, double: QdrantDouble) -> None:
        """While Qdrant is away there is no retrieval; when it is back, all is as before."""
        store = await open_store(double)
        await store.upsert([point(1)])
        double.stop()
        with pytest.raises(RetrievalUnavailable):
            await search(store)
        double.start()
        assert await search(store) == 1
        await store.close()

    async def test_silent_server_is_given_up_in_time(self, double: QdrantDouble) -> None:
        """A server that accepts and never answers is given up after QDRANT_TIMEOUT_SEC."""
        store = await open_store(double, QDRANT_TIMEOUT_SEC=TIMEOUT_SEC)
        double.fall_silent()
        with Stopwatch() as watch, pytest.raises(RetrievalUnavailable):
            await search(store)
        double.recover()
        assert TIMEOUT_SEC <= watch.seconds < 2 * TIMEOUT_SEC
        await store.close()

    async def test_silent_start_holds_nobody_up_longer(self, double: QdrantDouble) -> None:
        """Requests that wait for another to prepare the collection are given up in their time."""
        double.fall_silent()
        store = await open_store(double, QDRANT_TIMEOUT_SEC=TIMEOUT_SEC)
        with Stopwatch() as watch:
            results = await asyncio.gather(
                *(search(store) for _ in range(3)), return_exceptions=True
            )
        double.recover()
        assert [type(result) for result in results] == [RetrievalUnavailable] * 3
        assert watch.seconds < 2 * TIMEOUT_SEC
        await store.close()

    @pytest.mark.parametrize(
        ("status", "retry_after"), [(429, None), (429, "1"), (500, None), (503, None)]
    )
    async def test_failing_server_makes_retrieval_unavailable(
        self, double: QdrantDouble, status: int, retry_after: str | None
    ) -> None:
        """While Qdrant answers with errors of its own, retrieval is unavailable."""
        store = await open_store(double)
        double.fail(status, retry_after)
        with pytest.raises(RetrievalUnavailable):
            await search(store)
        await store.close()

    async def test_withdrawn_key_is_named_in_the_log(
        self, double: QdrantDouble, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A key that is refused after the start makes retrieval unavailable; the log names it."""
        store = await open_store(double)
        double.fail(403)
        with pytest.raises(RetrievalUnavailable):
            await search(store)
        assert "QDRANT_API_KEY" in caplog.text
        await store.close()

    async def test_deleted_collection_is_made_again(self, double: QdrantDouble) -> None:
        """When somebody deletes the collection, the next request but one makes another one."""
        store = await open_store(double)
        before = await store.index_uuid()
        async with somebody_else(double) as client:
            await client.delete_collection("demo")
        with pytest.raises(RetrievalUnavailable):
            await search(store)
        await store.upsert([point(1)])
        assert await search(store) == 1
        assert await store.index_uuid() != before
        await store.close()

    async def test_collection_of_before(self, double: QdrantDouble) -> None:
        """A collection that an older version made is known by its name, by every process."""
        await (await open_store(double)).close()
        double.forget_metadata()
        stores = [await open_store(double) for _ in range(2)]
        assert len({await store.index_uuid() for store in stores}) == 1
        for store in stores:
            await store.close()

    async def test_wrong_request_is_no_outage(self, double: QdrantDouble) -> None:
        """A request that Qdrant calls wrong is not passed off as its absence."""
        store = await open_store(double)
        with pytest.raises(UnexpectedResponse, match="expected dim: 8, got 4"):
            await store.query(asked(axis(1)[:4], "fox"), SearchFilter(), candidates=5)
        await store.close()
