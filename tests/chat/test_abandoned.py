"""Answers whose process died while it generated them."""

import pytest

from tests.conftest import SettingsFactory
from tests.support.asking import stored
from tests.support.server import serve
from tests.support.stored_messages import answer_left_behind
from tests.support.waiting import until


class TestSweep:
    """Answers that nobody generates any more."""

    @pytest.fixture
    def old(self, chat_database_url: str) -> str:
        """An answer that nobody can still be generating."""
        return answer_left_behind(chat_database_url, seconds=20.5)

    @pytest.fixture
    def young(self, chat_database_url: str) -> str:
        """An answer that another process may still be generating."""
        return answer_left_behind(chat_database_url, seconds=5)

    async def test_abandoned_answers_fail(
        self, make_chat_settings: SettingsFactory, old: str, young: str
    ) -> None:
        """A service that starts fails what is abandoned, and leaves alone what may be under way."""
        async with serve(make_chat_settings(GENERATION_TIMEOUT_SEC=10)) as client:

            async def is_failed() -> bool:
                return bool((await stored(client, old))["status"] == "failed")

            await until(is_failed)
            assert (await stored(client, old))["finish_reason"] == "abandoned"
            assert (await stored(client, young))["status"] == "generating"
