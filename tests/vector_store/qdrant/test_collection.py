"""The collection on a Qdrant server: how it is opened, by whom, and made again."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from qdrant_client import models

from app.core.exceptions import ConfigurationError, RetrievalUnavailable
from tests.support.points import DIMENSIONS, point
from tests.support.qdrant_double import QdrantDouble
from tests.support.qdrant_store import open_store, search, somebody_else
from tests.support.waiting import until

VECTOR = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)


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
        # Every start asks whether there is a collection.
        await until(lambda: len(double.requests) == 4)
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


class TestLater:
    """What becomes of it after the start."""

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
