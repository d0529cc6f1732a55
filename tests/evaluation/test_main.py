"""`python -m evaluation`: the sets that it finds, and what its commands print and store."""

import asyncio
import re
import sys
from pathlib import Path

import orjson
import pytest

from app.core.constants import ROOT
from app.db import open_database
from app.loaders.files import find_files
from app.retrieval.relevance import DEFAULT_THRESHOLD, Relevance
from evaluation.__main__ import (
    IDENTIFIERS,
    MANUALS,
    OWN_DOCUMENTS,
    OWN_QUESTIONS,
    find_sets,
    main,
)
from evaluation.calibration import error_rates_at
from evaluation.dataset import read_questions
from evaluation.runner import measure_evidence
from settings import Settings
from tests.support.commands import run as run_documents
from tests.support.labelled_sets import CHESS, DUCKS, PORT, corpus, run_evaluation, write


async def threshold_of(settings: Settings) -> float:
    """The threshold that a service would take up now."""
    async with open_database(settings) as database:
        relevance = Relevance(database, settings.EMBEDDING_MODEL)
        await relevance.refresh()
    return relevance.threshold


class TestOwnQuestions:
    """The questions about the project's own documents, of which a snapshot is kept."""

    QUESTIONS = read_questions(OWN_QUESTIONS)

    def test_there_are_enough_of_both_kinds(self) -> None:
        """There are enough questions of both kinds to say something by."""
        answerable = sum(bool(question.relevant) for question in self.QUESTIONS)
        assert answerable >= 25
        assert len(self.QUESTIONS) - answerable >= 15

    def test_labels_name_documents_of_the_snapshot(self) -> None:
        """Every label names a document of the snapshot as the evaluation does."""
        files = {file.relative_to(ROOT).as_posix() for file in find_files(ROOT / OWN_DOCUMENTS)}
        labels = {label.document for question in self.QUESTIONS for label in question.relevant}
        assert labels <= files

    def test_spans_lie_within_their_documents(self) -> None:
        """Every labelled span ends within its document."""
        for question in self.QUESTIONS:
            for label in question.relevant:
                text = (ROOT / label.document).read_text()
                assert text[label.start : label.end].strip()
                assert (label.end or 0) <= len(text)


class TestFindSets:
    """The sets that are measured without a command."""

    def test_own_set_is_always_measured(self) -> None:
        """Without EVAL_DIR the project's own sets are measured."""
        assert [labelled.name for labelled in find_sets(None)] == ["own", "identifiers"]

    def test_every_whole_set_of_a_folder_is_measured(self, tmp_path: Path) -> None:
        """Every folder of EVAL_DIR with a corpus and queries is a set; others are not."""
        for name, files in {"b": 2, "a": 2, "half": 1}.items():
            (tmp_path / name).mkdir()
            for file in ["corpus.jsonl", "queries.jsonl"][:files]:
                (tmp_path / name / file).touch()
        found = [labelled.name for labelled in find_sets(str(tmp_path))]
        assert found == ["own", "identifiers", "a", "b"]


