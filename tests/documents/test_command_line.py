"""`python -m app.documents`: exit codes, plain lines, and a server beside it."""

import os
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from app.core.background import background
from app.core.models import uuid7
from app.documents.constants import OTHER_INDEX
from app.documents.drift import is_other_index
from app.embeddings.embedder import Embedder
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.commands import Command, put_in, run
from tests.support.knowledge import (
    DUCKS,
    MAX_BYTES,
    Knowledge,
    open_knowledge,
    pages,
)
from tests.support.points import random_points
from tests.support.psql import sql
from tests.support.server import serve
from tests.support.uploads import ended, post_text
from tests.support.waiting import until


class TestList:
    async def test_documents(self, settings: Settings) -> None:
        """Every document is a line of the list, the newest first."""
        await sql(
            settings,
            "INSERT INTO document "
            "(uuid, title, source, media_type, bytes, sha256, status, passages_total,"
            " passages_done) "
            "VALUES (%s, 'Ducks', 'a.txt', 'text/plain', 1, 'a', 'ready', 1, 1),"
            "(%s, 'Geese', 'b.txt', 'text/plain', 1, 'b', 'pending', NULL, 0)",
            uuid7(),
            uuid7(),
        )
        outcome = await run(settings, "list")
        assert (outcome.code, outcome.errors) == (0, [])
        assert [line.split()[1:] for line in outcome.output] == [
            ["pending", "0/?", "passages", "b.txt", "Geese"],
            ["ready", "1", "passage", "a.txt", "Ducks"],
        ]

    async def test_many(self, settings: Settings) -> None:
        """However many documents there are, every one is a line of the list."""
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
        """A reader that has seen enough, such as `head`, ends the list without a traceback."""
        await put_in(settings, DUCKS)
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


class TestMoved:
    @pytest.mark.parametrize(
        ("command", "successor"), [("evaluate", "evaluate FILE"), ("calibrate", "calibrate FILE")]
    )
    async def test_successor_is_named(
        self, settings: Settings, command: str, successor: str
    ) -> None:
        """A command that has moved says which one stands in its place, and fails."""
        outcome = await run(settings, command, "questions.jsonl")
        assert (outcome.code, outcome.output) == (2, [])
        assert outcome.errors == [f"`{command}` has moved: run `brag {successor}`."]


class TestDelete:
    async def test_document(self, settings: Settings, embedder: Embedder) -> None:
        """A deleted document is found no more, and its points are gone once a worker has run."""
        async with open_knowledge(settings, embedder) as knowledge:
            document = await knowledge.ingest(DUCKS)
        outcome = await run(settings, "delete", str(document.uuid))
        assert (outcome.code, outcome.errors) == (0, [])
        assert outcome.output == ["Deleted: no new answer rests on it."]
        async with open_knowledge(settings, embedder) as knowledge:
            assert await knowledge.found(DUCKS) == []
            await knowledge.work()
            assert await knowledge.store.count() == 0

    async def test_unknown(self, settings: Settings) -> None:
        """That a document to delete is not there is told in a sentence."""
        outcome = await run(settings, "delete", str(uuid4()))
        assert (outcome.code, outcome.errors) == (1, ["There is no such document."])


