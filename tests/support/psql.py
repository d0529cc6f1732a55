"""Statements beside the application, as an operator runs them with psql."""

import asyncio
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg2

from settings import Settings


def url_of(settings: Settings) -> str:
    """The DATABASE_URL, which must be set."""
    assert settings.DATABASE_URL
    return settings.DATABASE_URL.get_secret_value()


async def sql(settings: Settings, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Runs one statement and commits it; the rows that it gives."""
    return await asyncio.to_thread(run_sql, url_of(settings), statement, *values)


def run_sql(url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """The same as `sql`, in the caller's thread, for a database by its URL."""
    plain = [str(value) if isinstance(value, UUID) else value for value in values]
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, plain or None)
        return cursor.fetchall() if cursor.description else []
