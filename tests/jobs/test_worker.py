"""The worker: which jobs it does, in which order, and which it leaves alone."""

import asyncio

import pytest

from app.core.background import background
from app.core.exceptions import RetrievalUnavailable
from app.jobs.constants import LONGEST_BACKOFF_SEC, MAX_FAULTS
from app.jobs.worker import Handler, Worker
from tests.support.job_table import LATER, RECORD, JobTable
from tests.support.waiting import until
from tests.support.workers import Failing, Recorder, Slow, do_jobs


class TestStep:
    async def test_no_job(self, jobs: JobTable) -> None:
        """Without a job there is nothing to do."""
        assert not await Recorder(jobs.database).worker().step()

    async def test_not_due(self, jobs: JobTable) -> None:
        """A job that is for later waits."""
        await jobs.insert()
        await jobs.sql(LATER)
        assert not await Recorder(jobs.database).worker().step()
        assert await jobs.jobs_left() == 1

    async def test_oldest_first(self, jobs: JobTable) -> None:
        """Jobs are done in the order in which they came."""
        expected = [await jobs.insert() for _ in range(3)]
        recorder = Recorder(jobs.database)
        await do_jobs(recorder.worker())
        assert recorder.done == expected

    async def test_small_first(self, jobs: JobTable) -> None:
        """A worker for small documents leaves the large ones before them to others."""
        large, small = await jobs.insert(size=11), await jobs.insert(size=10)
        recorder = Recorder(jobs.database)
        worker = recorder.worker()
        assert await worker.step(max_bytes=10)
        assert not await worker.step(max_bytes=10)
        assert recorder.done == [small]
        assert await worker.step()
        assert recorder.done == [small, large]

    async def test_nothing_left_running(self, jobs: JobTable) -> None:
        """The lease of a job that is done is not renewed any longer."""
        before = asyncio.all_tasks()
        await jobs.insert()
        assert await Recorder(jobs.database).worker().step()
        await until(lambda: asyncio.all_tasks() <= before)


class TestHandlers:
    async def test_by_kind(self, jobs: JobTable) -> None:
        """Each job is done by the handler of its kind."""
        sweeps, purges = Recorder(jobs.database), Recorder(jobs.database)
        worker = Worker(jobs.database, {"sweep": Handler(sweeps.do), "purge": Handler(purges.do)})
        purge, sweep = await jobs.insert("purge"), await jobs.insert("sweep")
        await do_jobs(worker)
        assert (purges.done, sweeps.done) == ([purge], [sweep])

    async def test_kind_without_handler(self, jobs: JobTable) -> None:
        """A job of a kind that a worker has no handler for is left alone, for a worker that has."""
        others = await jobs.insert("purge")
        own = await jobs.insert("index")
        recorder = Recorder(jobs.database)
        await do_jobs(recorder.worker())
        assert recorder.done == [own]
        left = await jobs.sql("SELECT document_uuid, attempts, lease FROM job")
        assert left == [(str(others), 0, None)]

    async def test_newer_version(self, jobs: JobTable) -> None:
        """A job of a kind that only a newer version knows is left to that version."""
        await jobs.sql("ALTER TABLE job DROP CONSTRAINT job_kind_check")
        await jobs.insert("paint")
        assert not await Recorder(jobs.database).worker().step()
        assert await jobs.sql("SELECT kind, attempts FROM job") == [("paint", 0)]


