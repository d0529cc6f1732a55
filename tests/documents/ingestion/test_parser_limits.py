"""What a document may take of its parser process, and what becomes of one that takes more."""

from pathlib import Path

import pytest

from app.documents.constants import TOO_MUCH
from app.documents.ingestion.parser_process import Parser
from app.loaders.exceptions import UnreadableDocument
from tests.support.parsing import DUCKS, LARGE, children, file

MODULE = "app.documents.ingestion.parser_process"
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
