"""The service as it is, but for the work of a killed process, which is taken up again at once."""

import uvicorn

from app.documents import work, worker
from app.main import create_app
from settings import Settings


def run(settings: Settings, port: int) -> None:
    """Serves until the process is ended."""
    vars(work).update(LEASE_SEC=1.0)  # in a process of its own
    vars(worker).update(POLL_SEC=0.1)
    uvicorn.run(create_app(settings), port=port, log_level="error")
