"""Whether an index was written by this version of the code, and what happens where it was not."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.db import Database, Queries
from app.documents.constants import VERSION_FAULT_SEC, VERSION_RETRY_SEC

# To be raised whenever the code would write other points for the same passages.
# 1: vectors of the packaged graph of the embedding model.
# 2: vectors of its 8-bit products, near enough to those that an index of both serves meanwhile.
# 3: words and vectors of folded text; characters of scripts without blanks in pairs. A word that is
#    spelled in ASCII has the index that it had.
# 4: what is written in two ways ("wi-fi", "max_retries", "1,250") in both; numbers of clauses.
INDEX_VERSION: Final = 4

logger = logging.getLogger(__name__)


async def upgrade_index(database: Database, collection: str) -> bool:
    """Queues the reindexing of an index of an older version; whether there was one.

    Searches go on meanwhile, on points of both versions. Raises DatabaseUnavailable.
    """
    found, documents = await database.run(SERVICE, lambda queries: _upgrade(queries, collection))
    if not documents:
        return False
    logger.warning(
        "The index of %s has version %d, and this code writes version %d: %d documents are "
        "indexed anew, and searches go on meanwhile",
        *(collection, found, INDEX_VERSION, documents),
    )
    return True


async def upgrade_index_when_possible(
    database: Database, collection: str, notify: Callable[[], None]
) -> None:
    """Upgrades the index once the database answers, for which a service does not wait.

    `notify` is called once documents are queued.
    """
    while True:
        try:
            if await upgrade_index(database, collection):
                notify()
        except DatabaseUnavailable:
            await asyncio.sleep(VERSION_RETRY_SEC)
        except Exception:  # a database without the migrations, perhaps: they may come
            logger.exception("The version of the index could not be looked at")
            await asyncio.sleep(VERSION_FAULT_SEC)
        else:
            return


def _upgrade(queries: Queries, collection: str) -> tuple[int, int]:
    """The version that was found, and how many documents are queued."""
    queries.lock_index(collection=collection)
    found: int | None = queries.get_index_version(collection=collection)
    if found is not None and found >= INDEX_VERSION:
        return found, 0
    queries.set_index_version(collection=collection, version=INDEX_VERSION)
    # A new collection holds nothing that is old: filling it is for `reindex`.
    return (INDEX_VERSION, 0) if found is None else (found, queries.insert_index_jobs())
