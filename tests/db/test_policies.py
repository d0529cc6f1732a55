"""The policies of Postgres, with no WHERE before them; test_owner_queries has the other half."""

import re

import psycopg2
import pytest

from app.core.caller import NOBODY, SERVICE
from app.db.engine import ROLE
from app.vector_store.base import SearchFilter
from app.vector_store.edge import store as edge_store
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.points import asked
from tests.support.psql import run_sql, url_of
from tests.support.users import ANN, BOB
from tests.support.walls import (
    OWNERLESS,
    POLICIES_OFF,
    affected,
    connected,
    names,
)


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
