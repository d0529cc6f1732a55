"""The parsing process: what a hostile document does to it, it does to nothing else."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import psutil
import pytest

from app.core.constants import ROOT
from app.core.embeddings import Embedder
from app.documents import parsing
from app.documents.exceptions import UnreadableDocument
from app.documents.parsing import TOO_MUCH, Parser, Raw
from tests.documents.knowledge import pages
from tests.embedded.launch import ended
from tests.waiting import until

DUCKS = b"# Ducks\n\nMallard ducks eat seeds."
# A service that parses, is told to stop meanwhile, and leaves its parser behind.
FIRST = """
import asyncio, sys
from tokenizers import Tokenizer
from app.core.embedding_models import TOKENIZER
from app.documents.parsing import Parser
from tests.documents.test_parsing import LARGE, children, started

async def serve():
    parse = asyncio.create_task(parser.parse(LARGE))
    (await started(set())).send_signal(int(sys.argv[1]))
    print(len((await parse).chunks))

tokenizer = Tokenizer.from_file(str(TOKENIZER / "tokenizer.json"))
tokenizer.no_truncation()
tokenizer.no_padding()
parser = Parser(tokenizer)
asyncio.run(serve())
"""
LARGE = Raw(pages(4_000).encode(), "large.txt", "text/plain", None)


@pytest.fixture
async def own(embedder: Embedder) -> AsyncIterator[Parser]:
    """A parser whose process a test may ruin."""
    parser = Parser(embedder.tokenizer)
    yield parser
    await parser.close()


def raw(content: bytes = DUCKS, source: str = "a/ducks.md", title: str | None = None) -> Raw:
    """A document as it comes."""
    return Raw(content, source, "application/octet-stream", title)


def children() -> set[psutil.Process]:
    """The parsing processes that this one has started."""
    started = psutil.Process().children()
    return {each for each in started if "spawn_main" in " ".join(each.cmdline())}


async def started(before: set[psutil.Process]) -> psutil.Process:
    """The process that was not there before."""
    await until(lambda: children() > before)
    [process] = children() - before
    return process


class TestParse:
    async def test_passages(self, parser: Parser) -> None:
        """Bytes become a title, a media type and passages."""
        parsed = await parser.parse(raw())
        assert (parsed.title, parsed.media_type) == ("Ducks", "text/markdown")
        assert [each.text for each in parsed.chunks] == [DUCKS.decode()]

    async def test_many_passages(self, parser: Parser) -> None:
        """Every passage of a long document arrives, in order."""
        text = pages(200)
        chunks = (await parser.parse(raw(text.encode()))).chunks
        assert [each.ordinal for each in chunks] == list(range(200))
        assert all(text[each.start : each.end] == each.text for each in chunks)

    async def test_given_title(self, parser: Parser) -> None:
        """What its owner calls it counts more."""
        assert (await parser.parse(raw(title="Mine"))).title == "Mine"

    async def test_no_title(self, parser: Parser) -> None:
        """A document without any title is called by the last part of its source."""
        assert (await parser.parse(raw(b"Ducks eat.", "a/ducks.txt"))).title == "ducks.txt"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b" \n", "This file is empty."),
            (b"PK\x05\x06" + bytes(18), "only plain text, Markdown, HTML, PDF and DOCX"),
            (b"PK\x03\x04", "This file is damaged or cut off: send it again."),
        ],
    )
    async def test_unreadable(self, parser: Parser, content: bytes, reason: str) -> None:
        """What cannot be read says why, and the next document can be read."""
        with pytest.raises(UnreadableDocument, match=reason):
            await parser.parse(raw(content, "a"))
        assert (await parser.parse(raw())).title == "Ducks"


class TestProcess:
    async def test_killed(self, own: Parser) -> None:
        """A document at which the process dies is unreadable; the next one gets a new process."""
        before = children()
        parse = asyncio.create_task(own.parse(LARGE))
        (await started(before)).kill()
        with pytest.raises(UnreadableDocument, match=TOO_MUCH):
            await parse
        assert (await own.parse(raw())).title == "Ducks"

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it keeps its priority")
    async def test_gives_way(self, own: Parser) -> None:
        """Requests go first, where both want the same core."""
        before = children()
        await own.parse(raw())
        assert (await started(before)).nice() > psutil.Process().nice()

    async def test_killed_between(self, own: Parser) -> None:
        """A process that died while nobody used it is no document's fault."""
        before = children()
        await own.parse(raw())
        process = await started(before)
        process.kill()
        await until(lambda: ended(process))
        assert (await own.parse(raw())).title == "Ducks"

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    async def test_told_to_stop(self, own: Parser, number: signal.Signals) -> None:
        """A signal to all processes of the service costs no document: that ends in order."""
        before = children()
        parse = asyncio.create_task(own.parse(LARGE))
        (await started(before)).send_signal(number)
        assert len((await parse).chunks) > 1

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_first(self, number: signal.Signals) -> None:
        """So it is of the first one, and a service that ends without order waits for none."""
        service = subprocess.run(
            [sys.executable, "-c", FIRST, str(int(number))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (service.stdout, service.returncode, service.stderr) == ("4000\n", 0, "")

    async def test_too_long(self, own: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that takes too long is unreadable, and nothing goes on with it."""
        before = children()
        with monkeypatch.context() as patch:
            patch.setattr(parsing, "PARSER_TIMEOUT_SEC", 0.01)
            with pytest.raises(UnreadableDocument, match=TOO_MUCH):
                await own.parse(LARGE)
        assert children() == before
        assert (await own.parse(raw())).title == "Ducks"

    async def test_out_of_memory(self, own: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
        """A document that takes too much memory is unreadable."""
        with monkeypatch.context() as patch:
            patch.setattr(parsing, "PARSER_MEMORY_BYTES", 110 * 2**20)
            with pytest.raises(UnreadableDocument, match=TOO_MUCH):
                await own.parse(raw(b"x" * 30 * 2**20))
        assert (await own.parse(raw())).title == "Ducks"

    async def test_close_while_busy(self, own: Parser) -> None:
        """Closing waits for no document."""
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
        assert children() == before
