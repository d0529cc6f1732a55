"""What the start asks of Postgres."""

import pytest

from app.core.exceptions import ConfigurationError
from app.db.engine import ROLE
from tests.conftest import SettingsFactory
from tests.support.databases import opened
from tests.support.psql import run_sql, sql
from tests.support.server import StartFailed, serve
from tests.support.walls import POLICIES_OFF


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
