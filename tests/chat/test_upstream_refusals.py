"""What services refuse of a request, and connections that the network forgets."""

import asyncio
import socket
from typing import Any

import orjson
import pytest

from app.core.connections import open_socket
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QA, answer, fail
from tests.support.chat_knowledge import PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import Reply, after, body, raw_stream, text
from tests.support.server import serve

Json = dict[str, Any]


def refusing(message: str, status: int = 400) -> Reply:
    """A refusal in these words."""
    return body(orjson.dumps({"error": {"message": message}}), status)


class TestRefusedParts:
    """What a service refuses is not insisted on."""

    async def test_stream_options(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A service that refuses `stream_options` is asked without, and remembered."""
        fake_openai.reply(refusing("Extra inputs: stream_options", 422))
        async with serve(make_chat_settings()) as client:
            assert (await answer(client))["message"] == "Echo: Hi"
            assert (await answer(client))["usage"] is None
        had = ["stream_options" in request.body for request in fake_openai.requests]
        assert had == [True, False, False]

    async def test_refusal_in_the_answer(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A service that says so only in its answer is asked again too."""
        refusal = {"error": {"message": "stream_options is not supported"}}
        fake_openai.reply(raw_stream(b"data: " + orjson.dumps(refusal) + b"\n\n", 99))
        async with serve(make_chat_settings()) as client:
            assert (await answer(client))["message"] == "Echo: Hi"

    async def test_system_role(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A model without the role `system` has the instructions in the question."""
        fake_openai.reply(refusing("System role not supported"), text("8000."))
        async with serve(make_chat_settings()) as client:
            response = await client.post(QA, json={"message": PORT_QUESTION})
        assert response.json()["message"] == "8000."
        [message] = fake_openai.requests[1].body["messages"]
        assert message["role"] == "user"
        assert message["content"].startswith("Answer the question from the numbered passages")
        assert message["content"].endswith(PORT_QUESTION)

    async def test_setting(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """What is known beforehand to be refused is not sent."""
        settings = make_chat_settings(OPENAI_UNSUPPORTED="stream_options,system")
        async with serve(settings) as client:
            await answer(client)
            await client.post(QA, json={"message": PORT_QUESTION})
        first, second = (request.body for request in fake_openai.requests)
        assert "stream_options" not in first
        assert [message["role"] for message in second["messages"]] == ["user"]

    async def test_refused_again(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """A service that refuses all the same is asked once more; nothing is learned of it."""
        fake_openai.reply(refusing("stream_options: no"), times=2)
        async with serve(make_chat_settings()) as client:
            await fail(client, COMPLETION_STREAM)
            await answer(client)
        had = ["stream_options" in request.body for request in fake_openai.requests]
        assert had == [True, False, True]


class TestForgottenConnections:
    """A firewall that forgets connections."""

    async def test_reset_fails_no_request(
        self, make_chat_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """Connections that are answered by a reset are replaced, however many they are."""
        released = asyncio.Event()

        async with serve(make_chat_settings()) as client:
            fake_openai.reply(after(released, text("Hello")), times=5)
            asking = [asyncio.create_task(answer(client, COMPLETION)) for _ in range(5)]
            for _ in range(5):
                await fake_openai.arrival()
            released.set()
            await asyncio.gather(*asking)
            fake_openai.forget()
            await asyncio.gather(*(answer(client, COMPLETION) for _ in range(5)))

    def test_silence_is_noticed(self) -> None:
        """TCP itself looks whether the other side is still there."""
        with open_socket((socket.AF_INET, socket.SOCK_STREAM, 0)) as connection:
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < 60

    def test_options_of_other_systems_are_passed_over(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An option that this system does not have, or refuses, is done without."""
        monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
        monkeypatch.setattr(socket, "TCP_KEEPIDLE", 9999)
        open_socket((socket.AF_INET, socket.SOCK_STREAM, 0)).close()
