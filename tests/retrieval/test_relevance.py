"""Which threshold is in force."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.db import Database
from app.retrieval.relevance import DEFAULT_THRESHOLD, Relevance
from evaluation.calibration import (
    Calibration,
    LabelledEvidence,
    calibrate,
    reset_calibration,
    store_calibration,
)
from settings import DEFAULT_EMBEDDING_MODEL
from tests.support.knowledge import Knowledge
from tests.support.waiting import until


def calibration(evidence: float) -> Calibration:
    """A calibration whose threshold is this."""
    answerable = LabelledEvidence(evidence + 0.1, is_answerable=True)
    unanswerable = LabelledEvidence(evidence - 0.1, is_answerable=False)
    return calibrate([answerable, unanswerable] * 10)


@asynccontextmanager
async def watching(relevance: Relevance) -> AsyncIterator[None]:
    """The relevance watches the stored calibration while the block runs."""
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

    async def test_model_without_a_calibration_has_the_default(self, knowledge: Knowledge) -> None:
        """A model that was never calibrated has the default."""
        assert await threshold(knowledge.database, "a") == DEFAULT_THRESHOLD

    async def test_other_model_is_named_in_the_log_once(
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
        assert warning.endswith("run `brag calibrate` for a")

    async def test_calibration_holds_for_its_own_model(self, knowledge: Knowledge) -> None:
        """A calibration holds for its own embedding model, and for no other."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        assert await threshold(knowledge.database, "a") == 0.7
        assert await threshold(knowledge.database, "b") == DEFAULT_THRESHOLD

    async def test_last_calibration_counts(self, knowledge: Knowledge) -> None:
        """Of two calibrations of a model the last counts."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        await store_calibration(knowledge.database, "a", calibration(0.6))
        assert await threshold(knowledge.database, "a") == 0.6

    async def test_stored_zero_is_taken_up(self, knowledge: Knowledge) -> None:
        """A stored threshold of 0 is taken up, and not taken for a missing one."""
        await store_calibration(knowledge.database, "a", calibration(0))
        assert await threshold(knowledge.database, "a") == 0

    async def test_calibration_of_another_version_is_named_and_not_used(
        self, knowledge: Knowledge, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A calibration of another way of judging is not used, and the log says so once."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        await knowledge.sql("UPDATE calibration SET evidence_version = 1")
        relevance = Relevance(knowledge.database, "a")
        for _ in range(2):
            await relevance.refresh()
        assert relevance.threshold == DEFAULT_THRESHOLD
        [warning] = caplog.messages
        assert "is of evidence 1" in warning
        assert warning.endswith("run `brag calibrate` anew")

    async def test_reset_calibration_is_gone(self, knowledge: Knowledge) -> None:
        """After a reset the default holds again; another reset says that there was nothing."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        assert await reset_calibration(knowledge.database, "a")
        assert await threshold(knowledge.database, "a") == DEFAULT_THRESHOLD
        assert not await reset_calibration(knowledge.database, "a")

    def test_set_threshold_is_told_apart(
        self, knowledge: Knowledge, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A threshold that is set is used, and the log says by which version it judges.

        Not so -1, which answers everything in every version.
        """
        assert Relevance(knowledge.database, "a", 0.7).threshold == 0.7
        assert Relevance(knowledge.database, "a", -1).threshold == -1
        [warning] = caplog.messages
        assert warning.startswith("RELEVANCE_THRESHOLD=0.7 is taken for a threshold of evidence 3")

    @pytest.mark.parametrize("setting", [-1, 0])
    async def test_setting_goes_before_the_calibration(
        self, knowledge: Knowledge, setting: float
    ) -> None:
        """A threshold that the operator sets goes before the calibrated one."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        assert await threshold(knowledge.database, "a", setting) == setting


class TestWatch:
    """A service's look at the calibration, each minute."""

    async def test_stored_calibration_is_taken_up(self, knowledge: Knowledge) -> None:
        """A stored calibration is taken up, with no request waiting for it."""
        await store_calibration(knowledge.database, "a", calibration(0.7))
        relevance = Relevance(knowledge.database, "a")
        async with watching(relevance):
            await until(lambda: relevance.threshold == 0.7)

    async def test_without_a_database_the_threshold_stays(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Without a database the threshold stays what it was, and the log says so."""
        database = await asyncio.to_thread(Database, "postgresql://nobody@127.0.0.1:1/none", 1)
        relevance = Relevance(database, "a")
        async with watching(relevance):
            await until(lambda: "cannot be read" in caplog.text)
        assert relevance.threshold == DEFAULT_THRESHOLD
        await database.close()

    async def test_unforeseen_error_does_not_end_the_watch(
        self,
        knowledge: Knowledge,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """An unforeseen error is logged, and once it is mended the calibration is taken up."""
        monkeypatch.setattr("app.retrieval.relevance.REFRESH_SEC", 0.02)
        await store_calibration(knowledge.database, "a", calibration(0.7))
        await knowledge.sql("ALTER TABLE calibration RENAME TO lost")
        relevance = Relevance(knowledge.database, "a")
        async with watching(relevance):
            await until(lambda: "does not exist" in caplog.text)
            await knowledge.sql("ALTER TABLE lost RENAME TO calibration")
            await until(lambda: relevance.threshold == 0.7)

    async def test_set_threshold_is_not_watched(self, knowledge: Knowledge) -> None:
        """Where the operator has set the threshold, watching the calibration ends at once."""
        async with asyncio.timeout(1):
            await Relevance(knowledge.database, "a", 0.5).watch()
