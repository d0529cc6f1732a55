"""The database that DATABASE_URL leads to, as libpq and dbmate both take it."""

from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import pytest

from app.core.constants import MIGRATIONS
from app.core.exceptions import ConfigurationError, DatabaseUnusable
from app.core.postgres_server import require_usable, require_utf8
from app.core.postgres_url import connection_parameters
from app.embedded import reachable
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.migrations import main, migrate
from app.embedded.reachable import connect_when_possible, url_for_dbmate
from tests.support.fake_openai import refusing_url
from tests.support.psql import run_sql
from tests.support.template import Template, execute

PASSWORD = "s#w@o/r d%"
NEWEST = max(file.name.partition("_")[0] for file in MIGRATIONS.iterdir())


def told(**parameters: str) -> SimpleNamespace:
    """A connection that tells this of its server."""
    info = SimpleNamespace(server_version=180000, parameter_status=parameters.get)
    return SimpleNamespace(info=info)


@pytest.fixture
def missing_url(postgres_url: str) -> Iterator[str]:
    """A database that is not there yet."""
    name = f"missing_{uuid4().hex}"
    yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
    execute(postgres_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class TestUrl:
    """What dbmate is told."""

    def test_characters_and_libpq_s_own_parameters(self, own_database_url: str) -> None:
        """A password that needs escaping, and parameters that only libpq knows, are no obstacle."""
        run_sql(own_database_url, f"CREATE ROLE clerk LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
        try:
            url = own_database_url.replace("postgres@", f"clerk:{quote(PASSWORD, '')}@")
            migrate(
                f"{url}&channel_binding=prefer&keepalives_idle=30".replace("sslmode=disable&", "")
            )
        finally:
            run_sql(own_database_url, "DROP ROLE clerk")

    @pytest.mark.parametrize(
        ("given", "is_encrypted", "mode"),
        [
            ("postgresql://h/d", False, "disable"),
            ("postgresql://h/d?sslmode=prefer", True, "require"),
            ("postgresql://h/d?sslmode=verify-full&sslrootcert=/a.crt", True, "verify-full"),
        ],
    )
    def test_encryption_is_that_of_the_application(
        self, given: str, is_encrypted: bool, mode: str  # noqa: FBT001 # pytest gives it by name
    ) -> None:
        """Whether a connection is encrypted and checked is as libpq has it."""
        info = SimpleNamespace(
            host="h", port=5432, user="u", password="p", dbname="d", ssl_in_use=is_encrypted
        )
        query = parse_qs(urlsplit(url_for_dbmate(SimpleNamespace(info=info), given)).query)
        assert query["sslmode"] == [mode]
        assert query.get("sslrootcert") == (["/a.crt"] if "a.crt" in given else None)

    def test_root_certificate_is_looked_for_in_the_same_place(self) -> None:
        """Where no certificate is named dbmate takes libpq's; the system's where that is named."""
        info = SimpleNamespace(
            host="h", port=5432, user="u", password="", dbname="d", ssl_in_use=True
        )
        for more, expected in (("", "/.postgresql/root.crt"), ("&sslrootcert=system", "")):
            given = f"postgresql://h/d?sslmode=verify-full{more}"
            query = parse_qs(urlsplit(url_for_dbmate(SimpleNamespace(info=info), given)).query)
            assert query.get("sslrootcert", [""])[0].endswith(expected)
            assert bool(query.get("sslrootcert")) == bool(expected)

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("postgresql://host:port/name", r"^DATABASE_URL is not a URL of the form"),
            ("postgresql://u:%zz@h/d", r"^DATABASE_URL is not a URL of the form"),
            ("postgresql://u:word@h/d?schema=public", "does not know: take schema out of it"),
            ("postgresql://h/d?sslmode=no-verify", "^The sslmode of DATABASE_URL is none of"),
        ],
    )
    def test_what_libpq_does_not_take_is_a_sentence(self, url: str, sentence: str) -> None:
        """A URL that libpq does not take is refused in a sentence."""
        with pytest.raises(ConfigurationError, match=sentence):
            connection_parameters(url)


