"""Workers, and jobs that do something else than those of documents."""

import asyncio
from uuid import UUID

from app.core.caller import SERVICE
from app.db import Database
from app.jobs.job import Job
from app.jobs.worker import Handler, Worker


class Recorder:
    """Finishes jobs, and notes which documents they were about, in order."""

    def __init__(self, database: Database) -> None:
        self.done: list[UUID] = []
        self._database = database

    async def do(self, job: Job) -> None:
        """Finishes a job."""
        await self._database.run(SERVICE, job.finish)
        self.done.append(job.document_uuid)

    def worker(self, sizes: tuple[int | None, ...] = (None,)) -> Worker:
        """A worker that has this do the jobs of the kind "index"."""
        return Worker(self._database, {"index": Handler(self.do)}, sizes)


class Slow(Recorder):
    """Begins a job, and finishes it only when a test says so."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def do(self, job: Job) -> None:
        """Finishes a job once it may."""
        self.begun.set()
        await self.may_end.wait()
        await super().do(job)


class Failing:
    """Fails at every job with an error, and notes how often, and which jobs were given up."""

    def __init__(self, error: Exception) -> None:
        self.tries = 0
        self.given_up: list[UUID] = []
        self._error = error

    async def do(self, _: Job) -> None:
        """Fails."""
        self.tries += 1
        raise self._error

    async def give_up(self, job: Job) -> None:
        """Notes it; the job itself stays."""
        self.given_up.append(job.document_uuid)


async def do_jobs(worker: Worker) -> None:
    """Does all jobs that are due."""
    while await worker.step():
        pass
