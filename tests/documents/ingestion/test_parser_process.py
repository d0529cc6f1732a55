"""The parser process: what a hostile document does to it, it does to nothing else."""

import asyncio
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.core.constants import ROOT
from app.documents.constants import TOO_MUCH
from app.documents.ingestion.answers import ParserNotInstalled
from app.documents.ingestion.parser_process import DAMAGED, Parser, open_parser
from app.embeddings.embedder import Embedder
from app.loaders.constants import HTML
from app.loaders.exceptions import UnreadableDocument
from tests.support.launch import ended
from tests.support.parsing import LARGE, SMALLER, children, file, started
from tests.support.waiting import until

MODULE = "app.documents.ingestion.parser_process"
# A service that parses, is told to stop meanwhile, and leaves its parser behind.
FIRST = """
import asyncio, sys
from app.documents.ingestion.parser_process import Parser
from tests.support.parsing import SMALLER, started
from tests.support.tokenizer import packaged_tokenizer

async def serve():
    parse = asyncio.create_task(parser.parse(SMALLER))
    (await started(set())).send_signal(int(sys.argv[1]))
    print(len((await parse).passages))

parser = Parser(packaged_tokenizer())
asyncio.run(serve())
"""
SECRET = "a secret of the service"


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

    async def test_not_installed(
        self, own: Parser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A library that cannot be imported is no document's fault; once it can, it is read."""
        (tmp_path / "lxml.py").write_text("raise ImportError('libxml2.so.2: cannot open it')")
        page = replace(file(), content=b"<p>Ducks eat.</p>", name="a.html", declared_type=HTML)
        with monkeypatch.context() as broken:
            broken.syspath_prepend(str(tmp_path))
            with pytest.raises(ParserNotInstalled, match=r"libxml2\.so\.2"):
                await own.parse(page)
        assert [passage.text for passage in (await own.parse(page)).passages] == ["Ducks eat."]

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
        parse = asyncio.create_task(own.parse(SMALLER))
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
        assert (service.stdout, service.returncode, service.stderr) == ("1000\n", 0, "")

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
