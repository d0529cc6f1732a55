"""A claimed job: its lease, kept or lost."""

import asyncio

import pytest

from app.core.caller import SERVICE
from app.core.exceptions import RetrievalUnavailable
from app.jobs.constants import LONGEST_BACKOFF_SEC, NO_DOCUMENT
from app.jobs.exceptions import LeaseLost
from app.jobs.job import Job
from app.jobs.worker import Handler, Worker
from tests.support.job_table import LATER, RECORD, JobTable
from tests.support.waiting import until
from tests.support.workers import Failing, Recorder, Slow

KINDS = ("ingest", "index", "purge", "sweep")


class TestClaim:
    async def test_only_the_kinds_asked_for(self, jobs: JobTable) -> None:
        """Only a job of the kinds that are asked for is claimed."""
        await jobs.insert("index")
        purge = await jobs.insert("purge")
        job = await Job.claim(jobs.database, ["purge", "sweep"])
        assert job
        assert (job.kind, job.document_uuid, job.attempts, job.faults) == ("purge", purge, 1, 0)
        assert await Job.claim(jobs.database, ["purge", "sweep"]) is None

    async def test_leased_to_another_worker(self, jobs: JobTable) -> None:
        """A job that one worker has is not claimed by another."""
        await jobs.insert()
        assert await Job.claim(jobs.database, KINDS)
        assert await Job.claim(jobs.database, KINDS) is None

    async def test_index_waits_for_sweep(self, jobs: JobTable) -> None:
        """Points are not written again while a sweep that came before may still delete them."""
        given = {"kind": "sweep", "document_uuid": NO_DOCUMENT, "bytes": 0}
        await jobs.database.query(SERVICE, "insert_job", **given)
        await jobs.insert("index")
        sweep = await Job.claim(jobs.database, KINDS)
        assert sweep
        assert await Job.claim(jobs.database, KINDS) is None
        await jobs.database.run(SERVICE, sweep.finish)
        index = await Job.claim(jobs.database, KINDS)
        assert index
        assert (sweep.kind, index.kind) == ("sweep", "index")


class TestLease:
    async def test_lost_before_postponed(self, jobs: JobTable) -> None:
        """A worker that lost its lease does not put the job off for the worker that has it now."""

        async def lose(_: Job) -> None:
            await jobs.sql(
                "UPDATE job SET lease = gen_random_uuid(), run_at = now() + interval '1 hour'"
            )
            raise RetrievalUnavailable

        await jobs.insert()
        assert await Worker(jobs.database, {"index": Handler(lose)}).step()
        assert await jobs.is_leased_for_longer(LONGEST_BACKOFF_SEC)

    async def test_lost_by_worker(self, jobs: JobTable) -> None:
        """A worker that has lost its lease leaves the job to the other worker, and lives on."""
        await jobs.insert()
        failing = Failing(LeaseLost())
        worker = Worker(jobs.database, {"index": Handler(failing.do, failing.give_up)})
        await jobs.sql("UPDATE job SET faults = 100")
        assert await worker.step()
        assert failing.given_up == []
        assert await jobs.sql("SELECT attempts, faults FROM job") == [(1, 100)]
        assert await jobs.is_leased_for_longer(0)

    @pytest.mark.parametrize("kind", ["index", "purge"])
    async def test_stale(self, jobs: JobTable, kind: str) -> None:
        """A worker whose job another one has claimed meanwhile cannot finish that job."""
        await jobs.insert(kind)
        job = await Job.claim(jobs.database, KINDS)
        assert job
        await jobs.hurry()
        assert await Job.claim(jobs.database, KINDS)
        with pytest.raises(LeaseLost):
            await jobs.database.run(SERVICE, job.finish)
        assert await jobs.jobs_left() == 1

    async def test_lost_cannot_be_held(self, jobs: JobTable) -> None:
        """A transaction that holds a lost lease is undone."""
        await jobs.insert()
        job = await Job.claim(jobs.database, KINDS)
        assert job
        await jobs.sql("UPDATE job SET lease = gen_random_uuid()")
        with pytest.raises(LeaseLost):
            await jobs.database.run(SERVICE, job.hold)

    async def test_kept(self, jobs: JobTable, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker keeps its job for as long as it takes, and no other worker gets it."""
        monkeypatch.setattr("app.jobs.job.LEASE_SEC", 1.0)
        await jobs.sql(RECORD)
        await jobs.insert()
        slow = Slow(jobs.database)
        step = asyncio.create_task(slow.worker().step())
        await slow.begun.wait()
        [(first_end,)] = await jobs.sql("SELECT run_at::text FROM job")

        async def is_past_its_first_end() -> bool:
            return await jobs.sql("SELECT now() > %s::timestamptz", first_end) == [(True,)]

        await until(is_past_its_first_end)
        assert not await Recorder(jobs.database).worker().step()
        slow.may_end.set()
        await step
        assert await jobs.sql("SELECT count(*) FROM claimed") == [(1,)]
        assert await jobs.jobs_left() == 0


class TestPostpone:
    async def test_claimed_again_when_due(self, jobs: JobTable) -> None:
        """A postponed job is claimed again once it is due, with the faults that it had."""
        await jobs.insert()
        job = await Job.claim(jobs.database, KINDS)
        assert job
        await job.postpone(jobs.database, 3600, faults=1)
        assert await Job.claim(jobs.database, KINDS) is None
        await jobs.hurry()
        again = await Job.claim(jobs.database, KINDS)
        assert again
        assert (again.id, again.attempts, again.faults) == (job.id, 2, 1)

    async def test_later(self, jobs: JobTable) -> None:
        """A job that is for later is not claimed."""
        await jobs.insert()
        await jobs.sql(LATER)
        assert await Job.claim(jobs.database, KINDS) is None
