"""The local model: it speaks the OpenAI API, as far as the service uses it."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psutil
import pytest
from openai import OpenAI

from app.chat.prompts import build_prompt, draw_mark
from app.core.links import LOOPBACK, base_url
from app.embedded import llama
from app.embedded.constants import CONTEXT_TOKENS, LANGUAGE_MODEL, MODEL
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import answers, free_port
from tests.support.sources import source

CONTEXT = "Context: [1] The service listens on port 4711.\n\nQuestion: Which port?"
SENTENCE = "The service listens on port 4711."
PROMPT: Any = build_prompt(
    "Which port does the service listen on?", [source(SENTENCE)], draw_mark()
)
LOADED_BYTES = (
    200 * 2**20
)  # more than the process has without the language model, and less than with


@contextmanager
def running(*command: str) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """A process that serves the model, and its port."""
    port = free_port(LOOPBACK)
    arguments = [sys.executable, "-m", *command, "--port", str(port)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, start_new_session=True) as process:
        while not answers(f"{base_url(LOOPBACK, port)}/health"):
            assert process.poll() is None
        yield process, port
        process.terminate()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a running model."""
    with running("app.embedded.tether", "app.embedded.llm") as (_, port):
        yield port


@pytest.fixture(scope="module")
def openai(port: int) -> Iterator[OpenAI]:
    """OpenAI's own client of it."""
    with OpenAI(base_url=f"{base_url(LOOPBACK, port)}/v1", api_key="none", max_retries=0) as client:
        yield client


def post(port: int, body: bytes) -> tuple[int, bytes]:
    """Status and body of one chat completion."""
    connection = http.client.HTTPConnection(LOOPBACK, port)
    connection.request("POST", "/v1/chat/completions", body)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def ask(port: int, text: str, **parameters: Any) -> tuple[int, bytes]:
    """The same of a prompt without passages."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **parameters}
    return post(port, orjson.dumps(body))


class TestQuotes:
    """Prompts with passages."""

    def test_passages_are_quoted(self, openai: OpenAI) -> None:
        """A prompt with passages is answered by a quote, under the name that says so."""
        answer = openai.chat.completions.create(model=MODEL, messages=PROMPT)
        assert answer.choices[0].message.content == f"{SENTENCE} [1]"
        assert (answer.choices[0].finish_reason, answer.model) == ("stop", MODEL)
        assert answer.usage is not None
        assert answer.usage.total_tokens > answer.usage.completion_tokens > 5

    def test_stream_is_the_same_answer(self, openai: OpenAI) -> None:
        """A stream is of the same answer in deltas, and counts as many tokens, if asked to."""
        chunks = list(
            openai.chat.completions.create(
                model=MODEL,
                messages=PROMPT,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        *deltas, end, last = chunks
        contents = [chunk.choices[0].delta.content or "" for chunk in deltas]
        assert "".join(contents) == f"{SENTENCE} [1]"
        assert end.choices[0].finish_reason == "stop"
        assert not last.choices
        assert last.usage is not None
        assert last.usage.completion_tokens == len([content for content in contents if content])

    def test_usage_comes_only_if_asked_for(self, openai: OpenAI) -> None:
        """A stream counts no tokens unless it is asked to: not every client knows that chunk."""
        stream: Any = openai.chat.completions.create(model=MODEL, messages=PROMPT, stream=True)
        assert all(chunk.choices for chunk in stream)

    def test_answer_is_no_longer_than_asked_for(self, openai: OpenAI) -> None:
        """An answer ends where the tokens do that it may have, and says so."""
        answer = openai.chat.completions.create(
            model=MODEL, messages=PROMPT, max_completion_tokens=2
        )
        assert answer.choices[0].finish_reason == "length"
        assert SENTENCE.startswith(answer.choices[0].message.content or "")

    def test_language_model_is_not_loaded_for_it(self) -> None:
        """Quotes need no language model, nor its memory: a process of its own has neither."""
        with running("app.embedded.llm") as (process, port):
            assert post(port, orjson.dumps({"messages": PROMPT}))[0] == 200
            assert psutil.Process(process.pid).memory_info().rss < LOADED_BYTES
        assert process.returncode == 0


class TestLanguageModel:
    """Prompts without passages."""

    def test_model_answers_from_its_context(self, port: int) -> None:
        """The language model answers from the context that it is given, and counts its tokens."""
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

    def test_it_answers_to_its_own_name(self, openai: OpenAI) -> None:
        """Whoever names the language model is answered by it, also over passages."""
        answer = openai.chat.completions.create(model=LANGUAGE_MODEL, messages=PROMPT, max_tokens=2)
        assert answer.model == LANGUAGE_MODEL

    def test_too_long_prompt_is_refused(self, port: int) -> None:
        """A prompt that does not fit into the context is refused, not cut."""
        status, body = ask(port, "word " * (CONTEXT_TOKENS + 1))
        assert status == 400
        assert orjson.loads(body)["error"]["type"] == "exceed_context_size_error"

    @pytest.mark.parametrize("body", [b"{", b"[]", b"{}"], ids=["broken", "a list", "empty"])
    def test_what_is_no_request_is_refused(self, port: int, body: bytes) -> None:
        """What is no request for a completion is refused with the error of the OpenAI API."""
        status, answer = post(port, body)
        assert status >= 400
        assert orjson.loads(answer)["error"]["message"]

    def test_models_are_listed(self, openai: OpenAI) -> None:
        """Both names are listed: that of OPENAI_MODEL, and that of the language model."""
        assert [model.id for model in openai.models.list()] == [MODEL, LANGUAGE_MODEL]


class TestModelFile:
    def test_weights_are_installed(self) -> None:
        """The weights of the model are installed."""
        assert llama.model_file().is_file()

    def test_missing_weights_name_the_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the weights the start says which settings to change."""
        monkeypatch.setattr(llama, "find_spec", lambda _: None)
        with pytest.raises(EmbeddedStartFailed, match="OPENAI_API_KEY or OPENAI_BASE_URL"):
            llama.model_file()
