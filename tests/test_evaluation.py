"""`python -m evaluation`: its own questions, and the sets that it finds."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGTERM
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory

import psutil
import pytest

from app.core.constants import ROOT
from app.documents.loaders.files import find_files
from app.documents.questions import read_questions
from evaluation.__main__ import OWN_DOCUMENTS, OWN_QUESTIONS, find_sets
from tests.waiting import until


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose name leaves room for that of a socket, and which Postgres's user may read."""
    with TemporaryDirectory(prefix="brag-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


class TestOwnQuestions:
    """The questions about the project's own documents."""

    QUESTIONS = read_questions(OWN_QUESTIONS)

    def test_enough(self) -> None:
        """There are enough of both kinds to say something by."""
        answerable = sum(bool(each.relevant) for each in self.QUESTIONS)
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


class TestInterrupted:
    """A measurement that is broken off."""

    @pytest.mark.parametrize("moment", ["brag-*", "brag-*/postgres/cluster/postmaster.pid"])
    def test_nothing_left(self, short_path: Path, moment: str) -> None:
        """SIGTERM leaves neither a folder nor a Postgres, even while that starts."""
        environment = {**os.environ, "TMPDIR": str(short_path)}
        command = [sys.executable, "-m", "evaluation"]
        with Popen(command, cwd=ROOT, env=environment, stdout=PIPE, stderr=PIPE) as measuring:
            asyncio.run(until(lambda: asyncio.to_thread(is_there, short_path, moment), 30))
            measuring.terminate()
            measuring.communicate(timeout=30)
        assert measuring.returncode == 128 + SIGTERM
        assert not is_there(short_path, "brag-*")
        assert not [each for each in psutil.process_iter() if works_in(each, short_path)]


def is_there(folder: Path, pattern: str) -> bool:
    """Whether anything in the folder is named like this."""
    return any(folder.glob(pattern))


def works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether this is the working directory of a process, or was until it was deleted."""
    try:
        return process.cwd().startswith(str(folder))
    except psutil.Error:
        return False
