"""The parser process: what a hostile document does to it, it does to nothing else."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from app.core.constants import ROOT
from app.documents.constants import TOO_MUCH
from app.documents.ingestion.parser_process import DAMAGED, Parser, open_parser
from app.embeddings.embedder import Embedder
from app.loaders.exceptions import UnreadableDocument
from tests.support.documents import pdf
from tests.support.knowledge import pages
from tests.support.launch import ended
from tests.support.parsing import DUCKS, LARGE, children, file, started
from tests.support.shared import shared_parser
from tests.support.waiting import until

MODULE = "app.documents.ingestion.parser_process"
# A service that parses, is told to stop meanwhile, and leaves its parser behind.
FIRST = """
import asyncio, sys
from app.documents.ingestion.parser_process import Parser
from tests.support.parsing import LARGE, started
from tests.support.tokenizer import packaged_tokenizer

async def serve():
    parse = asyncio.create_task(parser.parse(LARGE))
    (await started(set())).send_signal(int(sys.argv[1]))
    print(len((await parse).passages))

parser = Parser(packaged_tokenizer())
asyncio.run(serve())
"""
# Every Python that starts imports a sitecustomize. This one refuses what macOS refuses or lacks.
REFUSING = """
import ctypes, resource
from pathlib import Path

class NoLibrary:
    def __init__(self, *_, **__): pass

def refuse(*_):
    with Path(__file__).with_name("refused").open("a") as refused:
        refused.write("no ")
    raise {error}

resource.setrlimit = refuse
ctypes.CDLL = NoLibrary
"""
SECRET = "a secret of the service"


@pytest.fixture
def parser(embedder: Embedder) -> Parser:
    """The parser that tests share which do it no harm."""
    return shared_parser()


@pytest.fixture
async def own(embedder: Embedder) -> AsyncIterator[Parser]:
    """A parser whose process a test may ruin."""
    parser = Parser(embedder.tokenizer)
    yield parser
    await parser.close()


class TestParse:
    async def test_passages(self, parser: Parser) -> None:
        """Bytes become a title, a media type and passages."""
        parsed = await parser.parse(file())
        assert (parsed.title, parsed.media_type) == ("Ducks", "text/markdown")
        assert [passage.text for passage in parsed.passages] == [DUCKS.decode()]

    async def test_many_passages(self, parser: Parser) -> None:
        """Every passage of a long document arrives, in order."""
        text = pages(200)
        passages = (await parser.parse(file(text.encode()))).passages
        assert [passage.ordinal for passage in passages] == list(range(200))
        assert all(text[passage.start : passage.end] == passage.text for passage in passages)

    async def test_pages(self, parser: Parser) -> None:
        """The passages of a PDF have the pages on which they begin."""
        sentences = [f"Page {n} is about ducks. " * 40 for n in (1, 2)]
        passages = (await parser.parse(file(pdf(*sentences), "a.pdf"))).passages
        assert {passage.page for passage in passages} == {1, 2}
        assert all(f"Page {passage.page} is" in passage.text for passage in passages)

    async def test_given_title(self, parser: Parser) -> None:
        """The title that its owner gave a document counts more than the document's own."""
        assert (await parser.parse(file(title="Mine"))).title == "Mine"

    async def test_no_title(self, parser: Parser) -> None:
        """A document without any title is called by the last part of its source."""
        assert (await parser.parse(file(b"Ducks eat.", "a/ducks.txt"))).title == "ducks.txt"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b" \n", "This file is empty."),
            (b"PK\x05\x06" + bytes(18), "only text, CSV, Markdown, HTML, PDF and DOCX"),
            (b"PK\x03\x04", "This file is damaged or cut off: send it again."),
        ],
    )
    async def test_unreadable(self, parser: Parser, content: bytes, reason: str) -> None:
        """A document that cannot be read says why, and the next document can be read."""
        with pytest.raises(UnreadableDocument, match=reason):
            await parser.parse(file(content, "a"))
        assert (await parser.parse(file())).title == "Ducks"


