"""Writes to a Qdrant server, and what holds while it is away."""

import asyncio

import pytest
from qdrant_client.http.exceptions import UnexpectedResponse

from app.core.exceptions import RetrievalUnavailable
from app.vector_store.base import SearchFilter
from tests.support.points import asked, axis, point, uuid_of
from tests.support.qdrant_double import QdrantDouble
from tests.support.qdrant_store import open_store, search
from tests.support.waiting import Stopwatch

TIMEOUT_SEC = 1.0


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

    async def test_wrong_request_is_no_outage(self, double: QdrantDouble) -> None:
        """A request that Qdrant calls wrong is not passed off as its absence."""
        store = await open_store(double)
        with pytest.raises(UnexpectedResponse, match="expected dim: 8, got 4"):
            await store.query(asked(axis(1)[:4], "fox"), SearchFilter(), candidates=5)
        await store.close()
