"""Numbers and names of idempotent requests."""

from typing import Final

LEASE_SEC: Final = 15.0  # after so long another process takes over from one that died
RENEW_SEC: Final = LEASE_SEC / 3
KEPT_SEC: Final = 24 * 60 * 60.0
EXPIRE_SEC: Final = 600.0  # between two looks for expired keys
EXPIRE_AT_ONCE: Final = 500
# A claim fails where another request holds the key, and is tried again where that has given it up.
MAX_CLAIMS: Final = 3

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
REPLAYED_HEADERS: Final = frozenset(
    {"cache-control", "link", "location", "x-accel-buffering", "x-message-uuid"}
)

IN_THREAD_BYTES: Final = 8 * 2**10  # longer bodies are hashed in a thread
# Longer JSON counts by its bytes: to parse this much stops the whole process for 10 ms.
MAX_JSON_BYTES: Final = 2**18
MAX_PARTS: Final = 1000  # as many fields as Starlette reads of a form
RELEASE_SEC: Final = 0.25  # that an answer which is not kept waits for its key's release, at most
