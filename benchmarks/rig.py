"""What is measured, wired together: the mock upstream, the floor, Postgres and bRAG."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2

from app.core.constants import ROOT
from app.embedded.migrations import migrate
from app.embedded.postgres import EmbeddedPostgres
from benchmarks.load import UPSTREAM_PATH, Load, Outcome, run
from benchmarks.processes import Server, family_cpu_sec, isolated

KNOWLEDGE = [ROOT / "README.md", ROOT / "docs"]


@dataclass(frozen=True)
class Plan:
    """How much to measure: how often, and how much each time."""

    rounds: int
    seconds: float
    calls: int
    tokens: int
    documents: int
    passages: int
    searches: int
    beside_seconds: float


@dataclass(frozen=True)
class Reading:
    """One load and the CPU time that it took."""

    outcome: Outcome
    server_sec: float
    postgres_sec: float

    @property
    def rate(self) -> float:
        """Right answers a second."""
        return self.outcome.correct / self.outcome.seconds

    @property
    def server_ms(self) -> float:
        """CPU of the server for each right answer."""
        return 1000 * self.server_sec / self.outcome.correct

    @property
    def postgres_ms(self) -> float:
        """CPU of Postgres for each right answer."""
        return 1000 * self.postgres_sec / self.outcome.correct


@dataclass(frozen=True)
class Store:
    """A migrated Postgres and an empty DATA_DIR beside it."""

    directory: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead there."""
        return {"DATABASE_URL": self.url, "DATA_DIR": str(self.directory / "data")}

    def postgres_cpu_sec(self) -> float:
        """CPU time of Postgres so far, all its processes together."""
        [pid_file] = self.directory.rglob("postmaster.pid")
        return family_cpu_sec(int(pid_file.read_text().split()[0]))

    def passages(self) -> int:
        """How many passages Postgres holds."""
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM passage")
            [(count,)] = cursor.fetchall()
        return int(count)

    def ingest(self, *paths: Path) -> None:
        """Runs bRAG's own command, which must succeed."""
        command = [sys.executable, "-m", "app.documents", "ingest", *map(str, paths)]
        environment = isolated(**self.environment)
        subprocess.run(
            command, cwd=self.directory, env=environment, check=True, stdout=subprocess.DEVNULL
        )


class Rig:
    """The servers, and a way to put a load on one of them."""

    def __init__(self, directory: Path, mock: Server, store: Store) -> None:
        self.mock = mock
        self._directory = directory
        self._store = store
        self._upstream = {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{mock.port}/v1",
            "OPENAI_API_KEY": "benchmark",
        }

    def floor(self) -> Server:
        """The bare route over the ordinary client."""
        arguments = _uvicorn("benchmarks.floor:app", "uvloop", "httptools")
        return Server(arguments, self._directory, **self._upstream)

    def otlp_receiver(self) -> Server:
        """Where traces can be sent to."""
        return Server(["benchmarks.otlp_receiver", "{port}"], self._directory)

    def execute(self, statement: str, *values: object) -> None:
        """Runs a statement in the Postgres below bRAG, as its superuser."""
        with closing(psycopg2.connect(self._store.url)) as connection, connection:
            connection.cursor().execute(statement, values or None)

    def empty_store(self, name: str = "empty") -> Store:
        """The same Postgres with another DATA_DIR, for a second server beside the first."""
        directory = self._directory / name
        directory.mkdir(exist_ok=True)
        return replace(self._store, directory=directory)

    def brag(self, store: Store | None = None, **given: str) -> Server:
        """The whole of bRAG with one worker, over another store or with other settings if given.

        As in production, but that anybody may ask, as on the floor.
        """
        parts = "app.core.loop:Loop", "app.core.serving.protocol:HttpProtocol"
        arguments = _uvicorn("app.main:app", *parts)
        stored = (store or self._store).environment
        production = {"ENVIRONMENT": "production", "AUTH_REQUIRED": "false"}
        environment = {**self._upstream, **stored, **production, **given}
        return Server(arguments, self._directory, **environment)

    def measure(self, server: Server, load: Load) -> Reading:
        """Puts the load on the server; on the mock, its streams without anything before it."""
        if server is self.mock:
            load = replace(load, path=UPSTREAM_PATH)
        server_sec, postgres_sec = server.cpu_sec(), self._store.postgres_cpu_sec()
        outcome = run(load, server.port)
        if not outcome.correct:
            raise RuntimeError(f"Not one right answer to {load}.")
        return Reading(
            outcome,
            server.cpu_sec() - server_sec,
            self._store.postgres_cpu_sec() - postgres_sec,
        )

    def alternate(self, load: Load, rounds: int, *servers: Server) -> list[list[Reading]]:
        """The readings of each server, taken in turns, so that a noisy minute hits all alike."""
        turns = [[self.measure(server, load) for server in servers] for _ in range(rounds)]
        return [list(readings) for readings in zip(*turns, strict=True)]


def _uvicorn(app: str, loop: str, http: str) -> list[str]:
    options = ["--port", "{port}", "--loop", loop, "--http", http, "--no-access-log"]
    return ["uvicorn", app, *options]


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory for the time of the block, readable by the user that Postgres runs as."""
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@contextmanager
def open_store() -> Iterator[Store]:
    """A store with nothing in it."""
    with scratch_directory() as directory, EmbeddedPostgres(directory) as url:
        migrate(url)
        yield Store(directory, url)


@contextmanager
def open_rig() -> Iterator[Rig]:
    """The mock and a store that knows bRAG's own documents; the servers start when asked for."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch_directory())
        store = stack.enter_context(open_store())
        store.ingest(*(path for path in KNOWLEDGE if path.exists()))
        mock = stack.enter_context(Server(["benchmarks.mock_openai", "{port}"], directory))
        yield Rig(directory, mock, store)
