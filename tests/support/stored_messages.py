"""Answers that another process has left in Postgres."""

from app.core.models import uuid7
from tests.support.psql import run_sql

ABANDONED = """
    INSERT INTO message (uuid, model, role, message, status, created_at)
    VALUES (gen_random_uuid(), 'm', 'assistant', '', 'generating',
            clock_timestamp() - make_interval(secs => %s))
    RETURNING uuid
"""
OF_AN_OLDER_VERSION = """
    INSERT INTO message (uuid, model, role, message, status, finish_reason, sources)
    VALUES (gen_random_uuid(), 'm', 'assistant', 'Hi', 'complete', 'stop', %s)
    RETURNING uuid
"""
LONG_ANSWER = """
    WITH asked AS (
        INSERT INTO message (uuid, chat_uuid, model, role, message, status)
        VALUES (gen_random_uuid(), %s, 'm', 'user', 'Hi', 'complete')
        RETURNING uuid, chat_uuid
    )
    INSERT INTO message (uuid, chat_uuid, question_uuid, model, role, message, status)
    SELECT gen_random_uuid(), chat_uuid, uuid, 'm', 'assistant', %s, 'complete' FROM asked
    RETURNING uuid
"""
SOURCE = """[{
    "document_uuid": "00000000-0000-0000-0000-000000000001", "title": "T", "source": "s",
    "ordinal": 0, "start": 0, "end": 2, "text": "Hi", "score": 0.5
}]"""


def answer_left_behind(database_url: str, seconds: float) -> str:
    """The uuid of an answer that a process began to generate so long ago."""
    return _insert(database_url, ABANDONED, seconds)


def answer_of_an_older_version(database_url: str) -> str:
    """The uuid of an answer whose source has no page and no headings."""
    return _insert(database_url, OF_AN_OLDER_VERSION, SOURCE)


def _insert(database_url: str, statement: str, value: object) -> str:
    [(uuid,)] = run_sql(database_url, statement, value)
    return str(uuid)


def long_answers(database_url: str, count: int, chars: int) -> str:
    """The uuid of a chat with so many exchanges, whose answers have so many characters."""
    [(chat,)] = run_sql(database_url, "INSERT INTO chat (uuid) VALUES (%s) RETURNING uuid", uuid7())
    for _ in range(count):
        run_sql(database_url, LONG_ANSWER, str(chat), "x" * chars)
    return str(chat)
