"""The job table, and what tests do to it, as another worker or an operator would."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from app.core.caller import SERVICE
from app.db import Database
from settings import Settings
from tests.support.psql import sql

# Another worker takes the job as soon as a document has come so far.
STEAL = """
CREATE FUNCTION steal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE job SET lease = gen_random_uuid(), run_at = now() + interval '1 hour'
    WHERE document_uuid = NEW.uuid;
    RETURN NEW;
END $$;
CREATE TRIGGER steal AFTER UPDATE ON document FOR EACH ROW
WHEN (NEW.status = 'processing' AND NEW.passages_done >= {done})
EXECUTE FUNCTION steal()
"""
INDEX_LATER = """
INSERT INTO job (kind, document_uuid, run_at) VALUES ('index', %s, now() + interval '1 hour')
"""
LATER = "UPDATE job SET run_at = now() + interval '1 hour'"
# Every claim of a job leaves a row.
RECORD = """
CREATE TABLE claimed (job_id bigint);
CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO claimed VALUES (NEW.id);
    RETURN NEW;
END $$;
CREATE TRIGGER record AFTER UPDATE OF attempts ON job FOR EACH ROW EXECUTE FUNCTION record()
"""


@dataclass
class JobTable:
    """The job table of a database."""

    settings: Settings
    database: Database

    async def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What an operator would do with psql."""
        return await sql(self.settings, statement, *values)

    async def insert(self, kind: str = "index", size: int = 0) -> UUID:
        """Inserts a job that is due, about a document of so many bytes; that document's uuid."""
        uuid = uuid4()
        await self.database.query(SERVICE, "insert_job", kind=kind, document_uuid=uuid, bytes=size)
        return uuid

    async def hurry(self) -> None:
        """Makes postponed jobs due."""
        await self.sql("UPDATE job SET run_at = now()")

    async def attempts_and_delay(self) -> tuple[int, float]:
        """How often the only job was tried, and in how many seconds it is tried again."""
        [(attempts, delay)] = await self.sql(
            "SELECT attempts, extract(epoch FROM run_at - now())::float8 FROM job"
        )
        return attempts, delay

    async def is_leased_for_longer(self, seconds: float) -> bool:
        """Whether a worker has the only job for longer than this."""
        return (await self.attempts_and_delay())[1] > seconds

    async def jobs_left(self) -> int:
        """How many rows the job table has."""
        left: int = await self.database.query(SERVICE, "count_jobs")
        return left
