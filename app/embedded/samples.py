"""The documents that a newcomer can ask about at once: the project's own."""

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import psycopg2

from app.core.constants import ROOT
from app.core.postgres_url import plain_url
from app.embedded.processes import end, spawn

logger = logging.getLogger(__name__)

# What newcomers ask comes first. The decisions stay out: they would answer beside the question.
SAMPLES: Final = ("docs/questions.md", "README.md", "docs/*.md")
GRACE_SEC: Final = 5.0
LOOK_SEC: Final = 0.2
# Whether there has never been a document, and whether there are others than samples.
STATE: Final = """
    SELECT NOT is_called, EXISTS (SELECT FROM document WHERE NOT is_sample) FROM document_id_seq
"""
# Whether there are samples, and whether any is still to be read.
SAMPLES_STATE: Final = """
    SELECT count(*) > 0, count(*) FILTER (WHERE status IN ('pending', 'processing')) > 0
    FROM document
    WHERE is_sample
"""


class KnowledgeBaseState(NamedTuple):
    """What decides whether samples go in."""

    is_new: bool  # it has never held a document
    has_others: bool


async def ingest_samples(environment: Mapping[str, str]) -> None:
    """Fills a knowledge base that has never held a document, or one whose filling was broken off.

    The server ingests them. They are marked: it takes them out once another document comes in.
    """
    unfinished = Path(environment["DATA_DIR"]) / "samples-unfinished"
    samples = await asyncio.to_thread(_begin, environment["DATABASE_URL"], unfinished)
    if samples and not await _put_in(samples, environment):
        logger.warning("Not all of the sample documents could be put in.")
    # A filling that came to its end is not tried again: what is missing may have been deleted.
    await asyncio.to_thread(unfinished.unlink, missing_ok=True)


async def wait_for_samples(environment: Mapping[str, str]) -> bool:
    """Waits until the server has ingested all samples; returns whether there are any."""
    while True:
        are_there, are_unread = await asyncio.to_thread(
            _ask, environment["DATABASE_URL"], SAMPLES_STATE
        )
        if not are_unread:
            return are_there
        await asyncio.sleep(LOOK_SEC)


def _begin(database_url: str, unfinished: Path) -> list[str]:
    """The paths to put in, relative to the working directory; notes that the filling has begun."""
    state = KnowledgeBaseState(*_ask(database_url, STATE))
    if not state.is_new and (state.has_others or not unfinished.exists()):
        return []
    unfinished.touch()
    return [os.path.relpath(page) for name in SAMPLES for page in sorted(ROOT.glob(name))]


async def _put_in(samples: list[str], environment: Mapping[str, str]) -> bool:
    logger.info("The knowledge base is empty: the README and docs go in.")
    command = ("app.documents", "ingest", "--samples", *samples)
    process = await spawn(*command, environment=environment)
    try:
        return await process.wait() == 0
    finally:
        await end(process, GRACE_SEC)


def _ask(database_url: str, question: str) -> tuple[bool, ...]:
    """The row that Postgres answers, asked without `app.db`: to load that takes a second."""
    options = "-c app.caller=service"  # the policies let the service see all documents
    with closing(psycopg2.connect(plain_url(database_url), options=options)) as connection:
        cursor = connection.cursor()
        cursor.execute(question)
        [row] = cursor.fetchall()
    return tuple(row)
