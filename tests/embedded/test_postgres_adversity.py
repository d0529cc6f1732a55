"""An embedded Postgres that died, one whose path is awkward, and one whose place is taken."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil
import pytest

from app.embedded import cluster, postgres
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.postgres import EmbeddedPostgres
from tests.support.cluster import postmaster_file, query


def kill_postmaster(data_dir: Path) -> None:
    """Kills the server, and waits until its processes are gone or zombies."""
    server = psutil.Process(int(postmaster_file(data_dir).read_text().split()[0]))
    processes = [server, *server.children()]
    server.kill()
    psutil.wait_procs(processes, timeout=10)


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
