"""Traces, as an OTLP receiver gets them."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from pydantic import SecretStr

from app.core.constants import ROOT
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QA, SECRET, stored
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.openai_replies import Request, error, stream
from tests.support.otlp_receiver import OtlpReceiver, ReceivedSpan
from tests.support.server import follow, serve
from tests.support.template import Template
from tests.support.uploads import ended, post_text, search
from tests.support.waiting import until

EXPORTER: Final = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
CALLERS_TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
CALLERS_SPAN: Final = "b7ad6b7169203331"
TRACEPARENT: Final = {"traceparent": f"00-{CALLERS_TRACE}-{CALLERS_SPAN}-01"}
MODEL: Final = "sentence-transformers/all-MiniLM-L6-v2"
QUESTION: Final = "What do tufted ducks eat?"
PASSAGE: Final = "Tufted ducks eat molluscs and water plants."
KEY: Final = "brag_tufted000000000000000000000000000"
MAIL: Final = "tufted@duck.example"
TEXTS: Final = ("ufted", "molluscs", "Echo", "football", SECRET)


Logged = Callable[[], list[dict[str, Any]]]


@dataclass
class Traced:
    """What a receiver has got of a service, and what the model was asked meanwhile."""

    receiver: OtlpReceiver
    asked: list[Request]

    @property
    def embeddings(self) -> list[ReceivedSpan]:
        """The spans of embeddings, of all traces."""
        return [span for span in self.receiver.spans if span.name == f"embeddings {MODEL}"]

    def spans(self, endpoint: str) -> list[ReceivedSpan]:
        """The trace of the last request that an endpoint has answered, its root first."""
        root = [span for span in self.receiver.spans if span.name == endpoint][-1]
        return [span for span in self.receiver.spans if span.trace_id == root.trace_id]

    def span(self, endpoint: str, name: str) -> ReceivedSpan:
        """The one span of this name in that trace."""
        [span] = [span for span in self.spans(endpoint) if span.name == name]
        return span


@pytest.fixture(scope="module")
async def traced(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """What is received after one of each thing that is traced."""
    with template.copied() as url, OtlpReceiver() as receiver:
        async with FakeOpenAI() as fake:
            settings = Settings(
                DATABASE_URL=SecretStr(url),
                DATA_DIR=tmp_path_factory.mktemp("traces"),
                OPENAI_BASE_URL=fake.url,
                OPENAI_API_KEY=SecretStr(SECRET),
                OPENAI_MODEL="fake-model",
                OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            )
            async with serve(settings) as client:
                await work(client, fake)
            return Traced(receiver, fake.requests)


async def work(client: httpx2.AsyncClient, fake_openai: FakeOpenAI) -> None:
    """Does one of each thing that is traced, and of what is not."""
    await ended(client, await post_text(client, PASSAGE))
    await search(client, "tufted")
    await client.post(QA, json={"message": QUESTION}, headers=TRACEPARENT)
    await client.post(COMPLETION_STREAM, json={"message": QUESTION})
    fake_openai.reply(error(400))
    await client.post(COMPLETION, json={"message": QUESTION})
    await client.post("/v1/embeddings", json={"model": "any", "input": [QUESTION, PASSAGE]})
    await client.post("/v1/embeddings", json={"model": "any", "input": 300 * "tufted "})
    await client.post("/v1/users", json={"email": MAIL})
    await client.get("/tufted", headers={"Authorization": f"Bearer {KEY}"})
    for path in ("/healthcheck", "/readiness", "/metrics"):
        assert (await client.get(path)).status_code == 200


class TestTree:
    def test_question(self, traced: Traced) -> None:
        """A question is retrieval, storage and the model below a request, in their order."""
        spans = traced.spans(f"POST {QA}")
        names = {span.span_id: span.name for span in spans}
        assert [(span.name, names.get(span.parent_id), span.kind) for span in spans] == [
            (f"POST {QA}", None, "SERVER"),
            ("retrieval", f"POST {QA}", "INTERNAL"),
            (f"embeddings {MODEL}", "retrieval", "INTERNAL"),
            ("query", "retrieval", "CLIENT"),
            ("get_passages", "retrieval", "CLIENT"),
            ("insert_messages", f"POST {QA}", "CLIENT"),
            ("chat fake-model", f"POST {QA}", "CLIENT"),
            ("finish_messages", f"POST {QA}", "CLIENT"),
        ]

    def test_callers_trace(self, traced: Traced) -> None:
        """A request goes on with its caller's trace; without one it begins its own."""
        root = traced.spans(f"POST {QA}")[0]
        assert (root.trace_id, root.parent_id) == (CALLERS_TRACE, CALLERS_SPAN)
        assert traced.spans(f"POST {COMPLETION}")[0].parent_id == ""

    def test_upstream_goes_on(self, traced: Traced) -> None:
        """The model is told which span it works for."""
        told = [request.headers["traceparent"] for request in traced.asked]
        span = traced.span(f"POST {QA}", "chat fake-model")
        assert f"00-{CALLERS_TRACE}-{span.span_id}-01" in told

    def test_what_nobody_asked_for(self, traced: Traced) -> None:
        """Neither probes nor what the service does by itself make a trace."""
        roots = {span.name for span in traced.receiver.spans if span.kind == "SERVER"}
        assert not [name for name in roots if name.endswith(("check", "readiness", "metrics"))]
        known = {span.span_id for span in traced.receiver.spans} | {CALLERS_SPAN}
        lost = [span for span in traced.receiver.spans if span.parent_id not in {"", *known}]
        assert lost == []
        assert {span.kind for span in traced.receiver.spans if not span.parent_id} == {"SERVER"}


