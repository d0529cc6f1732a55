"""`brag search` and `brag ask`, which ask the running service."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.chat.constants import NO_DOCUMENTS_FOUND
from app.core.constants import ROOT
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.chat_knowledge import UNRELATED_QUESTION
from tests.support.commands import run
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.forks import Outcome
from tests.support.knowledge import DUCKS
from tests.support.openai_replies import text
from tests.support.psql import sql
from tests.support.server import serve
from tests.support.uploads import ended, post_text

UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}"
BROKEN_OFF = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    b'event: message\ndata: {"content": "Seeds"}\n\n'
)
NO_EVENT = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ndata: <"


async def brag(settings: Settings, *arguments: str) -> Outcome:
    """How `brag` ends with these arguments, and what it says."""
    return await run(settings, *arguments, module="app.client")


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """The address of a server that answers every request with this, and closes the connection."""

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")  # the question
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def ask_what_answers(answer: bytes, tmp_path: Path) -> Outcome:
    """The outcome of `brag ask` where the service answers this."""
    settings = Settings(DATA_DIR=tmp_path / "data")
    async with answering(answer) as url:
        return await brag(settings, "ask", "Why?", "--url", url)


async def into_closed_pipe(*arguments: str) -> tuple[int | None, bytes]:
    """The exit code and the errors of `brag` where nobody reads its output, as after `head`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing) as output:
        process = await asyncio.create_subprocess_exec(
            ROOT / "brag", *arguments, stdout=output, stderr=subprocess.PIPE
        )
        _, errors = await process.communicate()
    return process.returncode, errors


class TestAnswers:
    """What a service that runs and knows something is asked."""

    async def test_search(self, make_settings: SettingsFactory) -> None:
        """Passages are shown with their sources, and how relevant they are."""
        settings = make_settings()
        async with serve(settings) as client:
            url = ("--url", str(client.base_url))
            nothing = await brag(settings, "search", "ducks", *url)
            await ended(client, await post_text(client, DUCKS))
            found = await brag(settings, "search", "What do mallards eat?", *url)
            assert await into_closed_pipe("search", "ducks", *url) == (1, b"")
        assert (nothing.code, nothing.errors) == (0, ["Nothing was found."])
        assert (found.code, found.errors) == (0, [])
        assert found.output[0].endswith("threshold 0.830)")
        assert found.output[1].strip() == DUCKS

    async def test_ask(self, make_settings: SettingsFactory, fake_openai: FakeOpenAI) -> None:
        """An answer is shown with the sources that it rests on; it cannot clear the terminal."""
        settings = make_settings()
        async with serve(settings) as client:
            await ended(client, await post_text(client, DUCKS))
            fake_openai.reply(text("Seeds", " [1].\x1b[2J"))
            url = ("--url", str(client.base_url))
            asked = await brag(settings, "ask", "What do mallards eat?", *url)
        assert (asked.code, asked.errors) == (0, [])
        assert asked.output[0] == "Seeds [1].\N{REPLACEMENT CHARACTER}[2J"
        assert asked.output[2] == "Sources:"
        assert asked.output[3].startswith("[1] ")

    async def test_refusal(self, make_settings: SettingsFactory) -> None:
        """Beside a refusal stands what to do: look at what was found, or wait until all is read."""
        settings = make_settings()
        async with serve(settings) as client:
            await ended(client, await post_text(client, DUCKS))
            url = ("--url", str(client.base_url))
            refused = await brag(settings, "ask", UNRELATED_QUESTION, *url)
            await sql(settings, "UPDATE document SET status = 'pending'")
            early = await brag(settings, "ask", UNRELATED_QUESTION, *url)
        assert refused.output == early.output == [NO_DOCUMENTS_FOUND]
        assert refused.errors == ["`brag search` shows what was found, and how relevant it is."]
        assert early.errors == ["Documents are still being read: ask again once they are."]


class TestFailures:
    """What is said where no answer comes, or only a part of one."""

    @pytest.mark.parametrize(
        ("key", "sentence"),
        [("", "set BRAG_API_KEY to a key"), ("brag_old", "the key in BRAG_API_KEY: it is wrong")],
    )
    async def test_key(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, sentence: str
    ) -> None:
        """A key that is missing and one that is wrong are told apart."""
        monkeypatch.setenv("BRAG_API_KEY", key)
        asked = await ask_what_answers(UNAUTHORIZED, tmp_path)
        assert (asked.code, asked.output) == (1, [])
        assert sentence in asked.errors[0]

    @pytest.mark.parametrize(
        ("answer", "output", "sentence"),
        [
            (BROKEN_OFF, ["Seeds"], "broke off before all had come."),
            (NO_EVENT, [], "is no bRAG."),
        ],
    )
    async def test_broken_answer(
        self, tmp_path: Path, answer: bytes, output: list[str], sentence: str
    ) -> None:
        """What has come of an answer is shown, and the end says that it is not all."""
        asked = await ask_what_answers(answer, tmp_path)
        assert (asked.code, asked.output) == (1, output)
        assert asked.errors[0].endswith(sentence)

    async def test_address_without_a_scheme(self, tmp_path: Path) -> None:
        """An address that is none is refused as such."""
        settings = Settings(DATA_DIR=tmp_path / "data")
        asked = await brag(settings, "ask", "Why?", "--url", "127.0.0.1:1")
        assert asked.code == 2
        assert "it has to begin with http://" in asked.errors[-1]

    async def test_no_service(self, tmp_path: Path) -> None:
        """Where no service answers, one sentence says what to do."""
        url = refusing_url().removesuffix("/v1")
        settings = Settings(DATA_DIR=tmp_path / "data")
        outcome = await brag(settings, "ask", "Why?", "--url", url)
        assert (outcome.code, outcome.output) == (1, [])
        assert outcome.errors == [
            f"No bRAG answers at {url}: start one with `brag run`, or give its --url."
        ]
