"""Answers whose process died."""

import psycopg2
import pytest

from app.chat import decoding
from tests.chat.asking import COMPLETION, COMPLETION_STREAM, exchange, fail, stored
from tests.conftest import SettingsFactory
from tests.server import serve
from tests.waiting import until

ABANDONED = """
    INSERT INTO message (uuid, model, role, message, status, created_at)
    VALUES (gen_random_uuid(), 'm', 'assistant', '', 'generating',
            clock_timestamp() - make_interval(secs => %s))
    RETURNING uuid
"""


def leave_behind(database_url: str, seconds: float) -> str:
    """The uuid of an answer that somebody began to generate so long ago."""
    connection = psycopg2.connect(database_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(ABANDONED, [seconds])
            row = cursor.fetchone()
    finally:
        connection.close()
    assert row
    return str(row[0])


class TestOurFault:
    """Something goes wrong that nobody foresaw: here, the parser of JSON is gone."""

    @pytest.mark.parametrize("path", [COMPLETION, COMPLETION_STREAM])
    async def test_stored(
        self, make_settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        """The client is told that it was us, and the answer is not left behind as under way."""
        monkeypatch.setattr(decoding, "orjson", None)
        async with serve(make_settings()) as client:
            fault = await fail(client, path)
            assert (fault.status, fault.code) == (500, "internal_server_error")
            _, answer = await exchange(client)
            assert (answer["status"], answer["message"]) == ("failed", "")


class TestSweep:
    """Answers that nobody generates any more."""

    @pytest.fixture
    def old(self, database_url: str) -> str:
        """An answer that nobody can still be generating."""
        return leave_behind(database_url, seconds=20.5)

    @pytest.fixture
    def young(self, database_url: str) -> str:
        """One that another process may still be generating."""
        return leave_behind(database_url, seconds=5)

    async def test_abandoned(self, make_settings: SettingsFactory, old: str, young: str) -> None:
        """They fail when a service starts; what may still be under way is left alone."""
        async with serve(make_settings(GENERATION_TIMEOUT_SEC=10)) as client:

            async def is_failed() -> bool:
                return bool((await stored(client, old))["status"] == "failed")

            await until(is_failed)
            assert (await stored(client, old))["finish_reason"] == "abandoned"
            assert (await stored(client, young))["status"] == "generating"
