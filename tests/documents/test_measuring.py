"""`evaluate` and `calibrate`, on a knowledge base and on a corpus of their own."""

import asyncio
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

import app.documents.console
from app.core.embeddings import Embedder
from app.db import create_database
from app.documents.__main__ import main
from app.documents.exceptions import StoreHeld
from app.documents.measuring import evaluate
from app.documents.questions import Label
from app.documents.relevance import DEFAULT_THRESHOLD, Relevance
from app.documents.subjects import Labelled
from settings import Settings
from tests.documents.knowledge import Knowledge, open_knowledge

TEXTS = {
    "port": "The API of bRAG listens on port 8000 unless the setting PORT says otherwise.",
    "ducks": "Mallard ducks eat water plants, seeds and small snails, mostly at dawn.",
    "volcano": "Mount Etna on Sicily is one of the most active volcanoes of Europe.",
}
PORT = {"question": "Which port does the API listen on?", "relevant": [{"document": "port"}]}
DUCKS = {
    "question": "What do mallard ducks eat?",
    "relevant": [{"document": "ducks", "start": 18, "end": 47}],
}
CHESS: dict[str, Any] = {"question": "Who won the chess tournament?", "relevant": []}

Run = Callable[..., int]


def write(file: Path, lines: Iterable[dict[str, Any]]) -> Path:
    """Writes JSON lines."""
    file.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return file


async def threshold_of(settings: Settings) -> float:
    """The threshold that a service would take up now."""
    database = await asyncio.to_thread(create_database, settings)
    relevance = Relevance(database, settings.EMBEDDING_MODEL)
    await relevance.refresh()
    await database.close()
    return relevance.threshold


