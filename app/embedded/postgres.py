"""Postgres for a machine that has none: the real server, from a package, under DATA_DIR."""

import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import psycopg2

from app.core.folders import make_private
from app.core.locks import DirectoryLock, exclusive
from app.embedded.cluster import Cluster
from app.embedded.exceptions import EmbeddedStartFailed

if TYPE_CHECKING:
    # At run time where it is used: it comes with the package that brings Postgres.
    import psutil

ANSWER_TIMEOUT_SEC: Final = 60.0
REMAINS_TIMEOUT_SEC: Final = 10.0
POLL_SEC: Final = 0.02


class EmbeddedPostgres:
    """One user's hold on the Postgres of a data directory; the last one to let go stops it.

    `with EmbeddedPostgres(data_dir) as url:` starts the server or joins the one that runs.
    """

    def __init__(self, data_dir: Path) -> None:
        self._given = data_dir / "postgres"
        self._directory = self._given.resolve()
        self._cluster = Cluster(self._directory)
        self._users = DirectoryLock(self._cluster.path)

    @property
    def url(self) -> str:
        """Where the server answers while it runs."""
        return self._cluster.url

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> str:
        """Returns the URL of a server that answers; called again, it revives one that died."""
        try:
            make_private(self._given)
            with exclusive(self._directory):
                self._join()
        except PermissionError as error:
            raise EmbeddedStartFailed(
                f"{error.filename} belongs to another user: choose another DATA_DIR."
            ) from error
        except OSError as error:
            raise EmbeddedStartFailed(f"DATA_DIR cannot be used: {error}.") from error
        return self.url

    def stop(self) -> None:
        """Lets go of the server, and stops it where no other process holds it."""
        with exclusive(self._directory):
            self._leave()

    def rotate_log(self) -> None:
        """Puts the server's log aside where it has grown long."""
        self._cluster.rotate_log()

    def is_running(self) -> bool:
        """Whether the server lives; a zombie or another program with its old pid does not count."""
        pid = self._cluster.postmaster_pid()
        if pid is None:
            return False
        import psutil

        try:
            return self._is_postgres(psutil.Process(pid))
        except psutil.NoSuchProcess:
            return False

    def _join(self) -> None:
        self._cluster.initialise()
        self._users.share()
        try:
            self._ensure_answers()
        except EmbeddedStartFailed:
            self._leave()
            raise

    def _ensure_answers(self) -> None:
        self._cluster.take_socket_directory()
        if not self.is_running():
            self._clear_remains()
            self._cluster.launch()
        _wait_for_answer(self.url)

    def _leave(self) -> None:
        if self._users.try_take() and self.is_running():
            self._cluster.halt()
        self._users.release()

    def _is_postgres(self, process: "psutil.Process") -> bool:
        """Whether a process is one of the server of this cluster."""
        import psutil

        try:
            return process.name() == "postgres" and process.cwd() == str(self._cluster.path)
        except psutil.Error:
            return False

    def _clear_remains(self) -> None:
        """Waits for the last process of a killed server: two on the same files destroy them."""
        import psutil

        remains = [process for process in psutil.process_iter() if self._is_postgres(process)]
        _, living = psutil.wait_procs(remains, timeout=REMAINS_TIMEOUT_SEC)
        if living:
            pids = ", ".join(str(process.pid) for process in living)
            raise EmbeddedStartFailed(f"Processes of a dead Postgres still run, end them: {pids}.")
        self._cluster.forget_dead_server()


def _wait_for_answer(url: str) -> None:
    """Returns once Postgres takes connections, which it refuses while it recovers."""
    deadline = time.monotonic() + ANSWER_TIMEOUT_SEC
    while True:
        try:
            psycopg2.connect(url).close()
            return
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise EmbeddedStartFailed(f"Postgres does not answer: {error}") from error
            time.sleep(POLL_SEC)
