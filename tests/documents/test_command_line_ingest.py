"""`python -m app.documents ingest`: what is put in, what is told, and which process ingests it."""

import os
from pathlib import Path
from uuid import UUID

import pytest

from app.core.caller import NOBODY
from app.documents import runtime
from app.documents.runtime import open_workplace
from app.documents.services import DocumentService
from app.vector_store.factory import is_free
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.commands import Command, put_in, run
from tests.support.knowledge import (
    DUCKS,
    MAX_BYTES,
    Knowledge,
    text_document,
)
from tests.support.psql import sql
from tests.support.server import serve
from tests.support.waiting import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of documents, and of what is none."""
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "ducks.txt").write_text(DUCKS)
    (folder / "deep" / "geese.md").write_text("# Geese\n\nThey graze.")
    (folder / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / ".hidden.txt").write_text("Secret")
    return folder


class TestIngest:
    async def test_folder(self, settings: Settings, folder: Path) -> None:
        """All documents of a folder are put in, with a line for each; the others are named."""
        (folder / "empty.py").touch()
        outcome = await run(settings, "ingest", folder)
        assert outcome.code == 0
        assert outcome.output == [
            f"skipped: {folder}/empty.py (empty)",
            f"skipped: {folder}/image.png (not a known type)",
            f"{folder}/deep/geese.md: 1 passage.",
            f"{folder}/ducks.txt: 1 passage.",
            "Skipped: 2 of 4 files.",
        ]
        assert outcome.errors == []
        rows = "SELECT title, status FROM document ORDER BY id"
        assert await sql(settings, rows) == [("Geese", "ready"), ("ducks.txt", "ready")]

    async def test_any_text(self, settings: Settings, tmp_path: Path) -> None:
        """What is text is put in whatever it is called, from a folder as well as by its name."""
        (tmp_path / "log").mkdir()
        (tmp_path / "log" / "server.log").write_text("12:01 the pump stopped")
        (tmp_path / "log" / "pump.yaml").write_text("pump: {bar: 3}")
        (tmp_path / "log" / "LICENSE").write_text("Do what you like.")
        (tmp_path / "log" / "parts.csv").write_text("part,litres\nA,3\nB,4\n")
        (tmp_path / "drawing.dwg").write_text("not really a drawing")
        outcome = await run(settings, "ingest", tmp_path / "log", tmp_path / "drawing.dwg")
        assert (outcome.code, outcome.errors) == (0, [])
        rows = "SELECT title, media_type FROM document ORDER BY title"
        assert await sql(settings, rows) == [
            ("LICENSE", "text/plain"),
            ("drawing.dwg", "text/plain"),
            ("parts.csv", "text/csv"),
            ("pump.yaml", "text/plain"),
            ("server.log", "text/plain"),
        ]

    async def test_only_skipped(self, settings: Settings, tmp_path: Path) -> None:
        """A folder of which nothing is put in is a failure; a file of no known type by name too."""
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n")
        outcome = await run(settings, "ingest", tmp_path / "a")
        assert (outcome.code, outcome.errors) == (1, ["There is no document to put in."])
        outcome = await run(settings, "ingest", tmp_path / "a" / "image.png")
        assert outcome.code == 1
        assert "This is of the type image/png" in outcome.errors[0]

    async def test_failures(self, settings: Settings, folder: Path) -> None:
        """What cannot be put in is told on stderr; the rest is put in, and the exit code is 1."""
        (folder / "broken.pdf").write_bytes(b"%PDF-1.7 without an object")
        (folder / "large.txt").write_text("x" * (MAX_BYTES + 1))
        (folder / "ducks.txt").write_text(DUCKS.ljust(MAX_BYTES))
        latin = os.fsdecode(b"caf\xe9.txt")
        (folder / latin).write_text(DUCKS)
        names = ("broken.pdf", "large.txt", "none.txt", latin, "ducks.txt", "x" * 300)
        files = [folder / name for name in names]
        outcome = await run(settings, "ingest", *files)
        assert outcome.code == 1
        assert outcome.output == [f"{folder}/ducks.txt: 1 passage."]
        assert outcome.errors == [
            f"{folder}/large.txt has more than {MAX_BYTES} bytes (MAX_DOCUMENT_BYTES).",
            f"{folder}/none.txt cannot be read: No such file or directory.",
            f"{folder}/caf\N{REPLACEMENT CHARACTER}.txt cannot be put in: its name is not UTF-8.",
            f"{folder}/{'x' * 300} cannot be read: File name too long.",
            f"{folder}/broken.pdf: This PDF is cut off: send the whole of it again.",
        ]

    async def test_unreadable(self, settings: Settings, tmp_path: Path) -> None:
        """A document that is put in but cannot be read is a failure of the command."""
        (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 without an object")
        outcome = await run(settings, "ingest", tmp_path / "broken.pdf")
        assert (outcome.code, outcome.output) == (1, [])

    async def test_endless(self, settings: Settings, tmp_path: Path) -> None:
        """Of a file that is larger than any memory, no more is read than shows that."""
        with (tmp_path / "endless.txt").open("wb") as sparse:
            sparse.truncate(2**42)
        outcome = await run(settings, "ingest", tmp_path / "endless.txt")
        assert outcome.code == 1
        assert outcome.errors == [
            f"{tmp_path}/endless.txt has more than {MAX_BYTES} bytes (MAX_DOCUMENT_BYTES)."
        ]

    async def test_there_already(self, settings: Settings, folder: Path) -> None:
        """A file that is there already under its name is told, and is no failure."""
        await put_in(settings, DUCKS, (folder / "ducks.txt").as_posix())
        outcome = await run(settings, "ingest", folder / "ducks.txt")
        assert outcome.code == 0
        assert outcome.output[0] == f"{folder}/ducks.txt: is there already."

    async def test_folder_without_documents(self, settings: Settings, tmp_path: Path) -> None:
        """To ingest a folder without documents is a failure: it is not what was meant."""
        (tmp_path / "empty").mkdir()
        outcome = await run(settings, "ingest", tmp_path / "empty")
        assert outcome.code == 1
        assert outcome.errors == ["There is no document to put in."]

    async def test_empty_name(self, settings: Settings) -> None:
        """An empty name, of a variable that is not set, does not mean the working directory."""
        outcome = await run(settings, "ingest", "")
        assert outcome.code == 2
        assert "argument PATH: it is empty" in outcome.errors[-1]

    async def test_gone_meanwhile(
        self, settings: Settings, knowledge: Knowledge, folder: Path
    ) -> None:
        """That a document is deleted meanwhile is told; the command waits for the others."""
        command = await Command.start(settings, "ingest", folder)
        await until(lambda: _has_documents(settings, 2), seconds=30)
        [geese] = await knowledge.sql("SELECT uuid FROM document WHERE title = 'geese.md'")
        await knowledge.documents.delete(NOBODY, UUID(geese[0]))
        await knowledge.work()
        outcome = await command.outcome()
        assert outcome.code == 1
        assert outcome.errors == [f"{folder}/deep/geese.md: deleted or replaced meanwhile."]
        assert f"{folder}/ducks.txt: 1 passage." in outcome.output

    async def test_taken_over(
        self, settings: Settings, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the process that held the vectors ends, the command does the jobs itself."""
        monkeypatch.setattr(runtime, "TAKE_OVER_SEC", 0.1)
        seen = list[bool]()

        def look(settings: Settings) -> bool:
            seen.append(is_free(settings))
            return seen[-1]

        monkeypatch.setattr(runtime, "is_free", look)
        async with open_workplace(settings) as (database, _):
            document, _ = await DocumentService(database).add(NOBODY, text_document(DUCKS, "a"))
            await until(lambda: len(seen) >= 3)
            assert not any(seen)
            assert not await knowledge.is_ready(document.uuid)
            await knowledge.store.close()
            await until(lambda: knowledge.is_ready(document.uuid), seconds=20)

    async def test_taken_over_in_vain(
        self,
        settings: Settings,
        knowledge: Knowledge,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Where the vectors turn out to be unusable, the command says so while it waits."""
        monkeypatch.setattr(runtime, "TAKE_OVER_SEC", 0.1)
        async with open_workplace(settings):
            await knowledge.store.close()
            for file in settings.DATA_DIR.glob("qdrant/*/current/segments/*/segment.json"):
                file.write_text("damaged")
            await until(lambda: "cannot be read" in capsys.readouterr().err, seconds=20)

    async def test_beside_server(self, make_settings: SettingsFactory, folder: Path) -> None:
        """A server that holds the vectors does the jobs, and its progress is shown."""
        settings = make_settings()
        async with serve(settings) as client:
            outcome = await run(settings, "ingest", folder)
            found = await client.get("/v1/search", params={"query": "What do mallards eat?"})
        assert (outcome.code, outcome.errors) == (0, [])
        assert len(outcome.output) == 4
        assert found.json()[0]["text"] == DUCKS


async def _has_documents(settings: Settings, count: int) -> bool:
    return await sql(settings, "SELECT count(*) FROM document") == [(count,)]