@pytest.fixture(autouse=True)
def loaded_model(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands take the model that is loaded."""
    monkeypatch.setattr(app.documents.console, "create_embedder", lambda _: embedder)


@pytest.fixture
def settings(own_database_url: str, tmp_path: Path) -> Settings:
    """The settings of a knowledge base that is nobody else's."""
    return Settings(DATABASE_URL=SecretStr(own_database_url), DATA_DIR=tmp_path / "data")


@pytest.fixture
async def filled(settings: Settings, embedder: Embedder) -> Settings:
    """Its settings, once the texts are in."""
    async with open_knowledge(settings, embedder) as knowledge:
        for source, text in TEXTS.items():
            await knowledge.ingest(text, source)
    return settings


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command of `python -m app.documents`; returns its exit code."""
    assert settings.DATABASE_URL
    monkeypatch.setenv("DATABASE_URL", settings.DATABASE_URL.get_secret_value())
    monkeypatch.setenv("DATA_DIR", str(settings.DATA_DIR))

    def run(*arguments: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["app.documents", *map(str, arguments)])
        return main()

    return run


class TestEvaluate:
    """python -m app.documents evaluate."""

    async def test_knowledge_base(self, filled: Settings, tmp_path: Path) -> None:
        """Questions are put to the knowledge base as it is, and labels name its sources."""
        report = await evaluate(filled, "s", write(tmp_path / "q", [PORT, DUCKS, CHESS]), None)
        assert (report.answerable, report.unanswerable) == (2, 1)
        assert (report.documents, report.passages) == (3, 3)
        assert set(report.systems) == {"dense", "BM25", "default"}
        assert all(each.metrics["nDCG@10"].value == 1 for each in report.systems.values())
        slower = {
            n: each.with_embedding.median > each.search.median for n, each in report.systems.items()
        }
        assert slower == {"dense": True, "BM25": False, "default": True}
        assert report.errors.false_answers
        assert report.errors.false_refusals
        assert report.errors.false_answers.value == report.errors.false_refusals.value == 0

    async def test_ranking(self, filled: Settings, tmp_path: Path) -> None:
        """BM25 finds nothing where no word is shared; the other systems do."""
        question = {"question": "Birds' diet?", "relevant": [{"document": "ducks"}]}
        report = await evaluate(filled, "s", write(tmp_path / "q", [question]), None)
        hits = {name: each.metrics["hit@1"].value for name, each in report.systems.items()}
        assert hits == {"dense": 1, "BM25": 0, "default": 1}

    async def test_threshold(self, filled: Settings, tmp_path: Path) -> None:
        """Refusals are those of the threshold in force."""
        strict = filled.model_copy(update={"RELEVANCE_THRESHOLD": 1.8})
        report = await evaluate(strict, "s", write(tmp_path / "q", [PORT, CHESS]), None)
        assert report.errors.false_refusals
        assert report.errors.false_refusals.value == 1

    async def test_held(self, knowledge: Knowledge, tmp_path: Path) -> None:
        """While a server holds the vectors nothing is measured, and nothing is lost."""
        with pytest.raises(StoreHeld, match="stop it first"):
            await evaluate(knowledge.settings, "s", write(tmp_path / "q", [CHESS]), None)

    def test_command(
        self, run: Run, filled: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It prints a Markdown table and writes the same as JSON."""
        assert run("evaluate", write(tmp_path / "q.jsonl", [PORT]), "--json", tmp_path / "o") == 0
        printed = capsys.readouterr().out
        assert "| q | dense | 1.000 (1.000 to 1.000) |" in printed
        [report] = orjson.loads((tmp_path / "o").read_bytes())
        assert report["systems"]["default"]["metrics"]["MRR"] == {"value": 1, "low": 1, "high": 1}

    def test_corpus(self, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A corpus is asked in a knowledge base of its own, of which nothing is left."""
        lines = [{"id": name, "title": "", "text": text} for name, text in TEXTS.items()]
        corpus = write(tmp_path / "corpus.jsonl", [*lines, {"id": "twin", "text": TEXTS["ducks"]}])
        twin = DUCKS | {"relevant": [{"document": "twin"}]}
        questions = write(tmp_path / "q.jsonl", [PORT, DUCKS, twin])
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "more.md").write_text("# More\n\nOf everything.")
        assert run("evaluate", questions, "--corpus", corpus, tmp_path / "folder") == 0
        printed = capsys.readouterr().out
        assert "| q | default | 1.000" in printed
        assert "5 documents, 4 passages" in printed
        assert not (tmp_path / "data").exists()

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("", "q.jsonl is empty."),
            ("{", "q.jsonl, line 1: Invalid JSON"),
            (orjson.dumps(PORT).decode(), "A label names port, which is not among the documents."),
        ],
        ids=["empty", "malformed", "unknown document"],
    )
    def test_errors(
        self,
        run: Run,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        content: str,
        reason: str,
    ) -> None:
        """What cannot be measured is said in one sentence, and the exit code is 1."""
        (tmp_path / "q.jsonl").write_text(content)
        assert run("evaluate", tmp_path / "q.jsonl") == 1
        error = capsys.readouterr().err
        assert reason in error
        assert error.count("\n") == 1

    def test_unwritable(
        self, run: Run, filled: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where the numbers cannot be written, they are printed, and the exit code is 1."""
        out = tmp_path / "missing" / "o.json"
        assert run("evaluate", write(tmp_path / "q.jsonl", [PORT]), "--json", out) == 1
        printed = capsys.readouterr()
        assert "| q | dense |" in printed.out
        assert printed.err == f"{out} cannot be written: No such file or directory.\n"


class TestCalibrate:
    """python -m app.documents calibrate."""

    def test_command(
        self, run: Run, filled: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It prints the curve and stores the threshold, which services then take up."""
        assert run("calibrate", write(tmp_path / "q.jsonl", [PORT, CHESS] * 10)) == 0
        printed = capsys.readouterr().out
        assert "| threshold | false answers | false refusals |" in printed
        assert f"Stored for {filled.EMBEDDING_MODEL}." in printed
        [recommended] = re.findall(r"Recommended: (\d\.\d{3})\.", printed)
        assert asyncio.run(threshold_of(filled)) == float(recommended) != DEFAULT_THRESHOLD

    def test_setting(
        self,
        run: Run,
        filled: Settings,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It says that a threshold that is set, even to 0, goes before the calibrated one."""
        monkeypatch.setenv("RELEVANCE_THRESHOLD", "0")
        assert run("calibrate", write(tmp_path / "q.jsonl", [PORT, CHESS] * 10)) == 0
        assert "RELEVANCE_THRESHOLD=0.0 is set" in capsys.readouterr().out

    def test_too_few(
        self, run: Run, filled: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Two questions are no ground for a threshold: nothing is stored."""
        assert run("calibrate", write(tmp_path / "q.jsonl", [PORT, CHESS])) == 1
        assert "at least 10 answerable" in capsys.readouterr().err
        assert asyncio.run(threshold_of(filled)) == DEFAULT_THRESHOLD


class TestLabelled:
    """Labels in terms of what is stored."""

    def test_line_ends(self) -> None:
        """The loader makes one character of CR LF: offsets after it move."""
        text = "One\r\ntwo\r\nthree"
        placed = Labelled("a", text).place(Label(document="a", start=5, end=10))
        assert (placed.start, placed.end) == (4, 8)
        assert placed.start is not None
        assert text.replace("\r\n", "\n")[placed.start : placed.end] == "two\n"
