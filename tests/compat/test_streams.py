"""POST /v1/chat/completions with `stream`."""

import asyncio
from typing import Any

import httpx2
import openai
import orjson
import pytest

from tests.conftest import SettingsFactory
from tests.support.asking import exchange
from tests.support.chat_knowledge import PORT, PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_clients import COMPLETIONS, asked
from tests.support.openai_replies import CUT, error, stream, text
from tests.support.server import serve
from tests.support.waiting import until

Json = dict[str, Any]


def chunks_of(body: bytes) -> list[Json]:
    """The chunks of a whole stream, which `[DONE]` ends."""
    *lines, done, rest = body.split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    return [orjson.loads(line.removeprefix(b"data: ")) for line in lines]


class TestStream:
    """The chunks."""

    async def test_library(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """The library reads the text, the citations at its end, the usage and the sources."""
        shared_openai.reply(text("Port ", "8000 ", "[1]\u2028."))
        chunks = [
            chunk
            async for chunk in await openai_client.chat.completions.create(
                **asked(PORT_QUESTION), stream=True, stream_options={"include_usage": True}
            )
        ]
        *chosen, last = chunks
        deltas = [chunk.choices[0].delta for chunk in chosen]
        assert deltas[0].role == "assistant"
        assert "".join(delta.content or "" for delta in deltas) == "Port 8000 [1]\u2028."
        assert [chunk.choices[0].finish_reason for chunk in chosen] == [
            *[None] * (len(chosen) - 1),
            "stop",
        ]
        [annotation] = (deltas[-1].model_extra or {})["annotations"]
        assert annotation["url_citation"]["start_index"] == 10
        assert (chunks[0].model_extra or {})["sources"][0]["text"] == PORT
        assert (last.choices, last.usage is not None) == ([], True)
        assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1

    async def test_to_the_letter(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Role, text, finish reason, `[DONE]`; usage only if asked for, and no other field."""
        shared_openai.reply(text("Hel", "lo"))
        response = await chat_client.post(COMPLETIONS, json=asked("Hi", model="m", stream=True))
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        chunks = chunks_of(response.content)
        assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
            {"role": "assistant", "content": "", "refusal": None},
            {"content": "Hel"},
            {"content": "lo"},
            {"annotations": []},
        ]
        for chunk in chunks[1:]:
            assert chunk.keys() == {"id", "object", "created", "model", "choices"}
            assert chunk["object"] == "chat.completion.chunk"
        _, answer = await exchange(chat_client)
        assert response.headers["x-message-uuid"] == answer["uuid"]

    @pytest.mark.parametrize("model", ["brag", "m"])
    async def test_fault_in_mid_stream(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI, model: str
    ) -> None:
        """A fault in mid-stream raises the library's own error, with our sentence."""
        shared_openai.reply(stream("Hel", CUT))
        chunks = await openai_client.chat.completions.create(
            **asked(PORT_QUESTION, model=model), stream=True
        )
        with pytest.raises(openai.APIError, match="OpenAI call failed") as raised:
            [chunk async for chunk in chunks]
        assert raised.value.code == "openai_error"

    async def test_refusal_is_no_stream(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """What is known before the stream begins has its status, and is not asked again."""
        shared_openai.reply(error(401))
        with pytest.raises(openai.APIStatusError, match="OpenAI call failed"):
            await openai_client.chat.completions.create(
                **asked(PORT_QUESTION, model="m"), stream=True
            )


class TestCancelled:
    """An answer that somebody stops."""

    @pytest.mark.parametrize("is_stream", [True, False])
    async def test_is_not_told_as_whole(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, *, is_stream: bool
    ) -> None:
        """Its client learns that it is cut off, as with one that is too long."""
        shared_openai.reply(stream("Half", asyncio.Event()))
        body = asked("Who stops this?", model="m", stream=is_stream)
        asking = asyncio.create_task(chat_client.post(COMPLETIONS, json=body))

        async def is_cancelled() -> bool:
            newest = (await chat_client.get("/v1/messages?limit=1")).json()
            paths = [f"/v1/messages/{message['uuid']}/cancel" for message in newest]
            return 200 in [(await chat_client.post(path)).status_code for path in paths]

        await until(is_cancelled)
        response = await asking
        last = chunks_of(response.content)[-1] if is_stream else response.json()
        assert last["choices"][0]["finish_reason"] == "length"


class TestLeaving:
    """A client that goes away."""

    @pytest.mark.parametrize("is_stream", [True, False])
    async def test_cancels_at_once(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI, *, is_stream: bool
    ) -> None:
        """The answer ends with its client, although our own streams wait for theirs."""
        async with serve(make_settings(RESUME_GRACE_SEC=600)) as client:
            fake_openai.reply(stream("Hel", asyncio.Event()))
            body = asked("Hi", model="m", stream=is_stream)
            if is_stream:
                async with client.stream("POST", COMPLETIONS, json=body) as response:
                    async for data in response.aiter_raw():
                        if b"Hel" in data:
                            break
            else:
                asking = asyncio.create_task(client.post(COMPLETIONS, json=body))
                await fake_openai.arrival()
                asking.cancel()

            async def has_ended() -> bool:
                _, answer = await exchange(client)
                return bool(answer["finish_reason"] == "cancelled")

            await until(has_ended)
