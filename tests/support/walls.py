"""Walls between owners in Postgres, as tests take them away and look at them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import psycopg2
from psycopg2 import extensions

from app.core.constants import ROOT
from app.db import Database
from app.db.engine import ROLE
from app.users.credentials import Credentials
from app.users.services import ApiKeyService
from app.users.tokens import TokenHasher
from tests.support.psql import run_sql

# Queries for the caller that find or change nothing by an id, or whose own tests show it.
ELSEWHERE: Final = {
    *("insert_document", "insert_chat", "insert_api_key", "delete_failed_versions"),
    "label_original",
    *("get_passages", "claim_idempotency_key", "get_idempotency_key"),
}
# What holds nothing of anybody's.
OWNERLESS: Final = {"schema_migrations", "calibration", "index_version", "process"}
TABLES: Final = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace {condition}
"""
POLICIES_OFF: Final = """
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
        END LOOP;
    END $$
"""


@contextmanager
def connected(url: str, caller: str | None) -> Iterator[extensions.connection]:
    """A connection in the application's role, on which a caller has been named, or none."""
    with closing(psycopg2.connect(url, options=f"-c role={ROLE}")) as connection:
        if caller is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.caller', %s, false)", [caller])
            connection.commit()
        yield connection


def asking_for_the_caller() -> set[str]:
    """The names of all queries that name the caller."""
    files = (ROOT / "db" / "queries").rglob("*.sql")
    return {file.stem for file in files if ":user_id" in file.read_text()}


def affected(connection: extensions.connection, statement: str) -> int:
    """How many rows a statement finds or changes; all is undone."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        count = cursor.rowcount
    connection.rollback()
    return count


def names(url: str, condition: str = "") -> set[str]:
    """The tables for which a condition holds."""
    return {name for (name,) in run_sql(url, TABLES.format(condition=condition))}


def api_keys(database: Database) -> ApiKeyService:
    """The API keys of users."""
    return ApiKeyService(database, Credentials(database, TokenHasher(b"k" * 32)))
