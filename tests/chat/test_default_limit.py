"""DEFAULT_LIMIT: how many passages an answer is made from where a question does not say."""

from tests.conftest import SettingsFactory
from tests.support.asking import QA
from tests.support.chat_knowledge import DUCK_QUESTION
from tests.support.server import serve


class TestDefaultLimit:
    async def test_question_may_name_another(self, make_chat_settings: SettingsFactory) -> None:
        """A question without a limit has DEFAULT_LIMIT sources, one with a limit that many."""
        async with serve(make_chat_settings(DEFAULT_LIMIT=1)) as client:
            for limit, count in (({}, 1), ({"limit": 2}, 2), ({"limit": 2.0}, 2)):
                answer = await client.post(QA, json={"message": DUCK_QUESTION, **limit})
                assert len(answer.json()["sources"]) == count

    async def test_description_names_the_setting(self, make_chat_settings: SettingsFactory) -> None:
        """The API's description names the setting, and no number that it may not be."""
        async with serve(make_chat_settings(DEFAULT_LIMIT=1)) as client:
            schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
        limit = schemas["QAMessage"]["properties"]["limit"]
        assert "DEFAULT_LIMIT" in limit["description"]
        assert "default" not in limit
        assert "limit" not in schemas["QAMessage"]["required"]
