"""The version before runs on the newest schema: while a deploy takes place, both are at work.

See docs/decisions/0057-migrations-first-add.md.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor  # noqa: N812 (a class in all but its name)

from tests.support.migrations import FILES, unmigrated

RELEASED: Final = (Path(__file__).parent / "released.sql").read_text()
PARAMETER: Final = re.compile(r"(?<!:):[a-z]\w*")
LIST: Final = re.compile(r"\bIN :\w+")
NAME: Final = re.compile(r"(?m)^-- :name (\w+) .*$")
# Constraints of a newer version that take all that the one before writes, each with its reason.
WIDER: Final = frozenset({"idempotency_key_answer_uuid_fkey"})  # of a column that it leaves null
# What a schema asks of whoever writes.
DEMANDS: Final = """
SELECT attrelid::regclass::text, 'column ' || attname
FROM pg_attribute INNER JOIN pg_class ON pg_class.oid = attrelid
WHERE
    relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    AND attnotnull AND NOT atthasdef AND attidentity = ''
UNION ALL
SELECT conrelid::regclass::text, conname || ': ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL
SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index INNER JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace AND indisunique
"""
Demands = set[tuple[str, str]]


@pytest.fixture(scope="module")
def released_demands(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Demands:
    """What the schema of the version before asks of its queries."""
    newest = re.findall(r"\d+", RELEASED.splitlines()[0])[-1]
    with unmigrated(postgres_url, tmp_path_factory.mktemp("released")) as database:
        database.up(*[file for file in FILES if file.name.partition("_")[0] <= newest])
        with closing(psycopg2.connect(database.url)) as connection, connection.cursor() as cursor:
            return _demands(cursor)


@pytest.fixture(scope="module")
def newest_url(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of the newest schema that nobody else uses: changes lock its tables."""
    with unmigrated(postgres_url, tmp_path_factory.mktemp("newest")) as database:
        database.up(*FILES)
        yield database.url


class TestReleasedQueries:
    def test_run_on_the_newest_schema(self, newest_url: str, released_demands: Demands) -> None:
        """Every query of the version before does what it did: nothing that it needs is gone."""
        assert len(NAME.findall(RELEASED)) > 50
        assert _complaints(newest_url, released_demands) == []

    @pytest.mark.parametrize(
        "change",
        [
            "ALTER TABLE message DROP COLUMN usage",
            "ALTER TABLE journal RENAME TO journals",
            "ALTER TABLE document ALTER COLUMN bytes TYPE text",
            "ALTER TABLE message ADD COLUMN language text NOT NULL",
            "ALTER TABLE message ALTER COLUMN chat_uuid SET NOT NULL",
            "ALTER TABLE message ADD CONSTRAINT short CHECK (length(message) < 9)",
            "CREATE UNIQUE INDEX once ON message (message)",
        ],
    )
    def test_change_that_breaks_them_is_seen(
        self, newest_url: str, released_demands: Demands, change: str
    ) -> None:
        """A change that the version before cannot live with is complained of."""
        assert _complaints(newest_url, released_demands, change)

    @pytest.mark.parametrize(
        "change",
        [
            "ALTER TABLE message ADD COLUMN language text NOT NULL DEFAULT 'en'",
            "ALTER TABLE message ALTER COLUMN model DROP NOT NULL",
            "CREATE TABLE more (id bigint PRIMARY KEY, text text NOT NULL UNIQUE)",
        ],
    )
    def test_change_that_adds_is_taken(
        self, newest_url: str, released_demands: Demands, change: str
    ) -> None:
        """A change that only adds, or asks for less, is not complained of."""
        assert _complaints(newest_url, released_demands, change) == []


def _complaints(url: str, released_demands: Demands, change: str = "") -> list[str]:
    """What the version before cannot do in a database after a change, which is undone, and why."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        if change:
            cursor.execute(change)
        broken = [*_broken_queries(cursor)]
        more = _demands(cursor) - released_demands
        connection.rollback()
    tables = {table for table, _ in released_demands}
    return broken + [
        f"{table} asks for more: {demand}"
        for table, demand in more
        if table in tables and demand.partition(":")[0] not in WIDER
    ]


def _broken_queries(cursor: Cursor) -> Iterator[str]:
    """EXPLAIN looks at all that a query names, and runs nothing."""
    _, *parts = NAME.split(RELEASED)
    for name, query in zip(parts[::2], parts[1::2], strict=True):
        cursor.execute("SAVEPOINT query")
        try:
            cursor.execute("EXPLAIN " + PARAMETER.sub("NULL", LIST.sub("IN (NULL)", query)))
        except psycopg2.Error as error:
            yield f"{name}: {error}"
        cursor.execute("ROLLBACK TO SAVEPOINT query")


def _demands(cursor: Cursor) -> Demands:
    cursor.execute(DEMANDS)
    return {(table, demand) for table, demand in cursor.fetchall()}
