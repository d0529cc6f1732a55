"""`python -m app.users`, and documents that are put in for a user."""

import asyncio
from pathlib import Path

from app.core.caller import NOBODY, SERVICE
from settings import Settings
from tests.support.commands import Command, run
from tests.support.databases import message, to_json
from tests.support.forks import Outcome
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.psql import sql, url_of
from tests.support.users import ANN, BOB, insert_people

ADDRESS = "ann@example.com"


async def users(settings: Settings, *arguments: str) -> Outcome:
    """A command on users."""
    return await run(settings, *arguments, module="app.users")


class TestUsers:
    async def test_create_list_delete(self, settings: Settings) -> None:
        """An operator makes, lists and deletes users."""
        assert (await users(settings, "create", "Ann@Example.com")).code == 0
        listed = await users(settings, "list")
        assert [line.split()[-1] for line in listed.output] == [ADDRESS]
        assert (await users(settings, "delete", ADDRESS)).code == 0
        assert await sql(settings, "SELECT 1 FROM users") == []

    async def test_link(self, settings: Settings) -> None:
        """A printed link is one that can be used; the database holds its hash."""
        await asyncio.to_thread(insert_people, url_of(settings))
        command = await Command.start(settings, "link", ADDRESS, module="app.users")
        [link] = (await command.outcome()).output
        assert link.startswith("http://127.0.0.1:8000/login#token=")
        assert await sql(settings, "SELECT email FROM magic_link") == [(ADDRESS,)]

    async def test_unknown(self, settings: Settings) -> None:
        """What is about no user, or no address, is one sentence, and not a success."""
        outcome = await users(settings, "link", ADDRESS)
        assert (outcome.code, outcome.errors) == (1, ["There is no user ann@example.com."])
        assert (await users(settings, "create", "ann")).code == 2


class TestAdopt:
    async def test_what_nobody_owns_is_theirs(self, knowledge: Knowledge, people: None) -> None:
        """Documents and messages without an owner become the user's, in the index as well."""
        shared = await knowledge.ingest(DUCKS)
        row = message("Hello")
        await knowledge.database.query(SERVICE, "insert_messages", rows=to_json([row]))
        outcome = await users(knowledge.settings, "adopt", ADDRESS)
        assert outcome.output == ["Theirs now: documents 1, messages 1."]
        await knowledge.work()
        assert [
            found.document_uuid for found in await knowledge.retrieval.search(ANN, "ducks", limit=3)
        ] == [shared.uuid]
        for other in (BOB, NOBODY):
            assert await knowledge.retrieval.search(other, "ducks", limit=3) == []
        assert await knowledge.database.query(ANN, "get_message", uuid=row["uuid"])

    async def test_own_source_is_left(self, knowledge: Knowledge, people: None) -> None:
        """A shared document stays shared where the user has one of its source."""
        await knowledge.ingest(DUCKS)
        await knowledge.add("Geese graze.", owner=ANN)
        await knowledge.work()
        outcome = await users(knowledge.settings, "adopt", ADDRESS)
        assert outcome.output == [
            "Theirs now: documents 0, messages 0.",
            "Stay shared: 1, being read or of a source that the user has.",
        ]


class TestOwner:
    async def test_documents_of_a_user(self, settings: Settings, tmp_path: Path) -> None:
        """What is put in, listed and deleted for a user is theirs alone."""
        (tmp_path / "ducks.txt").write_text(DUCKS)
        await asyncio.to_thread(insert_people, url_of(settings))
        owner = ("--owner", ADDRESS)
        assert (await run(settings, "ingest", *owner, tmp_path / "ducks.txt")).code == 0
        assert (await run(settings, "list")).output == []
        [line] = (await run(settings, "list", *owner)).output
        uuid = line.split()[0]
        assert (await run(settings, "delete", uuid)).code == 1
        assert (await run(settings, "delete", *owner, uuid)).code == 0
        assert await sql(settings, "SELECT 1 FROM document") == []

    async def test_unknown_owner(self, settings: Settings, tmp_path: Path) -> None:
        """Nothing is put in for a user who is not there."""
        (tmp_path / "ducks.txt").write_text(DUCKS)
        outcome = await run(settings, "ingest", "--owner", ADDRESS, tmp_path / "ducks.txt")
        assert (outcome.code, outcome.errors) == (1, ["There is no user ann@example.com."])
        assert await sql(settings, "SELECT 1 FROM document") == []
