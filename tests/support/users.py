"""Two people, in databases that a test needs people in."""

from typing import Final

from app.core.caller import Caller
from tests.support.psql import run_sql

ANN: Final = Caller(1)
BOB: Final = Caller(2)
INSERT: Final = """
INSERT INTO users (id, uuid, email) OVERRIDING SYSTEM VALUE
VALUES (%s, gen_random_uuid(), 'ann@example.com'), (%s, gen_random_uuid(), 'bob@example.com')
"""


def insert_people(url: str) -> None:
    """Inserts both into a database that has no users yet."""
    run_sql(url, INSERT, ANN.user_id, BOB.user_id)
    run_sql(url, "SELECT setval(pg_get_serial_sequence('users', 'id'), 2)")
