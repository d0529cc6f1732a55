"""The service as it is, but that the jobs of a killed process are claimed again at once."""

import uvicorn

from app.core.serving.protocol import HttpProtocol
from app.jobs import job, worker
from app.main import create_app
from settings import Settings


def run(settings: Settings, port: int) -> None:
    """Serves until the process is ended."""
    vars(job).update(LEASE_SEC=1.0)  # in a process of its own
    vars(worker).update(POLL_SEC=0.1)
    uvicorn.run(create_app(settings), port=port, log_level="error", http=HttpProtocol, ws="none")
