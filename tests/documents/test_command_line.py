"""`python -m app.documents`: exit codes, plain lines, and a server beside it."""

import asyncio
import os
import signal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from app.core.embeddings import Embedder
from app.db import create_database
from app.documents.console import open_workplace
from app.documents.models import new_document_uuid
from app.documents.services import DocumentService
from settings import Settings
from tests.conftest import SettingsFactory
from tests.documents.commands import Command, run
from tests.documents.knowledge import (
    MAX_BYTES,
    Knowledge,
    open_knowledge,
    pages,
    sql,
    text_document,
)
from tests.documents.points import random_points
from tests.documents.uploads import ended, post_text
from tests.server import serve
from tests.waiting import until

DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."


@pytest.fixture
def settings(own_database_url: str, tmp_path: Path) -> Settings:
    """What the commands are run with."""
    (tmp_path / "data").mkdir()
    return Settings(
        DATABASE_URL=SecretStr(own_database_url),
        DATA_DIR=tmp_path / "data",
        MAX_DOCUMENT_BYTES=MAX_BYTES,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of documents, and of what is none."""
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "ducks.txt").write_text(DUCKS)
    (folder / "deep" / "geese.md").write_text("# Geese\n\nThey graze.")
    (folder / "image.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.txt").write_text("Secret")
    return folder


class TestIngest:
    async def test_folder(self, settings: Settings, folder: Path) -> None:
        """All documents of a folder are put in, with a plain line for each, and nothing else."""
        outcome = await run(settings, "ingest", folder)
        assert outcome.code == 0
        assert outcome.output == [
            f"{folder}/deep/geese.md: 1 passages.",
            f"{folder}/ducks.txt: 1 passages.",
        ]
        assert outcome.errors == []
        rows = "SELECT title, status FROM document ORDER BY id"
        assert await sql(settings, rows) == [("Geese", "ready"), ("ducks.txt", "ready")]

    async def test_failures(self, settings: Settings, folder: Path) -> None:
        """What cannot be put in is told on stderr; the rest is put in, and the exit code is 1."""
        (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
        (folder / "large.txt").write_text("x" * (MAX_BYTES + 1))
        (folder / "ducks.txt").write_text(DUCKS.ljust(MAX_BYTES))
        latin = os.fsdecode(b"caf\xe9.txt")
        (folder / latin).write_text(DUCKS)
        names = ("broken.pdf", "large.txt", "none.txt", latin, "ducks.txt", "x" * 300)
        files = [folder / name for name in names]
        outcome = await run(settings, "ingest", *files)
        assert outcome.code == 1
        assert outcome.output == [f"{folder}/ducks.txt: 1 passages."]
        assert outcome.errors == [
            f"{folder}/large.txt has more than {MAX_BYTES} bytes (MAX_DOCUMENT_BYTES).",
            f"{folder}/none.txt cannot be read: No such file or directory.",
            f"{folder}/caf\N{REPLACEMENT CHARACTER}.txt cannot be put in: its name is not UTF-8.",
            f"{folder}/{'x' * 300} cannot be read: File name too long.",
            f"{folder}/broken.pdf: This PDF is cut off: send the whole of it again.",
        ]

    async def test_unreadable(self, settings: Settings, tmp_path: Path) -> None:
        """What is put in but cannot be read is a failure too."""
        (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
        outcome = await run(settings, "ingest", tmp_path / "broken.pdf")
        assert (outcome.code, outcome.output) == (1, [])

    async def test_endless(self, settings: Settings, tmp_path: Path) -> None:
        """Of a file that is larger than any memory, no more is read than tells so."""
        with (tmp_path / "endless.txt").open("wb") as sparse:
            sparse.truncate(2**42)
        outcome = await run(settings, "ingest", tmp_path / "endless.txt")
        assert outcome.code == 1
        assert outcome.errors == [
            f"{tmp_path}/endless.txt has more than {MAX_BYTES} bytes (MAX_DOCUMENT_BYTES)."
        ]

    async def test_again(self, settings: Settings, folder: Path) -> None:
        """What is there already is told, and is no failure."""
        await _queue(settings)
        outcome = await run(settings, "ingest", folder / "ducks.txt")
        assert outcome.code == 0
        assert outcome.output[0] == f"{folder}/ducks.txt: is there already."

    async def test_nothing(self, settings: Settings, tmp_path: Path) -> None:
        """A folder without documents is a failure: it is not what was meant."""
        (tmp_path / "empty").mkdir()
        outcome = await run(settings, "ingest", tmp_path / "empty")
        assert outcome.code == 1
        assert outcome.errors == ["There is no document to put in."]

    async def test_unset(self, settings: Settings) -> None:
        """An empty name, of a variable that is not set, is not the working directory's."""
        outcome = await run(settings, "ingest", "")
        assert outcome.code == 2
        assert "argument PATH: it is empty" in outcome.errors[-1]

    async def test_gone_meanwhile(
        self, settings: Settings, knowledge: Knowledge, folder: Path
    ) -> None:
        """A document that somebody else deletes meanwhile is told; the others are awaited."""
        command = await Command.start(settings, "ingest", folder)
        await until(lambda: _has_documents(settings, 2), seconds=30)
        [geese] = await knowledge.sql("SELECT uuid FROM document WHERE title = 'geese.md'")
        await knowledge.documents.delete(UUID(geese[0]), None)
        await knowledge.work()
        outcome = await command.outcome()
        assert outcome.code == 1
        assert outcome.errors == [f"{folder}/deep/geese.md: deleted or replaced meanwhile."]
        assert outcome.output == [f"{folder}/ducks.txt: 1 passages."]

    async def test_taken_over(
        self, settings: Settings, knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where whoever held the vectors ends, the command does the work itself."""
        monkeypatch.setattr("app.documents.console.TAKE_OVER_SEC", 0.1)
        async with open_workplace(settings) as (database, _):
            document, _ = await DocumentService(database).add(text_document(DUCKS, "a"), None)
            await asyncio.sleep(0.5)
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
        monkeypatch.setattr("app.documents.console.TAKE_OVER_SEC", 0.1)
        async with open_workplace(settings):
            await knowledge.store.close()
            for file in settings.DATA_DIR.glob("qdrant/*/current/segments/*/segment.json"):
                file.write_text("damaged")
            await until(lambda: "cannot be read" in capsys.readouterr().err, seconds=20)

    async def test_beside_server(self, make_settings: SettingsFactory, folder: Path) -> None:
        """A server that holds the vectors does the work, and its progress is shown."""
        settings = make_settings()
        async with serve(settings) as client:
            outcome = await run(settings, "ingest", folder)
            found = await client.get("/v1/search", params={"query": "What do mallards eat?"})
        assert (outcome.code, outcome.errors) == (0, [])
        assert len(outcome.output) == 2
        assert found.json()[0]["text"] == DUCKS


class TestList:
    async def test_documents(self, settings: Settings) -> None:
        """Each document is a line, the newest first."""
        await sql(
            settings,
            "INSERT INTO document "
            "(uuid, title, source, media_type, bytes, sha256, status, passages_total,"
            " passages_done) "
            "VALUES (%s, 'Ducks', 'a.txt', 'text/plain', 1, 'a', 'ready', 3, 3),"
            "(%s, 'Geese', 'b.txt', 'text/plain', 1, 'b', 'pending', NULL, 0)",
            new_document_uuid(),
            new_document_uuid(),
        )
        outcome = await run(settings, "list")
        assert (outcome.code, outcome.errors) == (0, [])
        assert [line.split()[1:] for line in outcome.output] == [
            ["pending", "0/?", "passages", "b.txt", "Geese"],
            ["ready", "3/3", "passages", "a.txt", "Ducks"],
        ]

    async def test_many(self, settings: Settings) -> None:
        """However many there are, each is a line."""
        await sql(
            settings,
            "INSERT INTO document (uuid, title, source, media_type, bytes, sha256, status) "
            "SELECT gen_random_uuid(), 'Ducks', 'a.txt', 'text/plain', 1, n, 'pending' "
            "FROM generate_series(1, 401) AS n",
        )
        outcome = await run(settings, "list")
        assert len({line.split()[0] for line in outcome.output}) == len(outcome.output) == 401

    async def test_hostile_name(self, settings: Settings, embedder: Embedder) -> None:
        """A title that would clear the terminal or begin a line is shown as what it is."""
        async with open_knowledge(settings, embedder) as knowledge:
            await knowledge.add(DUCKS, title="Ducks\x1b[2J\nmore")
        outcome = await run(settings, "list")
        [line] = outcome.output
        assert line.endswith(
            "a.txt  Ducks\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}more"
        )

    async def test_reader_gone(self, settings: Settings) -> None:
        """A reader that has seen enough, such as `head`, ends it without a traceback."""
        await _queue(settings)
        seen, output = os.pipe()
        os.close(seen)
        command = await Command.start(settings, "list", output=output)
        os.close(output)
        outcome = await command.outcome()
        assert (outcome.code, outcome.errors) == (1, [])

    async def test_unusable_folder(self, tmp_path: Path) -> None:
        """A DATA_DIR that is a file is refused with a sentence."""
        (file := tmp_path / "file").touch()
        outcome = await run(Settings(DATA_DIR=file), "list")
        assert outcome.code == 1
        [sentence] = outcome.errors
        assert sentence.startswith("DATA_DIR cannot be used: ")


class TestDelete:
    async def test_document(self, settings: Settings, embedder: Embedder) -> None:
        """A document is gone, and its points with the next work."""
        async with open_knowledge(settings, embedder) as knowledge:
            document = await knowledge.ingest(DUCKS)
        outcome = await run(settings, "delete", str(document.uuid))
        assert (outcome.code, outcome.errors) == (0, [])
        assert outcome.output == ["Deleted. Its vectors go when a worker runs next."]
        async with open_knowledge(settings, embedder) as knowledge:
            assert await knowledge.found(DUCKS) == []
            await knowledge.work()
            assert await knowledge.store.count() == 0

    async def test_unknown(self, settings: Settings) -> None:
        """What is not there is told in a sentence."""
        outcome = await run(settings, "delete", str(uuid4()))
        assert (outcome.code, outcome.errors) == (1, ["There is no such document."])


class TestReindex:
    async def test_repairs(self, settings: Settings, embedder: Embedder) -> None:
        """Whatever is wrong with the index, afterwards it is what Postgres says."""
        async with open_knowledge(settings, embedder) as knowledge:
            document = await knowledge.ingest(pages(3))
            await knowledge.store.clear()
            await knowledge.store.upsert(random_points(4, embedder.dimensions))
        outcome = await run(settings, "reindex")
        assert (outcome.code, outcome.errors) == (0, [])
        assert outcome.output == ["1 documents are indexed anew."]
        async with open_knowledge(settings, embedder) as knowledge:
            assert await knowledge.store.documents() == {document.uuid: 3}
            assert len(await knowledge.found("Duck")) == 3

    async def test_other_index(
        self, settings: Settings, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where a server takes part of the work, but for another index, it is told."""
        monkeypatch.setattr("app.documents.worker.POLL_SEC", 0.01)  # it comes first
        other = settings.model_copy(update={"QDRANT_COLLECTION_NAME": "other"})
        async with open_knowledge(settings, embedder) as knowledge:
            for number in range(5):
                await knowledge.ingest(f"Duck {number} eats seeds.", f"{number}.txt")
            working = asyncio.create_task(knowledge.worker.run())
            outcome = await run(other, "reindex")
            working.cancel()
            await asyncio.wait([working])
        assert outcome.code == 1
        [sentence] = outcome.errors
        assert "passages are not in other: another process took part of the work" in sentence

    async def test_beside_server(self, make_settings: SettingsFactory) -> None:
        """A server that holds the vectors repairs them, those of deleted documents among them."""
        settings = make_settings(MAX_DOCUMENT_BYTES=MAX_BYTES)
        async with serve(settings) as client:
            for text in (DUCKS, "Geese graze."):
                await ended(client, await post_text(client, text))
            await sql(settings, "DELETE FROM document WHERE bytes > 20")
            outcome = await run(settings, "reindex")
            readiness = await client.get("/readiness")
        assert (outcome.code, outcome.errors) == (0, [])
        assert outcome.output == ["1 documents are indexed anew."]
        assert readiness.json()["checks"]["qdrant"]["drift"] == 0


class TestWork:
    async def test_until_stopped(self, settings: Settings, embedder: Embedder) -> None:
        """What others put in is ingested, until Ctrl-C ends it without a traceback."""
        await _queue(settings)
        command = await Command.start(settings, "work")
        await until(lambda: _is_ready(settings), seconds=30)
        command.send(signal.SIGINT)
        outcome = await command.outcome()
        assert (outcome.code, outcome.errors) == (0, [])
        async with open_knowledge(settings, embedder) as knowledge:
            assert len(await knowledge.found("Ducks")) == 1

    async def test_held(self, settings: Settings, knowledge: Knowledge) -> None:
        """Where another process holds the vectors there is nothing to do."""
        outcome = await run(settings, "work")
        assert outcome.code == 1
        assert outcome.errors == ["A server on this machine holds the vectors, and works on them."]


async def _queue(settings: Settings) -> None:
    """Puts a document in, as a server without a worker would."""
    database = await asyncio.to_thread(create_database, settings)
    await DocumentService(database).add(text_document(DUCKS, "ducks.txt"), None)
    await database.close()


async def _has_documents(settings: Settings, count: int) -> bool:
    return await sql(settings, "SELECT count(*) FROM document") == [(count,)]


async def _is_ready(settings: Settings) -> bool:
    return await sql(settings, "SELECT status FROM document") == [("ready",)]