class TestReindex:
    async def test_repairs(self, settings: Settings, embedder: Embedder) -> None:
        """Whatever is wrong with the index, reindexing makes it what Postgres says."""
        async with open_knowledge(settings, embedder) as knowledge:
            document = await knowledge.ingest(pages(3))
            await knowledge.clear_store()
            await knowledge.store.upsert(random_points(4, embedder.dimensions))
        outcome = await run(settings, "reindex")
        assert (outcome.code, outcome.errors) == (0, [])
        assert outcome.output == ["Indexed anew: 1 document."]
        async with open_knowledge(settings, embedder) as knowledge:
            assert await knowledge.store.documents() == {document.uuid: 3}
            assert len(await knowledge.found("Duck")) == 3

    async def test_other_index(
        self, settings: Settings, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another index becomes that of the database, though a worker of the first one goes on."""
        monkeypatch.setattr("app.jobs.worker.POLL_SEC", 0.01)  # it would come first
        other = settings.model_copy(update={"QDRANT_COLLECTION_NAME": "other"})
        async with open_knowledge(settings, embedder) as knowledge:
            for number in range(5):
                await knowledge.ingest(f"Duck {number} eats seeds.", f"{number}.txt")
            async with background(knowledge.worker.run()):
                outcome = await run(other, "reindex")
            assert await is_other_index(knowledge.database, knowledge.store)
        assert (outcome.code, outcome.output) == (0, ["Indexed anew: 5 documents."])
        async with open_knowledge(other, embedder) as knowledge:
            assert await knowledge.drift() == 0

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
        assert outcome.output == ["Indexed anew: 1 document."]
        assert readiness.json()["checks"]["qdrant"]["drift"] == 0


class TestReingest:
    async def test_all(self, settings: Settings, embedder: Embedder) -> None:
        """Every document is read anew; one without an original is named, and so is a failure."""
        async with open_knowledge(settings, embedder) as knowledge:
            await knowledge.ingest(DUCKS)
            await knowledge.sql("UPDATE passage SET text = 'What an older loader read'")
            bad = await knowledge.ingest("Geese.", "bad.txt", media_type="text/plain")
            old = await knowledge.ingest("Swans.", "old.txt")
            await knowledge.sql(
                "UPDATE document_content SET part = %s WHERE document_uuid = %s", b"\x00", bad.uuid
            )
            await knowledge.sql("DELETE FROM document_content WHERE document_uuid = %s", old.uuid)
        outcome = await run(settings, "reingest")
        assert outcome.code == 1
        assert outcome.output == ["Read anew: 1 document."]
        assert outcome.errors[0] == f"{old.uuid}: its original was not kept. Put it in again."
        assert outcome.errors[1].startswith("bad.txt: ")
        async with open_knowledge(settings, embedder) as knowledge:
            assert [source.text for source in await knowledge.found("ducks")] == [DUCKS, "Swans."]

    async def test_one(self, settings: Settings, embedder: Embedder) -> None:
        """Documents that are named are read anew; one that is not there is told."""
        async with open_knowledge(settings, embedder) as knowledge:
            document = await knowledge.ingest(DUCKS)
            await knowledge.ingest("Geese.", "b.txt")
        outcome = await run(settings, "reingest", str(document.uuid))
        assert (outcome.code, outcome.output) == (0, ["Read anew: 1 document."])
        none = uuid7()
        outcome = await run(settings, "reingest", str(none))
        assert outcome.code == 1
        assert outcome.errors == [f"{none}: there is no such document, or it is being read."]


class TestWork:
    async def test_until_stopped(self, settings: Settings, embedder: Embedder) -> None:
        """What others put in is ingested, until Ctrl-C ends it without a traceback."""
        await put_in(settings, DUCKS)
        command = await Command.start(settings, "work")
        await until(lambda: _is_ready(settings), seconds=30)
        command.send(signal.SIGINT)
        outcome = await command.outcome()
        assert (outcome.code, outcome.errors) == (0, [])
        async with open_knowledge(settings, embedder) as knowledge:
            assert len(await knowledge.found("Ducks")) == 1

    async def test_held(self, settings: Settings, knowledge: Knowledge) -> None:
        """Where another process holds the vectors `work` says so, and ends."""
        outcome = await run(settings, "work")
        assert outcome.code == 1
        assert outcome.errors == ["A server on this machine holds the vectors, and works on them."]

    async def test_other_index(self, settings: Settings, knowledge: Knowledge) -> None:
        """With another index than the database has `work` says what to do, and ends."""
        await knowledge.ingest(DUCKS)
        other = settings.model_copy(update={"QDRANT_COLLECTION_NAME": "other"})
        outcome = await run(other, "work")
        assert outcome.code == 1
        assert outcome.errors == [OTHER_INDEX]


async def _is_ready(settings: Settings) -> bool:
    return await sql(settings, "SELECT status FROM document") == [("ready",)]
