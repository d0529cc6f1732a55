"""Walls between owners in Postgres: the WHERE of each query, and the policies behind it.

Each is shown to hold with the other taken away.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import psycopg2
import pytest
from psycopg2 import extensions

from app.chat.chats import ChatService
from app.core.caller import NOBODY, SERVICE
from app.core.constants import ROOT
from app.core.exceptions import ConfigurationError, NotFound
from app.db import Database
from app.db.engine import ROLE
from app.users.credentials import Credentials
from app.users.export import export
from app.users.models import NewApiKey
from app.users.services import ApiKeyService
from app.users.tokens import TokenHasher
from app.vector_store.base import SearchFilter
from app.vector_store.edge import store as edge_store
from tests.conftest import SettingsFactory
from tests.support.databases import message, opened, to_json
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.points import asked
from tests.support.psql import run_sql, sql, url_of
from tests.support.server import StartFailed, serve
from tests.support.users import ANN, BOB

# Queries for the caller that find or change nothing by an id, or whose own tests show it.
ELSEWHERE: Final = {
    *("insert_document", "insert_chat", "insert_api_key", "delete_failed_versions"),
    *("get_passages", "claim_idempotency_key", "get_idempotency_key"),
}
# What holds nothing of anybody's.
OWNERLESS: Final = {"schema_migrations", "calibration", "index_version"}
TABLES: Final = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace {condition}
"""
POLICIES_OFF: Final = """
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
        END LOOP;
    END $$
"""


@contextmanager
def connected(url: str, caller: str | None) -> Iterator[extensions.connection]:
    """A connection in the application's role, on which a caller has been named, or none."""
    with closing(psycopg2.connect(url, options=f"-c role={ROLE}")) as connection:
        if caller is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.caller', %s, false)", [caller])
            connection.commit()
        yield connection


def asking_for_the_caller() -> set[str]:
    """The names of all queries that name the caller."""
    files = (ROOT / "db" / "queries").rglob("*.sql")
    return {file.stem for file in files if ":user_id" in file.read_text()}


def affected(connection: extensions.connection, statement: str) -> int:
    """How many rows a statement finds or changes; all is undone."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        count = cursor.rowcount
    connection.rollback()
    return count


def names(url: str, condition: str = "") -> set[str]:
    """The tables for which a condition holds."""
    return {name for (name,) in run_sql(url, TABLES.format(condition=condition))}


@pytest.fixture
async def filled(knowledge: Knowledge, people: None) -> Knowledge:
    """A knowledge base in which Ann has one of everything, and nobody else has anything."""
    document = await knowledge.add(DUCKS, owner=ANN)
    await knowledge.work()
    assert (await knowledge.documents.get(ANN, document.uuid)).status == "ready"
    await knowledge.add("Geese graze.", "b.txt", owner=ANN)  # whose job waits
    chat = await ChatService(knowledge.database).create(ANN, "Ducks")
    asked, answer = (
        message(text) | {"user_id": ANN.user_id, "chat_uuid": chat.uuid} for text in ("Hi", "Hello")
    )
    answer |= {"role": "assistant", "question_uuid": asked["uuid"]}
    await knowledge.database.query(SERVICE, "insert_messages", rows=to_json([asked, answer]))
    await knowledge.sql(
        "INSERT INTO job (kind, document_uuid, payload) VALUES ('mail', gen_random_uuid(), '{}')"
    )
    await _keys(knowledge.database).create(ANN, NewApiKey(name="key"))
    await knowledge.sql(
        "INSERT INTO session (token_hash, user_id, expires_at) VALUES ('s', %s, now() + '1 day')",
        ANN.user_id,
    )
    await knowledge.sql(
        "INSERT INTO magic_link (token_hash, code_hash, email, expires_at) "
        "VALUES ('t', 'c', 'ann@example.com', now() + '1 day')"
    )
    await knowledge.sql(
        "INSERT INTO idempotency_key (user_id, key, fingerprint, lease, leased_until, expires_at) "
        "VALUES (%s, 'k', 'f', gen_random_uuid(), now(), now() + '1 day')",
        ANN.user_id,
    )
    return knowledge


def _keys(database: Database) -> ApiKeyService:
    return ApiKeyService(database, Credentials(database, TokenHasher(b"k" * 32)))


class TestCatalogue:
    """What the catalogue of Postgres says of the tables."""

    def test_every_table_with_something_of_somebodys_is_walled(self, database_url: str) -> None:
        """Row-level security is on and forced on every table that holds something of anybody's."""
        walled = names(database_url, "AND relrowsecurity AND relforcerowsecurity")
        assert walled == names(database_url) - OWNERLESS
        policies = run_sql(database_url, "SELECT DISTINCT tablename FROM pg_policies")
        assert {name for (name,) in policies} == walled

    def test_no_policy_looks_at_each_row_for_the_caller(self, database_url: str) -> None:
        """Each policy asks for the caller within a sub-select, which is evaluated once."""
        for name, condition in run_sql(database_url, "SELECT policyname, qual FROM pg_policies"):
            within = re.findall(r"SELECT (?:NULLIF\()?current_setting\('app\.caller'", condition)
            assert len(within) == condition.count("current_setting(") > 0, name

    def test_role_is_bound(self, database_url: str) -> None:
        """The application's role cannot log in, owns nothing and passes by no policy."""
        [row] = run_sql(
            database_url,
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, "
            "EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid) "
            "FROM pg_roles WHERE rolname = %s",
            ROLE,
        )
        assert row == (False, False, False, False, False)


