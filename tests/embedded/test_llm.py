"""The local model: it speaks the OpenAI API, as far as the service uses it."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from app.embedded import llm
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import LOOPBACK, answers, base_url, free_port

CONTEXT = "Context: [1] The service listens on port 4711.\n\nQuestion: Which port?"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a running model."""
    port = free_port(LOOPBACK)
    command = [sys.executable, "-m", "app.embedded.tether", "app.embedded.llm"]
    with subprocess.Popen(
        [*command, "--port", str(port)], stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        while not answers(f"{base_url(LOOPBACK, port)}/health"):
            assert process.poll() is None
        yield port
        process.terminate()


def ask(port: int, text: str, **parameters: Any) -> tuple[int, bytes]:
    """Status and body of one chat completion."""
    body = {"model": llm.MODEL, "messages": [{"role": "user", "content": text}], **parameters}
    connection = http.client.HTTPConnection(LOOPBACK, port)
    connection.request("POST", "/v1/chat/completions", orjson.dumps(body))
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


class TestServe:
    def test_model_answers_from_its_context(self, port: int) -> None:
        """The model answers from the context that it is given, and counts its tokens."""
        status, body = ask(port, CONTEXT)
        answer = orjson.loads(body)
        assert status == 200
        assert "4711" in answer["choices"][0]["message"]["content"]
        assert answer["usage"]["total_tokens"] > 0

    def test_stream_ends_with_usage_and_mark(self, port: int) -> None:
        """A stream is of deltas, then of the usage, then of the end mark."""
        options = {"stream": True, "stream_options": {"include_usage": True}}
        _, body = ask(port, CONTEXT, max_tokens=4, **options)
        *events, last, mark = [line[6:] for line in body.splitlines() if line]
        deltas = [orjson.loads(event)["choices"][0]["delta"].get("content") for event in events]
        assert len([delta for delta in deltas if delta]) == 4
        assert orjson.loads(last)["usage"]["completion_tokens"] == 4
        assert mark == b"[DONE]"

    def test_too_long_prompt_is_refused(self, port: int) -> None:
        """A prompt that does not fit into the context is refused, not cut."""
        status, body = ask(port, "word " * (llm.CONTEXT_TOKENS + 1))
        assert status == 400
        assert orjson.loads(body)["error"]["type"] == "exceed_context_size_error"

    def test_model_lists_itself(self, port: int) -> None:
        """The model lists itself under the name that OPENAI_MODEL is set to."""
        connection = http.client.HTTPConnection(LOOPBACK, port)
        connection.request("GET", "/v1/models")
        models = orjson.loads(connection.getresponse().read())
        connection.close()
        assert [model["id"] for model in models["data"]] == [llm.MODEL]


class TestModelFile:
    def test_weights_are_installed(self) -> None:
        """The weights of the model are installed."""
        assert llm.model_file().is_file()

    def test_missing_weights_name_the_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the weights the start says which settings to change."""
        monkeypatch.setattr(llm, "find_spec", lambda _: None)
        with pytest.raises(EmbeddedStartFailed, match="OPENAI_API_KEY or OPENAI_BASE_URL"):
            llm.model_file()
