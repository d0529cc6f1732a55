"""What gunicorn serves with: a Postgres, a Qdrant and a model, none of them in its processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from app.embedded.migrations import migrate
from app.embedded.postgres import EmbeddedPostgres
from benchmarks.processes import Server
from tests.support.gunicorn_server import Gunicorn
from tests.support.qdrant_double import QdrantDouble


@dataclass(frozen=True)
class Deployment:
    """All parts but gunicorn; `folder` is for what it writes."""

    folder: Path
    postgres: EmbeddedPostgres
    environment: dict[str, str]

    def gunicorn(self, **given: str) -> Gunicorn:
        """Gunicorn over these parts, with these settings besides."""
        return Gunicorn(self.folder, **self.environment | given)

    def kill_postgres(self) -> None:
        """Kills all processes of Postgres, and starts it again."""
        [pid_file] = self.folder.rglob("postmaster.pid")
        postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
        # First the one that would tell the others to end; each is the leader of its own group.
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            process.kill()
        psutil.wait_procs(processes)
        self.postgres.start()


@contextmanager
def deployed() -> Iterator[Deployment]:
    """The parts, with nothing in them."""
    with TemporaryDirectory(prefix="brag-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres runs as a user of its own
        postgres = EmbeddedPostgres(folder)
        model = Server(["benchmarks.mock_openai", "{port}"], folder)
        with postgres as url, model, QdrantDouble(folder / "qdrant") as qdrant:
            migrate(url)
            environment = {
                "DATABASE_URL": url,
                "DATA_DIR": str(folder / "data"),
                "OPENAI_BASE_URL": f"http://127.0.0.1:{model.port}/v1",
                "OPENAI_API_KEY": "load",
                "QDRANT_URL": qdrant.url,
                "SSE_PING_SEC": "60",  # a ping is no part of a stream that is compared
            }
            yield Deployment(folder, postgres, environment)