class TestPolicies:
    """With no WHERE at all."""

    async def test_nothing_of_others_is_seen_or_changed(self, filled: Knowledge) -> None:
        """Bob, nobody, and who has not said who they are, see and change nothing of Ann's."""
        url = url_of(filled.settings)
        for table in names(url) - OWNERLESS:
            assert run_sql(url, f"SELECT 1 FROM {table} LIMIT 1"), table  # of the catalogue
            own = 1 if table == "users" else 0
            for caller, seen in ((BOB.name, own), (NOBODY.name, 0), (None, 0), ("", 0)):
                with connected(url, caller) as connection:
                    where = f"{table} of {caller}"
                    assert affected(connection, f"SELECT 1 FROM {table}") == seen, where
                    assert affected(connection, f"DELETE FROM {table}") == seen, where

    async def test_service_sees_all(self, filled: Knowledge) -> None:
        """The service itself, for its workers and sweeps, sees every row."""
        url = url_of(filled.settings)
        with connected(url, SERVICE.name) as connection:
            for table in names(url) - OWNERLESS:
                [(count,)] = run_sql(url, f"SELECT count(*) FROM {table}")
                assert affected(connection, f"SELECT 1 FROM {table}") == count, table

    async def test_owner_sees_their_own(self, filled: Knowledge) -> None:
        """Ann sees what is hers."""
        with connected(url_of(filled.settings), ANN.name) as connection:
            for table in ("users", "document", "passage", "message", "api_key", "session", "job"):
                assert affected(connection, f"SELECT 1 FROM {table}") > 0, table

    @pytest.mark.parametrize("owner", [str(ANN.user_id), "NULL"])
    async def test_nothing_is_given_to_others(self, filled: Knowledge, owner: str) -> None:
        """Bob makes nothing that is Ann's or shared, neither anew nor out of his own."""
        url = url_of(filled.settings)
        insert = (
            "INSERT INTO document (uuid, user_id, title, source, media_type, bytes, sha256, status)"
            " VALUES (gen_random_uuid(), {owner}, 't', 's', 'text/plain', 1, 'x', 'pending')"
        )
        give = f"{insert.format(owner=BOB.user_id)}; UPDATE document SET user_id = {owner}"
        for statement in (insert.format(owner=owner), give):
            with (
                connected(url, BOB.name) as connection,
                pytest.raises(psycopg2.errors.InsufficientPrivilege),
            ):
                affected(connection, statement)

    async def test_shared_documents_are_read_and_left(
        self, knowledge: Knowledge, people: None
    ) -> None:
        """A user reads a shared document and its passages, and neither changes nor deletes it."""
        await knowledge.ingest(DUCKS)
        with connected(url_of(knowledge.settings), BOB.name) as connection:
            for table in ("document", "passage"):
                assert affected(connection, f"SELECT 1 FROM {table}") == 1
                assert affected(connection, f"DELETE FROM {table}") == 0
            assert affected(connection, "UPDATE document SET title = 'x'") == 0

    async def test_caller_ends_with_the_statement(self, filled: Knowledge) -> None:
        """The next statement on a connection is not for the caller of the one before it."""
        database = filled.database
        for _ in range(20):  # over all connections of the pool
            assert await database.query(ANN, "list_api_keys")
            assert await database.query(BOB, "list_api_keys") == []

    async def test_search_reads_nothing_of_others(
        self, filled: Knowledge, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A search finds nothing of others' where the filter of the vector store is taken away."""
        monkeypatch.setattr(edge_store, "build_filter", lambda _, make: make.filter())
        assert len(await filled.retrieval.search(ANN, "ducks", limit=9)) == 1
        assert await filled.retrieval.search(BOB, "ducks", limit=9) == []
        await filled.sql(POLICIES_OFF)
        assert await filled.retrieval.search(BOB, "ducks", limit=9) == []

    async def test_filter_holds_alone(self, filled: Knowledge) -> None:
        """The filter of the vector store lets nothing of others' through, whatever is read."""
        vector = await filled.retrieval._embedder.embed_query("ducks")  # noqa: SLF001
        for user_id, count in ((ANN.user_id, 1), (BOB.user_id, 0), (None, 0)):
            where = SearchFilter(user_id=user_id)
            assert (
                len(await filled.store.query(asked(vector, "ducks"), where, candidates=9)) == count
            )


class TestWhere:
    """With the policies off."""

    async def test_queries_find_nothing_of_others(self, filled: Knowledge) -> None:
        """Every query that reads or deletes for a caller names the owner."""
        [(document,)] = await filled.sql("SELECT uuid::text FROM document WHERE status = 'ready'")
        [(asked,)] = await filled.sql("SELECT uuid::text FROM message WHERE role = 'user'")
        [(key,)] = await filled.sql("SELECT uuid::text FROM api_key")
        [(chat,)] = await filled.sql("SELECT uuid::text FROM chat")
        [(digest,)] = await filled.sql("SELECT sha256 FROM document WHERE source = 'a.txt'")
        passages = await filled.sql("SELECT uuid::text FROM passage")
        await filled.sql(POLICIES_OFF)
        reads: dict[str, dict[str, Any]] = {
            "get_document": {"uuid": document},
            "list_documents": {"limit": 9, "before": None, "status": None},
            "get_message": {"uuid": asked},
            "list_messages": {"limit": 9, "before": None, "chat_uuid": None},
            "list_api_keys": {},
            "list_sessions": {},
            "list_chats": {"limit": 9, "before": None},
            "get_chat": {"uuid": chat},
            "list_exchanges": {"chat_uuid": chat, "limit": 9, "before": None},
            "touch_chat": {"uuid": chat, "title": "t"},
            "rename_chat": {"uuid": chat, "title": "t"},
            "get_user": {},
            "get_document_version": {"source": "a.txt", "sha256": digest},
            "export_chats": {"limit": 9, "after": None},
            "export_documents": {"limit": 9, "after": None},
            "export_messages": {"limit": 9, "after": 0},
            "export_passages": {"limit": 9, "first": 0, "document_uuid": document},
            "delete_document": {"uuid": document},
            "delete_api_key": {"uuid": key},
            "delete_chat": {"uuid": chat},
        }
        assert reads.keys() | ELSEWHERE == asking_for_the_caller()
        for caller in (BOB, NOBODY):
            for name, given in reads.items():
                if name == "get_user" and caller is BOB:
                    continue  # who finds himself
                assert not await filled.database.query(caller, name, **given), (name, caller)
            uuids = f"{{{passages[0][0]}}}"
            [row] = await filled.database.query(caller, "get_passages", uuids=uuids)
            assert not row["visible"]
        for name, given in reads.items():
            assert await filled.database.query(ANN, name, **given), name

    async def test_services_find_nothing_of_others(self, filled: Knowledge) -> None:
        """What the services do for Bob, with no policy behind them, holds nothing of Ann's."""
        await filled.sql(POLICIES_OFF)
        [document, *_] = await filled.documents.page(ANN, 9)
        with pytest.raises(NotFound):
            await filled.documents.get(BOB, document.uuid)
        with pytest.raises(NotFound):
            await filled.documents.delete(BOB, document.uuid)
        exported = [line async for line in export(filled.database, BOB)]
        assert len(exported) == 1
        assert await _keys(filled.database).list(BOB) == []


class TestStart:
    """What the start asks of Postgres."""

    @pytest.mark.parametrize("auth_required", [True, False])
    async def test_unbound(
        self,
        make_settings: SettingsFactory,
        capsys: pytest.CaptureFixture[str],
        auth_required: bool,  # noqa: FBT001 # pytest gives it by name
    ) -> None:
        """Where the policies do not bind us, AUTH_REQUIRED stops the start with a sentence."""
        settings = make_settings(AUTH_REQUIRED=auth_required)
        await sql(settings, POLICIES_OFF)
        if auth_required:
            with pytest.raises(StartFailed):
                async with serve(settings):
                    pass
            assert "row-level security does not bind the role brag_app" in capsys.readouterr().err
        else:
            async with serve(settings) as client:
                assert (await client.get("/v1/documents")).status_code == 200

    async def test_role_that_cannot_be_taken(self, own_database_url: str) -> None:
        """A user of Postgres that may not take the role is told what to run."""
        run_sql(own_database_url, "CREATE ROLE stranger LOGIN")
        try:
            async with opened(own_database_url.replace("postgres@", "stranger@")) as database:
                with pytest.raises(ConfigurationError, match="GRANT brag_app TO"):
                    await database.ready()
        finally:
            run_sql(own_database_url, "DROP ROLE stranger")

    async def test_granted_user_serves(self, own_database_url: str) -> None:
        """A user that is no superuser, and was granted the role, is enough to serve with."""
        run_sql(own_database_url, "CREATE ROLE clerk LOGIN")
        try:
            run_sql(own_database_url, f"GRANT {ROLE} TO clerk")
            async with opened(own_database_url.replace("postgres@", "clerk@")) as database:
                await database.ready()
        finally:
            run_sql(own_database_url, "DROP ROLE clerk")
