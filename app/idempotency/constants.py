"""Numbers and names of idempotent requests."""

from typing import Final

LEASE_SEC: Final = 15.0  # after so long another process takes over from one that died
RENEW_SEC: Final = LEASE_SEC / 3
KEPT_SEC: Final = 24 * 60 * 60.0
EXPIRE_SEC: Final = 600.0  # between two looks for expired keys
EXPIRE_AT_ONCE: Final = 500
MAX_CLAIMS: Final = 3  # each of which another request gave up before it was looked at

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
REPLAYED_HEADERS: Final = frozenset(
    {"cache-control", "link", "location", "x-accel-buffering", "x-message-uuid"}
)

IN_THREAD_BYTES: Final = 8 * 2**10  # longer bodies are hashed in a thread
MAX_JSON_BYTES: Final = 2**18  # a parser stops the process, for 10 ms at worst; longer: by bytes
MAX_PARTS: Final = 1000  # as many fields as Starlette reads of a form
RELEASE_SEC: Final = 0.25  # for which an answer that is not kept waits at most