class TestFaults:
    async def test_given_up(self, jobs: JobTable) -> None:
        """A job that fails MAX_FAULTS times is given up, and not before."""
        uuid = await jobs.insert()
        failing = Failing(RuntimeError("unforeseen"))
        worker = Worker(jobs.database, {"index": Handler(failing.do, failing.give_up)})
        for _ in range(MAX_FAULTS - 1):
            assert await worker.step()
            await jobs.hurry()
        assert failing.given_up == []
        assert await worker.step()
        assert (failing.tries, failing.given_up) == (MAX_FAULTS, [uuid])

    async def test_never_given_up(self, jobs: JobTable) -> None:
        """A job whose handler cannot give up is tried again, however often it has failed."""
        await jobs.insert()
        await jobs.sql("UPDATE job SET attempts = 100, faults = 100")
        failing = Failing(RuntimeError("unforeseen"))
        assert await Worker(jobs.database, {"index": Handler(failing.do)}).step()
        assert await jobs.sql("SELECT attempts, faults FROM job") == [(101, 101)]
        _, delay = await jobs.attempts_and_delay()
        assert LONGEST_BACKOFF_SEC / 2 < delay <= LONGEST_BACKOFF_SEC

    async def test_outage_is_no_fault(self, jobs: JobTable) -> None:
        """A job that an outage broke off is tried again, and the outage counts as no fault."""
        await jobs.insert()
        await jobs.sql("UPDATE job SET faults = %s", MAX_FAULTS - 1)
        failing = Failing(RetrievalUnavailable())
        assert await Worker(jobs.database, {"index": Handler(failing.do, failing.give_up)}).step()
        assert failing.given_up == []
        assert await jobs.sql("SELECT attempts, faults FROM job") == [(1, MAX_FAULTS - 1)]


class TestTwoWorkers:
    async def test_share(self, jobs: JobTable) -> None:
        """Two workers do all jobs, and no job twice."""
        await jobs.sql(RECORD)
        expected = [await jobs.insert() for _ in range(12)]
        first, second = Recorder(jobs.database), Recorder(jobs.database)
        await asyncio.gather(do_jobs(first.worker()), do_jobs(second.worker()))
        assert sorted(first.done + second.done) == sorted(expected)
        assert await jobs.sql("SELECT count(*), count(DISTINCT job_id) FROM claimed") == [(12, 12)]


class TestRun:
    async def test_wakes(self, jobs: JobTable, monkeypatch: pytest.MonkeyPatch) -> None:
        """A new job is begun when it is there, not when the worker looks next."""
        monkeypatch.setattr("app.jobs.worker.POLL_SEC", 3600)
        recorder = Recorder(jobs.database)
        worker = recorder.worker()
        async with background(worker.run()):
            first = await jobs.insert()
            worker.wake()
            await until(lambda: recorder.done == [first])
            second = await jobs.insert()  # the worker has seen that it is idle
            worker.wake()
            await until(lambda: recorder.done == [first, second])

    async def test_many_at_once(self, jobs: JobTable) -> None:
        """A worker does as many jobs at once as it has sizes, each of at most its size."""
        sizes = [await jobs.insert(size=size) for size in (30, 30, 20, 10)]
        slow = Slow(jobs.database)
        async with background(slow.worker(sizes=(None, 20, 10)).run()):
            await until(lambda: _claimed(jobs, 3))
            waiting = await jobs.sql("SELECT document_uuid FROM job WHERE lease IS NULL")
            slow.may_end.set()
            await until(lambda: len(slow.done) == len(sizes))
        assert waiting == [(str(sizes[1]),)]

    async def test_worker_lives(
        self, jobs: JobTable, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker that cannot even claim a job says so, and claims it as soon as it can."""
        monkeypatch.setattr("app.jobs.worker.POLL_SEC", 0.05)
        expected = await jobs.insert()
        recorder = Recorder(jobs.database)
        await jobs.sql("ALTER TABLE job ADD CONSTRAINT never CHECK (lease IS NULL)")
        async with background(recorder.worker().run()):
            await until(lambda: "The worker met a fault" in caplog.text)
            await jobs.sql("ALTER TABLE job DROP CONSTRAINT never")
            await until(lambda: recorder.done == [expected])


async def _claimed(jobs: JobTable, count: int) -> bool:
    return await jobs.sql("SELECT count(*) FROM job WHERE lease IS NOT NULL") == [(count,)]
