"""Names and numbers that more than one package uses."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "db" / "migrations"

MODEL_TOKENS = 256  # what every embedding model must read of a text, special tokens included

LOG_AGAIN_SEC = 60.0  # until the log repeats that a part is down
READINESS_TIMEOUT_SEC = 2.0
RETRY_AFTER_SEC = 1

CONNECT_TIMEOUT_SEC = 5.0
MAX_RETRY_AFTER_SEC = 2.0
MAX_TOLD_RETRY_AFTER_SEC = 86_400.0
MAX_BODY_BYTES = 256 * 2**10  # of JSON: to read a megabyte of it can hold all others up for 50 ms
HEALTH_PATHS = ("/healthcheck", "/readiness")  # balancers ask for them by address
METRICS_PATH = "/metrics"
ANY_HOST_PATHS = frozenset({*HEALTH_PATHS, METRICS_PATH})
# What needs neither a session nor a key: it holds nothing of anybody's.
PUBLIC_PATHS = frozenset(
    {
        *(*HEALTH_PATHS, "/openapi.json", "/docs", "/", "/login"),
        *("/v1/users", "/v1/login", "/v1/login/consume"),
    }
)
PUBLIC_FOLDERS = ("/docs/", "/assets/", "/d/")
HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "_OTHER"  # OpenTelemetry's word for a method, or a model, that is not a known one
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, 9.2.1
JSON_ESCAPING = 3  # two bytes of text are six as JSON's \uXXXX (RFC 8259, 7)
MAX_FIELD_ERRORS = 50
MAX_FIELD_CHARS = 100
