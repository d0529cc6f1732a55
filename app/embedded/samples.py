"""The documents that a newcomer can ask about at once: the project's own."""

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg2

from app.core.constants import ROOT
from app.embedded.migrations import plain_url
from app.embedded.processes import end, spawn

logger = logging.getLogger(__name__)

SAMPLES: Final = ("README.md", "docs")
GRACE_SEC: Final = 5.0


async def ingest_samples(environment: Mapping[str, str]) -> None:
    """Fills an empty knowledge base, or one whose filling was broken off."""
    unfinished = Path(environment["DATA_DIR"]) / "samples-unfinished"
    samples = await asyncio.to_thread(_samples)
    empty = await asyncio.to_thread(_is_empty, environment["DATABASE_URL"])
    if samples and (empty or unfinished.exists()):
        unfinished.touch()
        if await _ingest(samples, environment):
            unfinished.unlink()
        else:
            logger.warning("The sample documents are not in yet: the next start tries again.")


def _samples() -> list[str]:
    """The paths that exist, as a user who stands here would write them."""
    return [os.path.relpath(ROOT / name) for name in SAMPLES if (ROOT / name).exists()]


def _is_empty(database_url: str) -> bool:
    # By hand: the command line would take a second of each start to say the same. The policies let
    # the service see all, where this user is bound by them.
    options = "-c app.caller=service"
    with closing(psycopg2.connect(plain_url(database_url), options=options)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT NOT EXISTS (SELECT FROM document)")
        row = cursor.fetchone()
    return row == (True,)


async def _ingest(samples: list[str], environment: Mapping[str, str]) -> bool:
    logger.info("The knowledge base is empty: %s go in.", " and ".join(samples))
    process = await spawn("app.documents", "ingest", *samples, environment=environment)
    try:
        return await process.wait() == 0
    finally:
        await end(process, GRACE_SEC)
