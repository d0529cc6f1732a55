"""`python -m evaluation`: its own questions, and the sets that it finds."""

from pathlib import Path

from app.core.constants import ROOT
from app.documents.loaders.files import find_files
from app.documents.questions import read_questions
from evaluation.__main__ import OWN_DOCUMENTS, OWN_QUESTIONS, find_sets


class TestOwnQuestions:
    """The questions about the project's own documents."""

    QUESTIONS = read_questions(OWN_QUESTIONS)

    def test_enough(self) -> None:
        """There are enough of both kinds to say something by."""
        answerable = sum(each.is_answerable for each in self.QUESTIONS)
        assert answerable >= 25
        assert len(self.QUESTIONS) - answerable >= 15

    def test_documents(self) -> None:
        """Each label names a document as `evaluate` does: whoever renames one, renames it here."""
        files = [file for each in OWN_DOCUMENTS for file in find_files(ROOT / each)]
        labels = {label.document for each in self.QUESTIONS for label in each.relevant}
        assert labels <= {file.relative_to(ROOT).as_posix() for file in files}


class TestFindSets:
    """The sets that are measured."""

    def test_own(self) -> None:
        """Without EVAL_DIR it is our own set."""
        assert [each.name for each in find_sets(None)] == ["own"]

    def test_folder(self, tmp_path: Path) -> None:
        """Each folder with a corpus and queries is a set; others are not."""
        for name, files in {"b": 2, "a": 2, "half": 1}.items():
            (tmp_path / name).mkdir()
            for file in ["corpus.jsonl", "queries.jsonl"][:files]:
                (tmp_path / name / file).touch()
        assert [each.name for each in find_sets(str(tmp_path))] == ["own", "a", "b"]
