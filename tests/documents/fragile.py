"""The service as it is, but for the work of a killed process, which is taken up again at once."""

import uvicorn

from app.documents import worker
from app.main import create_app
from settings import Settings


def run(settings: Settings, port: int) -> None:
    """Serves until the process is ended."""
    vars(worker).update(LEASE_SEC=0.6, POLL_SEC=0.1)  # in a process of its own
    uvicorn.run(create_app(settings), port=port, log_level="error")
