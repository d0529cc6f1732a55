"""Whether an index was written by this version of the code, and what happens where it was not."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from app.core.caller import SERVICE
from app.core.exceptions import ServiceUnavailable
from app.db import Database, Queries, Row
from app.documents.constants import OTHER_INDEX, VERSION_FAULT_SEC, VERSION_RETRY_SEC
from app.vector_store.base import VectorStore

# To be raised whenever the code would write other points for the same passages.
# 1: vectors of the packaged graph of the embedding model.
# 2: vectors of its 8-bit products, near enough to those that an index of both serves meanwhile.
# 3: words and vectors of folded text; characters of scripts without blanks in pairs. A word that is
#    spelled in ASCII has the index that it had.
# 4: what is written in two ways ("wi-fi", "max_retries", "1,250") in both; numbers of clauses.
INDEX_VERSION: Final = 4
FIRST_VERSION: Final = 1  # of an index from before there was a table of them

logger = logging.getLogger(__name__)


class IndexFound(NamedTuple):
    """What a start finds: whose index the database has, and how many documents are queued."""

    is_other: bool
    version: int = INDEX_VERSION
    documents: int = 0


async def upgrade_index(database: Database, store: VectorStore, collection: str) -> bool:
    """Queues the reindexing of an index of an older version; whether there was one.

    Searches go on meanwhile, on points of both versions. A database without documents takes any
    index for its own; one that has another index keeps that, which is said. Raises
    DatabaseUnavailable or RetrievalUnavailable.
    """
    index_uuid = await store.index_uuid()
    is_other, found, documents = await database.run(
        SERVICE, lambda queries: _upgrade(queries, index_uuid, collection)
    )
    if is_other:
        logger.warning("%s", OTHER_INDEX)
    if not documents:
        return False
    logger.warning(
        "The index of %s has version %d, and this code writes version %d: %d documents are "
        "indexed anew, and searches go on meanwhile",
        *(collection, found, INDEX_VERSION, documents),
    )
    return True


async def upgrade_index_when_possible(
    database: Database, store: VectorStore, collection: str, notify: Callable[[], None]
) -> None:
    """Upgrades the index once all answer, for which a service does not wait.

    `notify` is called then: the worker may do jobs.
    """
    while True:
        try:
            await upgrade_index(database, store, collection)
            notify()
        except ServiceUnavailable:
            await asyncio.sleep(VERSION_RETRY_SEC)
        except Exception:  # a database without the migrations, perhaps: they may come
            logger.exception("The version of the index could not be looked at")
            await asyncio.sleep(VERSION_FAULT_SEC)
        else:
            return


def take_over(queries: Queries, index_uuid: UUID, collection: str) -> None:
    """Within the transaction that has it rebuilt: makes an index that of the database.

    Jobs under way for another index end without having written anything more to Postgres, and are
    done again.
    """
    queries.lock_index()
    queries.set_index(index_uuid=index_uuid, collection=collection, version=INDEX_VERSION)


def _upgrade(queries: Queries, index_uuid: UUID, collection: str) -> IndexFound:
    queries.lock_index()
    row = queries.get_index(collection=collection) or {"version": FIRST_VERSION}
    if not _is_ours(row, index_uuid, collection):
        if row["has_documents"]:
            return IndexFound(is_other=True)
        row = {"version": INDEX_VERSION}  # there is nothing to find in any index
    found: int = row["version"]
    current = {"index_uuid": index_uuid, "version": max(found, INDEX_VERSION)}
    if current != {name: row.get(name) for name in current}:
        queries.set_index(collection=collection, **current)
    documents = queries.insert_index_jobs() if found < INDEX_VERSION else 0
    return IndexFound(is_other=False, version=found, documents=documents)


def _is_ours(row: Row, index_uuid: UUID, collection: str) -> bool:
    """By its uuid; one from before indexes had uuids by its collection, or if it has no row."""
    known: UUID | None = row.get("index_uuid")
    if known is not None:
        return known == index_uuid
    return "collection" not in row or row["collection"] == collection