class TestAttributes:
    @pytest.mark.parametrize(
        ("endpoint", "name", "attributes"),
        [
            (
                f"POST {QA}",
                f"POST {QA}",
                {"http.request.method": "POST", "http.route": QA, "http.response.status_code": 200},
            ),
            (
                f"POST {QA}",
                "chat fake-model",
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "fake-model",
                    "gen_ai.response.model": "fake-model",
                    "gen_ai.response.finish_reasons": ["stop"],
                },
            ),
            (f"POST {COMPLETION_STREAM}", "chat fake-model", {"gen_ai.request.stream": True}),
            (f"POST {QA}", "retrieval", {"gen_ai.retrieval.top_k": 3}),
            (f"POST {QA}", f"embeddings {MODEL}", {"gen_ai.request.model": MODEL}),
            (
                "POST /v1/embeddings",
                f"embeddings {MODEL}",
                {"error.type": "context_length_exceeded"},
            ),
            (f"POST {QA}", "get_passages", {"db.system.name": "postgresql"}),
            (f"POST {QA}", "query", {"db.system.name": "qdrant", "db.query.summary": "query"}),
            (f"POST {COMPLETION}", "chat fake-model", {"error.type": "openai_error"}),
            (f"POST {COMPLETION}", f"POST {COMPLETION}", {"error.type": "500"}),
            ("GET", "GET", {"http.response.status_code": 401}),
        ],
    )
    def test_attributes(
        self, traced: Traced, endpoint: str, name: str, attributes: dict[str, Any]
    ) -> None:
        """Each span says what OpenTelemetry's conventions ask of it; one with an error failed."""
        span = traced.span(endpoint, name)
        assert span.attributes.items() >= attributes.items()
        assert span.has_failed == ("error.type" in attributes)

    def test_tokens(self, traced: Traced) -> None:
        """The tokens are those that a model has counted, and a stream says when it began."""
        chat = traced.span(f"POST {COMPLETION_STREAM}", "chat fake-model").attributes
        assert chat["gen_ai.usage.input_tokens"] > 0
        assert chat["gen_ai.usage.output_tokens"] > 0
        assert 0 < chat["gen_ai.response.time_to_first_chunk"] < 20
        counted = [span.attributes.get("gen_ai.usage.input_tokens") for span in traced.embeddings]
        assert counted == [None, None, 22, None]  # of clients' texts alone, and all of them

    def test_no_words_of_anybody(self, traced: Traced) -> None:
        """Nothing of questions, passages, answers, keys, addresses and paths is sent."""
        sent = b"".join(traced.receiver.bodies)
        assert b"chat fake-model" in sent
        assert [text for text in (*TEXTS, KEY, MAIL) if text.encode() in sent] == []


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Logged:
    """What was logged so far, each line a JSON object."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


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
        """Of a trace that is not sampled nothing is sent, and the model is told so."""
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
        with OtlpReceiver() as receiver:
            async with serve(make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)) as client:
                await client.post(COMPLETION, json={"message": "Hi"}, headers=TRACEPARENT)
            told = fake_openai.requests[0].headers["traceparent"]
            assert told.startswith(f"00-{CALLERS_TRACE}-")
            assert told.endswith("-00")
            assert receiver.bodies == []

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
        with OtlpReceiver(hangs=True) as receiver:
            url = receiver.url if hangs else refusing_url()
            settings = make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=url, LOG_FORMAT="json")
            async with serve(settings) as client:
                for _ in range(20):
                    assert (await client.get("/v1/messages")).status_code == 200
            assert not receiver.released.is_set()
        told = [line["logger"] for line in logged() if line["level"] in {"WARNING", "ERROR"}]
        assert told == ([] if hangs else [EXPORTER]) + ["app.core.tracing.export"]


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
            traced = Traced(receiver, [])
            endpoint = f"POST {COMPLETION_STREAM}"
            root = traced.span(endpoint, endpoint)
            chat = traced.span(endpoint, "chat fake-model")
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
            "from settings import Settings\n"
            "async def main():\n"
            "    async with open_tracing(Settings()) as tracer:\n"
            "        print(tracer, [name for name in sys.modules if 'y.sdk' in name\n"
            "            or 'y.exporter' in name])\n"
            "asyncio.run(main())\n"
        )
        command = [sys.executable, "-c", code]
        environment = {"PYTHONPATH": str(ROOT)}
        told = subprocess.check_output(command, env=environment, cwd=tmp_path, text=True)
        assert told == "None []\n"
