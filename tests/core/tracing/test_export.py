"""Where traces go: the receiver, what is sampled, and what the log says of them."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import enumerate as enumerate_threads
from typing import Any, Final

import httpx2
import pytest

from app.core.constants import ROOT
from app.core.tracing.export import END_SEC
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, stored
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.openai_replies import stream
from tests.support.otlp_receiver import CALLERS_TRACE, TRACEPARENT, OtlpReceiver
from tests.support.server import follow, serve
from tests.support.waiting import until

EXPORTER: Final = "opentelemetry.exporter.otlp.proto.http.trace_exporter"

Logged = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Logged:
    """What was logged so far, each line a JSON object."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def exporting() -> list[str]:
    """The threads of the SDK that send spans."""
    return [thread.name for thread in enumerate_threads() if thread.name.startswith("OtelBatch")]


class TestReceiver:
    async def test_variables(
        self, make_settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The SDK's own variables count."""
        monkeypatch.setenv("OTEL_SERVICE_NAME", "pond")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=ducks")
        with OtlpReceiver() as receiver:
            settings = make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=f"{receiver.url}/otlp/")
            async with serve(settings) as client:
                await client.get("/v1/messages")
            assert receiver.paths == ["/otlp/v1/traces"]
            assert receiver.headers[0]["x-team"] == "ducks"
            assert receiver.resource["service.name"] == "pond"

    async def test_not_sampled(
        self,
        make_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Of a trace that is not sampled nothing is sent, and the model is told so.

        Of a request that belongs to no trace it is told nothing.
        """
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
        with OtlpReceiver() as receiver:
            async with serve(make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)) as client:
                await client.post(COMPLETION, json={"message": "Hi"}, headers=TRACEPARENT)
                await client.post(COMPLETION, json={"message": "Hi"})
            told = fake_openai.requests[0].headers["traceparent"]
            assert "traceparent" not in fake_openai.requests[1].headers
            assert told.startswith(f"00-{CALLERS_TRACE}-")
            assert told.endswith("-00")
            assert receiver.bodies == []

    async def test_receiver_that_is_busy(
        self,
        make_settings: SettingsFactory,
        monkeypatch: pytest.MonkeyPatch,
        logged: Logged,
    ) -> None:
        """Spans for which a receiver has no time for an hour are dropped, and nobody waits."""
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
        with OtlpReceiver(code=503) as receiver:
            settings = make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, LOG_FORMAT="json")
            async with serve(settings) as client:
                await client.get("/v1/messages")
                await until(lambda: bool(receiver.bodies))
                await client.get("/v1/messages")
                await until(lambda: len(receiver.bodies) > 1)
        told = [line["logger"] for line in logged() if line["level"] in {"WARNING", "ERROR"}]
        assert told == [EXPORTER]

    @pytest.mark.parametrize("hangs", [True, False])
    async def test_away(
        self,
        make_settings: SettingsFactory,
        monkeypatch: pytest.MonkeyPatch,
        logged: Logged,
        *,
        hangs: bool,
    ) -> None:
        """A receiver that is down or hangs holds nobody up, and is one line in the log."""
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", f"{END_SEC + 3}")
        with OtlpReceiver(hangs=True) as receiver:
            url = receiver.url if hangs else refusing_url()
            settings = make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=url, LOG_FORMAT="json")
            async with serve(settings) as client:
                for _ in range(20):
                    assert (await client.get("/v1/messages")).status_code == 200
            assert not receiver.released.is_set()
        told = [line["logger"] for line in logged() if line["level"] in {"WARNING", "ERROR"}]
        *of_exporter, last = told
        # On a busy machine the exporter may give a receiver that hangs up before the end.
        assert of_exporter in ([[], [EXPORTER]] if hangs else [[EXPORTER]])
        assert last == "app.core.tracing.export"
        # Until its thread ends it may draw random numbers, for which Hypothesis fails other tests.
        await until(lambda: not exporting(), seconds=15)


async def is_complete(client: httpx2.AsyncClient, uuid: str) -> bool:
    """Whether an answer is all there."""
    return bool((await stored(client, uuid))["status"] == "complete")


class TestRequests:
    async def test_generation_outlives_its_request(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """An answer that goes on without its client is a part of the request that asked for it."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        with OtlpReceiver() as receiver:
            async with serve(make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)) as client:
                asking = client.stream("POST", COMPLETION_STREAM, json={"message": "Hi"})
                async with asking as response:
                    await anext(follow(response))
                    uuid = response.headers["x-message-uuid"]
                released.set()
                await until(lambda: is_complete(client, uuid))
            endpoint = f"POST {COMPLETION_STREAM}"
            root = receiver.span(endpoint, endpoint)
            chat = receiver.span(endpoint, "chat fake-model")
            assert chat.parent_id == root.span_id
            assert chat.end > root.end

    async def test_log_lines(self, make_settings: SettingsFactory, logged: Logged) -> None:
        """The lines of a request say to which trace and span they belong, and no others do."""
        with OtlpReceiver() as receiver:
            settings = make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, LOG_FORMAT="json")
            async with serve(settings) as client:
                await client.get("/v1/messages", headers=TRACEPARENT)
            root = receiver.spans[0].span_id
        told = [(line["trace_id"], line["span_id"]) for line in logged() if "trace_id" in line]
        assert told == [(CALLERS_TRACE, root)]


class TestOff:
    def test_nothing_is_loaded(self, tmp_path: Path) -> None:
        """Without a receiver nothing of the SDK is loaded."""
        code = (
            "import asyncio, sys\n"
            "from app.core.tracing.export import open_tracing\n"
            "async def main():\n"
            "    async with open_tracing('bRAG', None) as tracer:\n"
            "        print(tracer, [name for name in sys.modules if 'y.sdk' in name\n"
            "            or 'y.exporter' in name])\n"
            "asyncio.run(main())\n"
        )
        command = [sys.executable, "-c", code]
        environment = {"PYTHONPATH": str(ROOT)}
        told = subprocess.check_output(command, env=environment, cwd=tmp_path, text=True)
        assert told == "None []\n"
