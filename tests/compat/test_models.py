"""GET /v1/models."""

import openai
import pytest

from tests.conftest import SettingsFactory
from tests.support.openai_clients import asked, library
from tests.support.server import serve


class TestModels:
    """The models that can be asked."""

    async def test_listed(self, openai_client: openai.AsyncOpenAI) -> None:
        """Every model is listed, and each can be looked at, also where its name has a slash."""
        ids = [model.id async for model in openai_client.models.list()]
        embedding = "sentence-transformers/all-MiniLM-L6-v2"
        assert ids == ["brag", "brag/fake-model", "fake-model", embedding]
        for id in ids:
            assert (await openai_client.models.retrieve(id)).id == id

    async def test_unknown(self, openai_client: openai.AsyncOpenAI) -> None:
        """A model that is not there is the library's NotFoundError, with our sentence."""
        with pytest.raises(openai.NotFoundError, match="There is no such model"):
            await openai_client.models.retrieve("none")

    async def test_allowed(self, make_settings: SettingsFactory) -> None:
        """OPENAI_ALLOWED_MODELS are listed, and no other can be asked, with passages or without."""
        settings = make_settings(OPENAI_ALLOWED_MODELS=["a", "b"])
        async with serve(settings) as client, library(str(client.base_url)) as allowed:
            ids = {model.id async for model in allowed.models.list()}
            assert ids >= {"brag", "brag/a", "brag/b", "a", "b"}
            for model in ("c", "brag/c"):
                with pytest.raises(openai.UnprocessableEntityError, match="one of a, b") as raised:
                    await allowed.chat.completions.create(**asked("Hello", model=model))
                assert raised.value.param == "model"