class TestAllSets:
    """`python -m evaluation` without a command."""

    def test_all_sets_are_one_table(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The project's own sets and those of EVAL_DIR are measured, and are one table."""
        (tmp_path / "birds").mkdir()
        documents = corpus(tmp_path / "birds" / "corpus.jsonl")
        write(tmp_path / "birds" / "queries.jsonl", [DUCKS, CHESS])
        # The true one takes twenty seconds.
        for ours in ("OWN_DOCUMENTS", "MANUALS"):
            monkeypatch.setattr(f"evaluation.__main__.{ours}", documents)
        for ours in ("OWN_QUESTIONS", "IDENTIFIERS"):
            questions = write(tmp_path / ours, [PORT])
            monkeypatch.setattr(f"evaluation.__main__.{ours}", questions)
        monkeypatch.setattr(sys, "argv", ["evaluation"])
        monkeypatch.setenv("EVAL_DIR", str(tmp_path))
        assert main() == 0
        rows = re.findall(r"(?m)^\| (\w+) \| (\w+) \|", capsys.readouterr().out)
        rankings = ["dense", "BM25", "default"]
        assert rows[1:] == [
            (name, ranking) for name in ("own", "identifiers", "birds") for ranking in rankings
        ]


class TestRun:
    """`python -m evaluation run FILE`."""

    def test_numbers_are_printed_and_written(self, filled: Settings, tmp_path: Path) -> None:
        """A measurement prints a Markdown table and writes the numbers as JSON."""
        questions = write(tmp_path / "q.jsonl", [PORT])
        done = run_evaluation(filled, "run", questions, "--json", tmp_path / "o")
        assert done.returncode == 0, done.stderr
        assert "| q | dense | 1.000 (1.000 to 1.000) |" in done.stdout
        report, in_chat = orjson.loads((tmp_path / "o").read_bytes())
        assert report["rankings"]["default"]["MRR"] == {"value": 1, "low": 1, "high": 1}
        assert in_chat["name"] == "q, in a chat"
        assert report["search"]["median"] < report["with_embedding"]["median"]

    def test_corpus_leaves_nothing_behind(self, settings: Settings, tmp_path: Path) -> None:
        """A corpus is asked in a knowledge base of its own, of which nothing is left."""
        documents = corpus(tmp_path / "corpus.jsonl")
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "more.md").write_text("# More\n\nOf everything.")
        questions = write(tmp_path / "q.jsonl", [PORT, DUCKS])
        done = run_evaluation(
            settings, "run", questions, "--corpus", documents, tmp_path / "folder"
        )
        assert "| q | default | 1.000" in done.stdout
        assert "4 documents, 4 passages" in done.stdout
        assert list(settings.DATA_DIR.iterdir()) == []

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("", "q.jsonl is empty."),
            ("{", "q.jsonl, line 1: Invalid JSON"),
            (orjson.dumps(PORT).decode(), "A label names port, which is not among the documents."),
        ],
        ids=["empty", "malformed", "unknown document"],
    )
    def test_unusable_set_is_one_sentence(
        self, settings: Settings, tmp_path: Path, content: str, reason: str
    ) -> None:
        """What cannot be measured is said in one sentence, and the exit code is 1."""
        (tmp_path / "q.jsonl").write_text(content)
        done = run_evaluation(settings, "run", tmp_path / "q.jsonl")
        [begun, error] = done.stderr.splitlines()
        assert (begun, done.returncode, done.stdout) == ("Measuring q.", 1, "")
        assert reason in error

    def test_unwritable_numbers_are_printed(self, filled: Settings, tmp_path: Path) -> None:
        """Where the numbers cannot be written, they are printed, and the exit code is 1."""
        out = tmp_path / "missing" / "o.json"
        questions = write(tmp_path / "q.jsonl", [PORT])
        done = run_evaluation(filled, "run", questions, "--json", out)
        assert done.returncode == 1
        assert "| q | dense |" in done.stdout
        assert done.stderr.endswith(f"{out} cannot be written: No such file or directory.\n")


