"""Keys, limits and Idempotency-Key, for clients of the OpenAI API."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import openai
import pytest

from tests.compat.test_streams import chunks_of
from tests.conftest import SettingsFactory
from tests.support.chat_knowledge import PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_clients import COMPLETIONS, asked, library
from tests.support.people import logged_in, make_key
from tests.support.server import serve


class TestIdempotency:
    """An Idempotency-Key that comes again."""

    @pytest.mark.parametrize("is_stream", [True, False])
    async def test_same_bytes(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, *, is_stream: bool
    ) -> None:
        """The same bytes come again, those of a stream as well, and no model is asked."""
        headers = {"Idempotency-Key": uuid4().hex}
        given: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
        body = asked(PORT_QUESTION, **given if is_stream else {})
        first = await chat_client.post(COMPLETIONS, json=body, headers=headers)
        count = len(shared_openai.requests)
        again = await chat_client.post(COMPLETIONS, json=body, headers=headers)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.content == first.content
        assert len(shared_openai.requests) == count
        if is_stream:
            assert chunks_of(again.content)
        other = await chat_client.post(COMPLETIONS, json=asked("Other"), headers=headers)
        assert other.status_code == 422
        assert other.json()["error"]["message"].startswith("This Idempotency-Key")


class TestKeys:
    """A service that needs keys."""

    @pytest.fixture
    async def guarded(
        self, make_settings: SettingsFactory
    ) -> AsyncIterator[tuple[httpx2.AsyncClient, str, str]]:
        """A client, a key of Ann's and one of Bob's."""
        settings = make_settings(AUTH_REQUIRED=True, RATE_LIMIT_PER_MINUTE=4)
        async with (
            serve(settings) as client,
            logged_in(settings, client, "ann@example.com") as ann,
            logged_in(settings, client, "bob@example.com") as bob,
        ):
            yield client, await make_key(ann), await make_key(bob)

    async def test_whose_is_what(self, guarded: tuple[httpx2.AsyncClient, str, str]) -> None:
        """No key, no answer; what is asked by a key is its user's; a limit has its own error."""
        client, ann, bob = guarded
        url = str(client.base_url)
        async with library(url, "sk-other") as nobody:
            with pytest.raises(openai.AuthenticationError, match="API key"):
                await nobody.chat.completions.create(**asked("Hello", model="m"))
        async with library(url, ann) as hers, library(url, bob) as his:
            completion = await hers.chat.completions.create(**asked("Hello", model="m"))
            path = f"/messages/{completion.id.removeprefix('chatcmpl-')}"
            assert (await hers.get(path, cast_to=httpx2.Response)).status_code == 200
            with pytest.raises(openai.NotFoundError):
                await his.get(path, cast_to=httpx2.Response)
            await hers.models.list()
            await hers.models.list()
            with pytest.raises(openai.RateLimitError, match="Too many requests") as raised:
                await hers.models.list()
            headers = raised.value.response.headers
            assert headers["x-should-retry"] == "true"
            assert 0 < int(headers["retry-after-ms"]) <= 60_000
