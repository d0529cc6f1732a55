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
from app.embedded.migrations import plain_url
from app.embedded.processes import end, spawn

logger = logging.getLogger(__name__)

# What newcomers ask comes first. The decisions stay out: they would answer beside the question.
SAMPLES: Final = ("docs/questions.md", "README.md", "docs/*.md")
GRACE_SEC: Final = 5.0
# Whether the first number of a document is still to be given, and what there is but samples.
STATE: Final = """
    SELECT NOT is_called, EXISTS (SELECT FROM document WHERE NOT is_sample) FROM document_id_seq
"""


# Whether there are samples, and whether any is still to be read.
SAMPLES_STATE: Final = """
    SELECT count(*) > 0, count(*) FILTER (WHERE status IN ('pending', 'processing')) > 0
    FROM document
    WHERE is_sample
"""
LOOK_SEC: Final = 0.2


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
    if samples and not await _ingest(samples, environment):
        logger.warning("Not all of the sample documents could be put in.")
    # A filling that came to its end is not tried again: what is missing may have been deleted.
    await asyncio.to_thread(unfinished.unlink, missing_ok=True)


def _begin(database_url: str, unfinished: Path) -> list[str]:
    """The paths that go in, as a user who stands here would write them; notes that it is begun."""
    state = _state(database_url)
    if not state.is_new and (state.has_others or not unfinished.exists()):
        return []
    unfinished.touch()
    return [os.path.relpath(page) for name in SAMPLES for page in sorted(ROOT.glob(name))]


async def samples_read(environment: Mapping[str, str]) -> bool:
    """Waits until the server has ingested all samples; whether there are any."""
    while True:
        are_there, are_unread = await asyncio.to_thread(
            _ask, environment["DATABASE_URL"], SAMPLES_STATE
        )
        if not are_unread:
            return are_there
        await asyncio.sleep(LOOK_SEC)


def _state(database_url: str) -> KnowledgeBaseState:
    return KnowledgeBaseState(*_ask(database_url, STATE))


def _ask(database_url: str, question: str) -> tuple[bool, ...]:
    # By hand: the command line would take a second of each start to say the same. The policies let
    # the service see all, where this user is bound by them.
    options = "-c app.caller=service"
    with closing(psycopg2.connect(plain_url(database_url), options=options)) as connection:
        cursor = connection.cursor()
        cursor.execute(question)
        [row] = cursor.fetchall()
    return tuple(row)


async def _ingest(samples: list[str], environment: Mapping[str, str]) -> bool:
    logger.info("The knowledge base is empty: the README and docs go in.")
    command = ("app.documents", "ingest", "--samples", *samples)
    process = await spawn(*command, environment=environment)
    try:
        return await process.wait() == 0
    finally:
        await end(process, GRACE_SEC)
