"""The spans of requests, as an OTLP receiver gets them."""

from typing import Any, Final, NamedTuple

import httpx2
import openai
import pytest
from pydantic import SecretStr

from app.chat.exceptions import OpenAIException
from app.core.tracing.spans import error_type
from settings import Settings
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QA, SECRET
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import Request, error
from tests.support.otlp_receiver import CALLERS_SPAN, CALLERS_TRACE, TRACEPARENT, OtlpReceiver
from tests.support.server import serve
from tests.support.template import Template
from tests.support.uploads import ended, post_text, search

MODEL: Final = "sentence-transformers/all-MiniLM-L6-v2"
QUESTION: Final = "What do tufted ducks eat?"
PASSAGE: Final = "Tufted ducks eat molluscs and water plants."
KEY: Final = "brag_tufted000000000000000000000000000"
REQUEST: Final = httpx2.Request("POST", "https://llm.example")
MAIL: Final = "tufted@duck.example"
LIST: Final = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
TEXTS: Final = ("ufted", "molluscs", "Echo", "football", SECRET)


class Traced(NamedTuple):
    """What a receiver has got of a service, and what the model was asked meanwhile."""

    receiver: OtlpReceiver
    asked: list[Request]


@pytest.fixture(scope="module")
async def traced(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """What is received after one of each thing that is traced."""
    with (
        template.copied() as url,
        OtlpReceiver() as receiver,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_on")
        async with FakeOpenAI() as fake:
            settings = Settings(
                DATABASE_URL=SecretStr(url),
                DATA_DIR=tmp_path_factory.mktemp("traces"),
                OPENAI_BASE_URL=fake.url,
                OPENAI_API_KEY=SecretStr(SECRET),
                OPENAI_MODEL="fake-model",
                MCP_ENABLED=True,
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
    await client.post("/mcp", json=LIST, headers={"Accept": "application/json, text/event-stream"})
    await client.get("/tufted", headers={"Authorization": f"Bearer {KEY}"})
    for path in ("/healthcheck", "/readiness", "/metrics"):
        assert (await client.get(path)).status_code == 200


class TestTree:
    def test_question(self, traced: Traced) -> None:
        """A question is retrieval, storage and the model below a request, in their order."""
        spans = traced.receiver.trace(f"POST {QA}")
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
        root = traced.receiver.trace(f"POST {QA}")[0]
        assert (root.trace_id, root.parent_id) == (CALLERS_TRACE, CALLERS_SPAN)
        assert traced.receiver.trace(f"POST {COMPLETION}")[0].parent_id == ""

    def test_upstream_goes_on(self, traced: Traced) -> None:
        """The model is told which span it works for."""
        told = [request.headers["traceparent"] for request in traced.asked]
        span = traced.receiver.span(f"POST {QA}", "chat fake-model")
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
            ("POST /mcp", "POST /mcp", {"http.route": "/mcp", "http.response.status_code": 200}),
            ("GET", "GET", {"http.response.status_code": 401}),
        ],
    )
    def test_attributes(
        self, traced: Traced, endpoint: str, name: str, attributes: dict[str, Any]
    ) -> None:
        """Each span says what OpenTelemetry's conventions ask of it; one with an error failed."""
        span = traced.receiver.span(endpoint, name)
        assert span.attributes.items() >= attributes.items()
        assert span.has_failed == ("error.type" in attributes)

    def test_tokens(self, traced: Traced) -> None:
        """The tokens are those that a model has counted, and a stream says when it began."""
        chat = traced.receiver.span(f"POST {COMPLETION_STREAM}", "chat fake-model").attributes
        assert chat["gen_ai.usage.input_tokens"] > 0
        assert chat["gen_ai.usage.output_tokens"] > 0
        assert 0 < chat["gen_ai.response.time_to_first_chunk"] < 20
        embeddings = [span for span in traced.receiver.spans if span.name == f"embeddings {MODEL}"]
        counted = [span.attributes.get("gen_ai.usage.input_tokens") for span in embeddings]
        assert counted == [None, None, 22, None]  # of clients' texts alone, and all of them

    @pytest.mark.parametrize(
        ("failure", "told"),
        [
            (OpenAIException(), "openai_error"),
            (openai.APIError("", REQUEST, body={"code": QUESTION}), "APIError"),
            (SystemExit(QUESTION), "SystemExit"),
        ],
        ids=["ours", "of an upstream", "of Python"],
    )
    def test_errors(self, failure: BaseException, told: str) -> None:
        """An error is told by our code for it, else by its class, and by nothing that it holds."""
        assert getattr(failure, "code", None) in {"openai_error", QUESTION}
        assert error_type(failure) == told

    def test_no_words_of_anybody(self, traced: Traced) -> None:
        """Nothing of questions, passages, answers, keys, addresses and paths is sent."""
        sent = b"".join(traced.receiver.bodies)
        assert b"chat fake-model" in sent
        assert [text for text in (*TEXTS, KEY, MAIL) if text.encode() in sent] == []
