"""`brag`: one command, from any folder."""

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
from tests.support.commands import put_in, run
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder away from the checkout, with two documents of one name and a link to `brag`."""
    folder = tmp_path / "elsewhere"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "notes.md").write_text(name)
    (folder / "brag").symlink_to(ROOT / "brag")
    return folder


def brag(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, called by somebody who stands in a folder."""
    return subprocess.run(
        [folder / "brag", *arguments], cwd=folder / "a", capture_output=True, text=True, check=False
    )


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
        return await run(settings, "ask", "Why?", "--url", url, module="app.client")


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


class TestAnyFolder:
    """Called away from the checkout."""

    def test_version(self, folder: Path) -> None:
        """It says its version, wherever its user stands."""
        done = brag(folder, "--version")
        assert (done.returncode, done.stdout.split()[0]) == (0, "bRAG")

    def test_no_command(self, folder: Path) -> None:
        """Without a word it says which ones there are."""
        done = brag(folder)
        assert done.returncode == 2
        assert "put files, or all files of folders, in" in done.stderr

    def test_unknown_command(self, folder: Path) -> None:
        """An unknown word is refused, and the known ones are named."""
        done = brag(folder, "serve")
        assert done.returncode == 2
        assert "'ingest'" in done.stderr

    def test_spellings(self, folder: Path) -> None:
        """However the path of a file is spelt, it is one document of one source."""
        spellings = ("notes.md", "../a/notes.md", str(folder / "b" / ".." / "a" / "notes.md"))
        done = brag(folder, "ingest", "--dry-run", *spellings)
        assert done.stdout.splitlines() == [f"{folder}/a/notes.md: text/markdown, 1 byte."]

    def test_data_dir(self, folder: Path) -> None:
        """A --data-dir is where its user means it, and not within the checkout."""
        (folder / "a" / "file").touch()
        done = brag(folder, "list", "--data-dir", "file")
        assert (done.returncode, done.stdout) == (1, "")
        assert str(folder / "a" / "file") in done.stderr


class TestIngest:
    """What `ingest` is told of sources, titles and metadata."""

    async def test_source_prefix(self, settings: Settings, folder: Path) -> None:
        """Sources are the prefix and the path below the folder; nothing goes in when dry."""
        outcome = await run(settings, "ingest", "--dry-run", "--source-prefix", "handbook/", folder)
        assert outcome.output[:2] == [
            "handbook/a/notes.md: text/markdown, 1 byte.",
            "handbook/b/notes.md: text/markdown, 1 byte.",
        ]
        assert await sql(settings, "SELECT 1 FROM document") == []

    @pytest.mark.parametrize(
        ("options", "code", "sentence"),
        [
            (("--source-prefix", "x", "a/notes.md", "b/notes.md"), 1, "the same source"),
            (("--title", "T", "a", "b"), 1, "--title is for one file, and these are 2."),
            (("--metadata", "[]", "a"), 2, "argument --metadata: it is wrong: "),
        ],
    )
    async def test_refused(
        self, folder: Path, options: tuple[str, ...], code: int, sentence: str
    ) -> None:
        """What would lose a document, or means nothing, is refused in a sentence."""
        paths = [str(folder / word) if (folder / word).exists() else word for word in options]
        outcome = await run(Settings(DATA_DIR=folder / "data"), "ingest", "--dry-run", *paths)
        assert outcome.code == code
        assert sentence in outcome.errors[-1]

    async def test_title_and_metadata(self, settings: Settings, folder: Path) -> None:
        """A title and metadata that are given are the document's."""
        given = ("--title", "Notes of A", "--metadata", '{"team": "boats"}')
        outcome = await run(settings, "ingest", *given, folder / "a")
        assert (outcome.code, outcome.errors) == (0, [])
        rows = await sql(settings, "SELECT title, metadata FROM document")
        assert rows == [("Notes of A", {"team": "boats"})]


class TestListAndDelete:
    """What is there, and by which names it is taken out."""

    async def test_by_source(self, settings: Settings) -> None:
        """A document is deleted by its source; then there is none, and the list says so."""
        await put_in(settings, "Mallards.", "ducks.txt")
        assert (await run(settings, "delete", "ducks.txt")).code == 0
        outcome = await run(settings, "list")
        assert (outcome.code, outcome.output) == (0, [])
        assert outcome.errors == ["There are no documents."]

    async def test_unknown_source(self, settings: Settings) -> None:
        """A source of no document is told in a sentence."""
        outcome = await run(settings, "delete", "geese.txt")
        assert outcome.code == 1
        assert outcome.errors == ["There is no document of the source geese.txt."]


class TestClient:
    """`brag search` and `brag ask`, which ask the running service."""

    async def test_search_and_ask(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """Passages are shown with their sources, and an answer with what it rests on.

        Beside a refusal stands what to do: look at what was found, or wait until all is read.
        """
        settings = make_settings()
        async with serve(settings) as client:
            url = ("--url", str(client.base_url))
            nothing = await run(settings, "search", "ducks", *url, module="app.client")
            await ended(client, await post_text(client, DUCKS))
            fake_openai.reply(text("Seeds", " [1].\x1b[2J"))
            found = await run(
                settings, "search", "What do mallards eat?", *url, module="app.client"
            )
            asked = await run(settings, "ask", "What do mallards eat?", *url, module="app.client")
            assert await into_closed_pipe("search", "ducks", *url) == (1, b"")
            refused = await run(settings, "ask", UNRELATED_QUESTION, *url, module="app.client")
            await sql(settings, "UPDATE document SET status = 'pending'")
            early = await run(settings, "ask", UNRELATED_QUESTION, *url, module="app.client")
        assert (nothing.code, nothing.errors) == (0, ["Nothing was found."])
        assert (found.code, found.errors) == (0, [])
        assert found.output[0].endswith("threshold 0.830)")
        assert found.output[1].strip() == DUCKS
        assert (asked.code, asked.errors) == (0, [])
        assert asked.output[0] == "Seeds [1].\N{REPLACEMENT CHARACTER}[2J"
        assert asked.output[2] == "Sources:"
        assert asked.output[3].startswith("[1] ")
        assert refused.output == early.output == [NO_DOCUMENTS_FOUND]
        assert refused.errors == ["`brag search` shows what was found, and how relevant it is."]
        assert early.errors == ["Documents are still being read: ask again once they are."]

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
        asked = await run(settings, "ask", "Why?", "--url", "127.0.0.1:1", module="app.client")
        assert asked.code == 2
        assert "it has to begin with http://" in asked.errors[-1]

    async def test_no_service(self, tmp_path: Path) -> None:
        """Where no service answers, one sentence says what to do."""
        url = refusing_url().removesuffix("/v1")
        settings = Settings(DATA_DIR=tmp_path / "data")
        outcome = await run(settings, "ask", "Why?", "--url", url, module="app.client")
        assert (outcome.code, outcome.output) == (1, [])
        assert outcome.errors == [
            f"No bRAG answers at {url}: start one with `brag run`, or give its --url."
        ]
