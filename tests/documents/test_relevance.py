"""Which threshold is in force."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.core.constants import DEFAULT_EMBEDDING_MODEL
from app.db import Database
from app.documents.calibration import Calibration, Judged, calibrate
from app.documents.relevance import DEFAULT_THRESHOLD, Relevance, store_calibration
from tests.documents.knowledge import Knowledge
from tests.waiting import until


def calibration(evidence: float) -> Calibration:
    """One whose threshold is this."""
    both = Judged(evidence, is_answerable=True), Judged(0.2, is_answerable=False)
    return calibrate(both * 10)


@asynccontextmanager
async def watching(relevance: Relevance) -> AsyncIterator[None]:
    """Watches meanwhile."""
    task = asyncio.create_task(relevance.watch())
    yield
    task.cancel()
    await asyncio.wait([task])


async def threshold(database: Database, model: str, setting: float | None = None) -> float:
    """The threshold that a process of this model takes up."""
    relevance = Relevance(database, model, setting)
    await relevance.refresh()
    return relevance.threshold


class TestThreshold:
    """RELEVANCE_THRESHOLD, then the stored calibration, then ours."""

    async def test_default(self, knowledge: Knowledge) -> None:
        """A model that was never calibrated has the default."""
        assert await threshold(knowledge.database, "a") == DEFAULT_THRESHOLD

    async def test_other_model(
        self, knowledge: Knowledge, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A model that the default is not of is named in the log, once, until it is calibrated."""
        for model in (DEFAULT_EMBEDDING_MODEL, "a"):
            relevance = Relevance(knowledge.database, model)
            await relevance.refresh()
            await relevance.refresh()
        await store_calibration(knowledge.database, "b", calibration(0.7))
        await threshold(knowledge.database, "b")
        [warning] = caplog.messages
        assert warning.endswith("run `python -m app.documents calibrate` for a")

    async def test_stored(self, knowledge: Knowledge) -> None:
        """A calibration holds for its own embedding model, and for no other."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        assert await threshold(knowledge.database, "a") == 0.7
        assert await threshold(knowledge.database, "b") == DEFAULT_THRESHOLD

    async def test_stored_again(self, knowledge: Knowledge) -> None:
        """The last calibration counts."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        await store_calibration(knowledge.database, "a", calibration(0.6))
        assert await threshold(knowledge.database, "a") == 0.6

    async def test_zero(self, knowledge: Knowledge) -> None:
        """A calibration of zero is one too."""
        await store_calibration(knowledge.database, "a", calibration(0))
        assert await threshold(knowledge.database, "a") == 0

    @pytest.mark.parametrize("setting", [-1, 0])
    async def test_setting(self, knowledge: Knowledge, setting: float) -> None:
        """What the operator sets goes before what was measured."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        assert await threshold(knowledge.database, "a", setting) == setting


class TestStored:
    async def test_figures(self, knowledge: Knowledge) -> None:
        """Beside the last threshold stands what to expect of it, on how many questions."""
        lone = [Judged(each, is_answerable=True) for each in (*[0.9] * 19, 0.5)]
        others = [Judged(0.1, is_answerable=False)] * 30
        await store_calibration(knowledge.database, "a", calibration(0))
        await store_calibration(knowledge.database, "a", calibrate([*lone, *others]))
        assert await knowledge.sql(
            "SELECT embedding_model, threshold, false_answers, false_refusals, answerable,"
            " unanswerable FROM calibration"
        ) == [("a", 0.5, 0, 0.05, 20, 30)]


class TestWatch:
    """A service's look at the calibration, each minute."""

    async def test_stored(self, knowledge: Knowledge) -> None:
        """A stored calibration is taken up, with no request waiting for it."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        relevance = Relevance(knowledge.database, "a")
        async with watching(relevance):
            await until(lambda: relevance.threshold == 0.7)

    async def test_no_database(self, caplog: pytest.LogCaptureFixture) -> None:
        """Without a database the threshold stays what it was, and the log says so."""
        database = await asyncio.to_thread(Database, "postgresql://nobody@127.0.0.1:1/none", 1)
        relevance = Relevance(database, "a")
        async with watching(relevance):
            await until(lambda: "cannot be read" in caplog.text)
        assert relevance.threshold == DEFAULT_THRESHOLD
        await database.close()

    async def test_fault(
        self,
        knowledge: Knowledge,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What nobody foresaw is logged, and once it is mended the calibration is taken up."""
        monkeypatch.setattr("app.documents.relevance.REFRESH_SEC", 0.02)
        await store_calibration(knowledge.database, "a", calibration(0.7))
        await knowledge.sql("ALTER TABLE calibration RENAME TO lost")
        relevance = Relevance(knowledge.database, "a")
        async with watching(relevance):
            await until(lambda: "does not exist" in caplog.text)
            await knowledge.sql("ALTER TABLE lost RENAME TO calibration")
            await until(lambda: relevance.threshold == 0.7)

    async def test_setting(self, knowledge: Knowledge) -> None:
        """There is nothing to watch where the operator has set the threshold."""
        async with asyncio.timeout(1):
            await Relevance(knowledge.database, "a", 0.5).watch()
