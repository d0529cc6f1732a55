"""Postgres itself, as the tests of its seam use it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson
import sqlalchemy
from pydantic import SecretStr

from app.core.caller import SERVICE
from app.db import Database, Queries, Row, create_database
from settings import Settings


@asynccontextmanager
async def opened(database_url: str, timeout_sec: float = 2) -> AsyncIterator[Database]:
    """The database of this URL, closed at the end."""
    settings = Settings(DATABASE_URL=SecretStr(database_url), DATABASE_TIMEOUT_SEC=timeout_sec)
    database = await asyncio.to_thread(create_database, settings)
    try:
        yield database
    finally:
        await database.close()


def message(text: str = "Hello") -> Row:
    """A message as the query `insert_messages` takes it."""
    return {
        "uuid": uuid4(),
        "chat_uuid": None,
        "user_id": None,
        "model": "m",
        "role": "user",
        "message": text,
        "status": "complete",
        "finish_reason": None,
        "usage": None,
        "sources": [],
        "question_uuid": None,
        "retrieval_queries": None,
        "turns": None,
        "prompt_mark": None,
    }


async def stored(database: Database, uuid: UUID) -> Row | None:
    """A message as it is stored."""
    row: Row | None = await database.run(
        SERVICE, lambda queries: queries.get_message(uuid=uuid, user_id=None)
    )
    return row


def to_json(rows: list[Row]) -> str:
    """Rows as a query takes them."""
    return orjson.dumps(rows).decode()


def execute(queries: Queries, statement: str, **given: str) -> Any:
    """Runs a statement that the application has no query for, on the transaction's connection."""
    with queries.module.transaction() as savepoint:
        return savepoint.session.execute(sqlalchemy.text(statement), given).scalars().all()


def sleep(queries: Queries) -> None:
    """Keeps a connection busy for longer than any test."""
    execute(queries, "SELECT CAST(pg_sleep(60) AS text)")