class TestCalibrate:
    """`python -m evaluation calibrate FILE`."""

    def test_threshold_is_printed_and_stored(self, filled: Settings, tmp_path: Path) -> None:
        """A calibration prints the curve and stores the threshold, which services take up."""
        done = run_evaluation(filled, "calibrate", write(tmp_path / "q.jsonl", [PORT, CHESS] * 10))
        assert done.returncode == 0, done.stderr
        assert "| threshold | false answers | false refusals |" in done.stdout
        assert f"Stored for {filled.EMBEDDING_MODEL}. Servers" in done.stdout
        [recommended] = re.findall(r"Recommended: (\d\.\d{3})\.", done.stdout)
        assert asyncio.run(threshold_of(filled)) == float(recommended) != DEFAULT_THRESHOLD

    def test_setting_goes_before_the_calibration(self, filled: Settings, tmp_path: Path) -> None:
        """A calibration says that a threshold that is set, even to 0, goes before its own."""
        questions = write(tmp_path / "q.jsonl", [PORT, CHESS] * 10)
        done = run_evaluation(filled, "calibrate", questions, RELEVANCE_THRESHOLD="0")
        assert done.returncode == 0, done.stderr
        assert "RELEVANCE_THRESHOLD=0.0 is set" in done.stdout

    def test_few_questions_store_nothing(self, filled: Settings, tmp_path: Path) -> None:
        """Two questions are no ground for a threshold: nothing is stored."""
        done = run_evaluation(filled, "calibrate", write(tmp_path / "q.jsonl", [PORT, CHESS]))
        assert done.returncode == 1
        assert "at least 10 answerable" in done.stderr
        assert asyncio.run(threshold_of(filled)) == DEFAULT_THRESHOLD

    def test_calibration_is_undone(self, filled: Settings, tmp_path: Path) -> None:
        """`calibrate --reset` undoes a calibration, and says where there is none."""
        run_evaluation(filled, "calibrate", write(tmp_path / "q.jsonl", [PORT, CHESS] * 10))
        undone, nothing = [run_evaluation(filled, "calibrate", "--reset") for _ in range(2)]
        assert undone.stdout == f"The calibration of {filled.EMBEDDING_MODEL} is undone.\n"
        assert nothing.stdout == f"{filled.EMBEDDING_MODEL} has no calibration.\n"
        assert asyncio.run(threshold_of(filled)) == DEFAULT_THRESHOLD

    @pytest.mark.parametrize("arguments", [["q.jsonl", "--reset"], []])
    def test_reset_takes_no_questions(self, filled: Settings, arguments: list[str]) -> None:
        """A calibration takes either questions or --reset."""
        with pytest.raises(SystemExit):
            run_evaluation(filled, "calibrate", *arguments)


class TestIdentifierQuestions:
    """The questions by identifier about manuals that were made up for them."""

    QUESTIONS = read_questions(IDENTIFIERS)

    def test_half_of_the_identifiers_stand_nowhere(self) -> None:
        """There are fifty questions of either kind."""
        assert [bool(question.relevant) for question in self.QUESTIONS].count(True) == 50
        assert len(self.QUESTIONS) == 100

    def test_labels_name_the_manuals(self) -> None:
        """Every label names a manual as the evaluation does, and every manual is asked about."""
        files = {file.relative_to(ROOT).as_posix() for file in find_files(ROOT / MANUALS)}
        labels = {label.document for question in self.QUESTIONS for label in question.relevant}
        assert labels == files

    def test_nearly_all_are_answered_or_refused_rightly(self, settings: Settings) -> None:
        """At most two of each kind go wrong."""
        sample = asyncio.run(measure_evidence(settings, IDENTIFIERS, [MANUALS]))
        errors = error_rates_at(DEFAULT_THRESHOLD, sample)
        assert errors.false_answers
        assert errors.false_refusals
        assert max(errors.false_answers.value, errors.false_refusals.value) <= 0.04


class TestMoved:
    """`python -m app.documents evaluate` and `calibrate`, which were here before."""

    @pytest.mark.parametrize(
        ("old", "new"), [("evaluate", "evaluate FILE"), ("calibrate", "calibrate FILE")]
    )
    async def test_moved_command_names_the_new_one(
        self, settings: Settings, old: str, new: str
    ) -> None:
        """A command that has moved names the new one in one sentence, and exits with 2."""
        outcome = await run_documents(settings, old, "q.jsonl", "--corpus", "c.jsonl")
        assert (outcome.code, outcome.output) == (2, [])
        assert outcome.errors == [f"`{old}` has moved: run `brag {new}`."]
