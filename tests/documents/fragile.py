"""The service as it is, but for the work of a killed process, which is taken up again at once.

`python -m tests.documents.fragile PORT`
"""

import sys

import uvicorn

from app.documents import constants

if __name__ == "__main__":
    constants.LEASE_SEC = 0.6  # type: ignore[misc] # before anybody reads it
    constants.POLL_SEC = 0.1  # type: ignore[misc]
    uvicorn.run("app.main:app", port=int(sys.argv[1]), log_level="error")