class TestConnect:
    """The way there."""

    def test_missing_database_is_made_in_utf8(self, missing_url: str) -> None:
        """A database that is not there is made, and migrated."""
        migrate(missing_url)
        assert run_sql(missing_url, "SHOW server_encoding") == [("UTF8",)]
        assert run_sql(missing_url, "SELECT max(version) FROM schema_migrations") == [(NEWEST,)]

    def test_database_without_a_name_is_called_by_its_user(self, own_database_url: str) -> None:
        """A URL without a database means that of its user, which is made where it is missing."""
        run_sql(own_database_url, "CREATE ROLE clerk LOGIN SUPERUSER")
        url = urlsplit(own_database_url.replace("postgres@", "clerk@"))._replace(path="").geturl()
        try:
            with closing(connect_when_possible(url)) as connection:
                assert connection.info.dbname == "clerk"
        finally:
            execute(own_database_url, "DROP DATABASE IF EXISTS clerk", "DROP ROLE clerk")

    def test_database_that_may_not_be_made_is_a_sentence(
        self, own_database_url: str, missing_url: str
    ) -> None:
        """A user who may not make the database is told what Postgres says."""
        run_sql(own_database_url, "CREATE ROLE clerk LOGIN")
        try:
            with pytest.raises(EmbeddedStartFailed, match=r"cannot be made: .*permission denied"):
                connect_when_possible(missing_url.replace("postgres@", "clerk@"))
        finally:
            run_sql(own_database_url, "DROP ROLE clerk")

    def test_other_encoding_is_told(
        self, template: Template, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Of a database that cannot hold every text a migration warns."""
        with template.in_encoding("LATIN1") as url, closing(connect_when_possible(url)):
            assert "is in LATIN1" in caplog.text

    def test_standby_is_refused_in_a_sentence(self, own_database_url: str) -> None:
        """Where a server takes no writes no migration is tried."""
        options = quote("-c default_transaction_read_only=on", "")
        with pytest.raises(EmbeddedStartFailed, match="takes no writes"):
            migrate(f"{own_database_url}&options={options}")

    def test_start_says_what_it_waits_for(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It says at once, and once, what it waits for, and in the end why it gave up."""
        monkeypatch.setattr(reachable, "WAIT_SEC", 0.1)
        monkeypatch.setattr(reachable, "POLL_SEC", 0.02)
        address = refusing_url().removeprefix("http://").removesuffix("/v1")
        with pytest.raises(EmbeddedStartFailed, match=r"does not answer: .*Connection refused"):
            connect_when_possible(f"postgresql://{address}/name")
        [line] = [line for line in caplog.messages if line.startswith("Waiting for the database")]
        assert "Connection refused" in line


class TestServer:
    """What a server says of itself when a connection begins."""

    def test_right_server_is_taken(self) -> None:
        """A server that is new, in UTF-8 and takes writes is taken; so is one that says nothing."""
        for connection in (told(server_encoding="UTF8", in_hot_standby="off"), told()):
            require_usable(connection)
            require_utf8(connection)

    def test_old_server_is_refused(self) -> None:
        """A Postgres before version 15 cannot hold the schema."""
        old = told()
        old.info.server_version = 140012
        with pytest.raises(DatabaseUnusable, match="has version 14, and bRAG needs 15 or later"):
            require_usable(old)

    def test_standby_is_refused(self) -> None:
        """A standby takes no writes."""
        with pytest.raises(DatabaseUnusable, match="takes no writes"):
            require_usable(told(server_encoding="UTF8", in_hot_standby="on"))


class TestMain:
    """`make migrate`."""

    def test_migrations_are_applied_to_the_setting(
        self, missing_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The database of the settings is migrated, and every migration named."""
        monkeypatch.setenv("DATABASE_URL", missing_url)
        assert main() == 0
        assert f"Applied: {NEWEST}" in capsys.readouterr().err

    def test_failure_is_a_sentence_and_an_exit_code(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What goes wrong is one sentence."""
        monkeypatch.setattr(reachable, "WAIT_SEC", 0)
        address = refusing_url().removeprefix("http://").removesuffix("/v1")
        monkeypatch.setenv("DATABASE_URL", f"postgresql://{address}/name")
        assert main() == 1
        assert "Traceback" not in capsys.readouterr().err

    def test_missing_setting_is_named(self) -> None:
        """Without DATABASE_URL there is nothing to migrate."""
        with pytest.raises(SystemExit, match="DATABASE_URL is not set"):
            main()
