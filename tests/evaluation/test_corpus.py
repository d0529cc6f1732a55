"""What labelled questions are put to, and where labels lie in it."""

from pathlib import Path
from unittest.mock import create_autospec

import pytest

from app.core.arguments import FOLDER
from app.embeddings.embedder import Embedder
from app.retrieval.services import RetrievalService
from evaluation.corpus import KnowledgeBase, open_knowledge_base
from evaluation.dataset import Label
from evaluation.exceptions import UnusableSet
from settings import Settings
from tests.support.labelled_sets import TEXTS, corpus


def knowledge_base(**texts: str) -> KnowledgeBase:
    """A knowledge base of which only the documents' texts matter."""
    embedder, retrieval = create_autospec(Embedder), create_autospec(RetrievalService)
    return KnowledgeBase(embedder, retrieval, threshold=0.5, texts=texts, passages=1)


class TestPlace:
    """A label in terms of the stored text."""

    def test_offsets_stay(self) -> None:
        """The offsets of a label stay as they are, whatever the line ends of the text."""
        label = Label(document="a", start=5, end=10)
        assert knowledge_base(a="One\r\ntwo\r\nthree").place(label) == label

    def test_whole_document_stays_labelled(self) -> None:
        """The label of a whole document stays as it is."""
        label = Label(document="a")
        assert knowledge_base(a="One\r\ntwo").place(label) == label

    def test_file_is_named_from_where_the_user_stands(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A label may name a file by its path from the folder in which `brag` was called."""
        monkeypatch.setenv(FOLDER, "/home/ann")
        there = knowledge_base(**{"/home/ann/hours.md": "One"})
        placed = there.place(Label(document="hours.md"))
        assert placed == Label(document="/home/ann/hours.md")

    def test_unknown_document_is_named(self) -> None:
        """A label of a document that is not there is an error that names it."""
        with pytest.raises(UnusableSet, match="A label names b, which is not among the documents"):
            knowledge_base(a="One").place(Label(document="b"))


class TestOpenKnowledgeBase:
    """The knowledge base of a corpus."""

    async def test_corpus_is_of_jsonl_files_and_folders(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        """A corpus is of `.jsonl` files, other files, and folders."""
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "more.md").write_text("# More\n\nOf everything.")
        (tmp_path / "single.txt").write_text("One alone.")
        paths = [corpus(tmp_path / "c.jsonl"), tmp_path / "folder", tmp_path / "single.txt"]
        async with open_knowledge_base(settings, paths) as knowledge:
            files = {(tmp_path / name).as_posix() for name in ("folder/more.md", "single.txt")}
            assert knowledge.texts.keys() == TEXTS.keys() | files
            assert knowledge.passages == len(TEXTS) + 2

    async def test_unreadable_document_is_named(
        self, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A document of a corpus that cannot be read is named, and the others are asked."""
        (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7")
        paths = [corpus(tmp_path / "c.jsonl"), tmp_path / "broken.pdf"]
        async with open_knowledge_base(settings, paths) as knowledge:
            assert knowledge.passages == len(TEXTS)
        assert "broken.pdf: This PDF is cut off" in capsys.readouterr().err

    async def test_two_documents_with_one_id_are_refused(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        """Two documents of a corpus with one id are an error: labels could not tell them apart."""
        paths = [corpus(tmp_path / "a.jsonl"), corpus(tmp_path / "b.jsonl")]
        with pytest.raises(UnusableSet, match="have the same id or path"):
            async with open_knowledge_base(settings, paths):
                pass

    async def test_missing_path_is_named(self, settings: Settings, tmp_path: Path) -> None:
        """A path that is not there is an error that names it."""
        with pytest.raises(UnusableSet, match=r"gone\.txt cannot be read: No such file"):
            async with open_knowledge_base(settings, [tmp_path / "gone.txt"]):
                pass
