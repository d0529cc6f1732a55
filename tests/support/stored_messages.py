"""Answers that another process has left in Postgres."""

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