class TestProcess:
    async def test_killed(self, own: Parser) -> None:
        """A document at which the process dies is unreadable; the next one gets a new process."""
        before = children()
        parse = asyncio.create_task(own.parse(LARGE))
        (await started(before)).kill()
        with pytest.raises(UnreadableDocument, match=TOO_MUCH):
            await parse
        assert (await own.parse(file())).title == "Ducks"

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it keeps its priority")
    async def test_gives_way(self, own: Parser) -> None:
        """Requests go before parsing, where both want the same core."""
        before = children()
        await own.parse(file())
        assert (await started(before)).nice() > psutil.Process().nice()

    async def test_crashed(self, own: Parser) -> None:
        """A document at which the process crashes is damaged, and its owner is told what to do."""
        before = children()
        parse = asyncio.create_task(own.parse(LARGE))
        (await started(before)).send_signal(signal.SIGSEGV)
        with pytest.raises(UnreadableDocument, match=DAMAGED):
            await parse
        assert (await own.parse(file())).title == "Ducks"

    async def test_killed_between(self, own: Parser) -> None:
        """A process that died while it was idle is no document's fault."""
        before = children()
        await own.parse(file())
        process = await started(before)
        process.kill()
        await until(lambda: ended(process))
        assert (await own.parse(file())).title == "Ducks"

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    async def test_told_to_stop(self, own: Parser, number: signal.Signals) -> None:
        """A signal that reaches all processes of the service costs no document."""
        before = children()
        parse = asyncio.create_task(own.parse(LARGE))
        (await started(before)).send_signal(number)
        assert len((await parse).passages) > 1

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_told_to_stop_at_first(self, number: signal.Signals) -> None:
        """A signal costs no first document, and a service that just ends waits for no parser."""
        service = subprocess.run(
            [sys.executable, "-c", FIRST, str(int(number))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (service.stdout, service.returncode, service.stderr) == ("4000\n", 0, "")

    async def test_close_while_busy(self, own: Parser) -> None:
        """Closing a parser waits for no document."""
        before = children()
        parse = asyncio.create_task(own.parse(LARGE))
        process = await started(before)
        await own.close()
        assert ended(process)
        with pytest.raises(UnreadableDocument):
            await parse

    async def test_close_unused(self, embedder: Embedder) -> None:
        """A parser that parsed nothing has no process to end."""
        before = children()
        await Parser(embedder.tokenizer).close()
        assert not children() - before


class TestLimits:
    async def test_too_long(self, own: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that takes too long is unreadable, and no process goes on with it."""
        before = children()
        with monkeypatch.context() as patch:
            patch.setattr(f"{MODULE}.PARSER_PATIENCE", 0.001)
            with pytest.raises(UnreadableDocument, match=TOO_MUCH):
                await own.parse(LARGE)
        assert not children() - before
        assert (await own.parse(file())).title == "Ducks"

    async def test_too_much_work(self, own: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that keeps a core busy for too long is unreadable."""
        with monkeypatch.context() as patch:
            patch.setattr(f"{MODULE}.PARSER_CPU_SEC", 0)
            patch.setattr(f"{MODULE}.PARSER_CPU_SEC_PER_MB", 0)
            patch.setattr(f"{MODULE}.PARSER_PATIENCE", 1e9)
            with pytest.raises(UnreadableDocument, match=TOO_MUCH):
                await own.parse(LARGE)
        assert (await own.parse(file())).title == "Ducks"

    async def test_out_of_memory(self, own: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that takes too much memory is unreadable."""
        with monkeypatch.context() as patch:
            patch.setattr(f"{MODULE}.PARSER_MEMORY_BYTES", 110 * 2**20)
            patch.setattr(f"{MODULE}.PARSER_MEMORY_PER_BYTE", 0)
            with pytest.raises(UnreadableDocument, match=TOO_MUCH):
                await own.parse(file(b"x" * 30 * 2**20))
        assert (await own.parse(file())).title == "Ducks"

    @pytest.mark.parametrize("error", ["ValueError('exceeds')", "OSError(22, 'Invalid argument')"])
    async def test_refused(
        self, own: Parser, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the platform refuses limits and namespaces, documents are parsed all the same."""
        (tmp_path / "sitecustomize.py").write_text(REFUSING.format(error=error))
        monkeypatch.syspath_prepend(tmp_path)
        parsed = await own.parse(file())
        assert (tmp_path / "refused").read_text().count("no") > 1
        assert [passage.text for passage in parsed.passages] == [DUCKS.decode()]


class TestAtOnce:
    async def test_two(self, embedder: Embedder) -> None:
        """A small document does not wait for a large one: it has a process of its own."""
        before = children()
        async with open_parser(embedder.tokenizer, 2) as parser:
            large = asyncio.create_task(parser.parse(LARGE))
            await started(before)
            assert (await parser.parse(file())).title == "Ducks"
            assert not large.done()
            large.cancel()
        assert not children() - before

    async def test_idle(self, own: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
        """A process without documents ends after a while, and the next document gets another."""
        monkeypatch.setattr(f"{MODULE}.PARSER_IDLE_SEC", 0.01)
        before = children()
        await own.parse(file())
        await until(lambda: not children() - before)
        assert (await own.parse(file())).title == "Ducks"


class TestSecrets:
    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere /proc does not tell")
    async def test_environment(self, own: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
        """The process knows nothing of what the service is told in its environment."""
        monkeypatch.setenv("OPENAI_API_KEY", SECRET)
        before = children()
        await own.parse(file())
        process = await started(before)
        assert SECRET not in f"{process.environ()} {process.cmdline()}"
        assert not {name for name in process.environ() if name.startswith(("OPENAI", "DATABASE"))}
