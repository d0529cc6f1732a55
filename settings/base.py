"""Every setting of bRAG, read from the environment and from `.env`."""

import re
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from settings.fallbacks import ApiUrl, Fallback, Key
from settings.values import (
    bare,
    browser_origins,
    expanded,
    host_of_url,
    http_url,
    port_of_service,
    public_url,
    url_prefix,
)

DEFAULT_EMBEDDING_MODEL: Final = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_RATE_LIMIT_PER_MINUTE: Final = 120


def _split(value: Any) -> Any:
    """Reads a list written as JSON or as comma-separated words."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return orjson.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _require_hosts(hosts: list[str]) -> list[str]:
    for host in hosts:
        if not HOST.fullmatch(host):
            raise ValueError(
                f"{host} must be a host name without scheme and path, like example.com"
            )
    return hosts


def _require_proxies(proxies: list[str]) -> list[str]:
    if proxies != ["*"]:
        for proxy in proxies:
            ip_network(proxy)  # its ValueErrors are sentences that name what is wrong
    return proxies


def _require_postgres(url: SecretStr) -> SecretStr:
    if not POSTGRES.match(url.get_secret_value()):
        raise ValueError("must be a URL of the form postgresql://user:password@host:5432/name")
    return url


def _require_dsn(dsn: SecretStr) -> SecretStr:
    if not SENTRY.fullmatch(dsn.get_secret_value()):
        raise ValueError("must be a URL of the form https://key@host/project")
    return dsn


def _require_smtp(url: SecretStr) -> SecretStr:
    try:
        if SMTP.fullmatch(url.get_secret_value()) and urlsplit(url.get_secret_value()).port != 0:
            return url
    except ValueError:  # its sentence may quote the password
        pass
    raise ValueError(
        "must be a URL of the form smtp://user:password@host:587 or smtps://user:password@host:465"
        ", with a percent sign and code for each special character of user and password"
    )


def _require_address(text: str) -> str:
    import email_validator  # few set an address, and it takes 30 ms

    try:
        email_validator.validate_email(
            parseaddr(text)[1], check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError:
        raise ValueError(
            "must be an address, like no-reply@example.com or bRAG <no-reply@example.com>"
        ) from None
    return text


POSTGRES: Final = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
SENTRY: Final = re.compile(r"https?://[^@/\s]+@[^/\s]+/(?:\S+/)?\d+")
HOST: Final = re.compile(r"[A-Za-z0-9._-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?")
SMTP: Final = re.compile(
    r"smtps?://(?:[^:/?#\s]+:[^/?#\s]+@)?"
    r"(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*|\[[0-9A-Fa-f:.]+\])(?::\d+)?/?"
)

# What a request to a model holds beside its messages, and the role of its instructions.
Part = Literal[
    "stream",
    "stream_options",
    "system",
    "temperature",
    "top_p",
    "stop",
    "seed",
    "max_tokens",
    "max_completion_tokens",
    "presence_penalty",
    "frequency_penalty",
    "response_format",
    "user",
    "metadata",
]
StringList = Annotated[list[str], NoDecode, BeforeValidator(_split)]
HttpUrl = Annotated[str, AfterValidator(http_url)]
LOWER: Final = BeforeValidator(lambda value: str(value).lower())
UPPER: Final = BeforeValidator(lambda value: str(value).upper())


class Settings(BaseSettings):
    """The settings of one process; `.env.example` explains each in a line."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    APP_NAME: str = "bRAG"
    ENVIRONMENT: Annotated[Literal["local", "dev", "production"], LOWER] = "local"
    HOST: Annotated[str, AfterValidator(lambda host: host.strip("[]"))] = "127.0.0.1"
    PORT: int = Field(default=8000, ge=0, le=65535)
    PUBLIC_URL: Annotated[HttpUrl, AfterValidator(public_url)] | None = None
    ROOT_PATH: Annotated[str, AfterValidator(url_prefix)] | None = None
    ALLOWED_HOSTS: Annotated[StringList, AfterValidator(_require_hosts)] | None = None
    DATA_DIR: Annotated[Path, AfterValidator(expanded)] = Path("data")
    LOG_LEVEL: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], UPPER] = "INFO"
    LOG_FORMAT: Annotated[Literal["json", "text"], LOWER] | None = None
    SENTRY_DSN: Annotated[SecretStr, AfterValidator(_require_dsn)] | None = None
    CORS_ORIGINS: Annotated[StringList, AfterValidator(browser_origins)] | None = None

    DATABASE_URL: Annotated[SecretStr, AfterValidator(_require_postgres)] | None = None
    DATABASE_TIMEOUT_SEC: float = Field(default=5, gt=0)

    OPENAI_API_KEY: Key | None = None
    OPENAI_BASE_URL: ApiUrl | None = None
    OPENAI_MODEL: str = "gpt-4o-mini"
    OPENAI_ALLOWED_MODELS: StringList | None = None
    OPENAI_FALLBACKS: Annotated[list[Fallback], NoDecode, BeforeValidator(_split)] = []
    OPENAI_UNSUPPORTED: Annotated[list[Part], NoDecode, BeforeValidator(_split)] = []
    GENERATION_TIMEOUT_SEC: float = Field(default=120, gt=0)
    STREAM_START_SEC: float = Field(default=3, gt=0)
    MAX_CONCURRENT_GENERATIONS: int = Field(default=1000, ge=1)
    QUEUE_TIMEOUT_SEC: float = Field(default=1, ge=0)
    MAX_MESSAGE_CHARS: int = Field(default=32_000, ge=1)
    MAX_ANSWER_CHARS: int = Field(default=400_000, ge=1)
    MAX_COMPLETION_TOKENS: int = Field(default=4096, ge=1)
    CONTEXT_WINDOW_TOKENS: int = Field(default=128_000, ge=2)
    SSE_PING_SEC: float = Field(default=15, gt=0)
    RESUME_GRACE_SEC: float = Field(default=20, ge=0)

    QDRANT_URL: HttpUrl | None = None
    QDRANT_HOST: Annotated[str, AfterValidator(host_of_url)] | None = None
    QDRANT_PORT: Annotated[int, BeforeValidator(port_of_service)] = Field(
        default=6333, ge=1, le=65535
    )
    QDRANT_API_KEY: Key | None = None
    QDRANT_COLLECTION_NAME: str = Field(default="demo", pattern=r"^[A-Za-z0-9_.-]{1,200}$")
    QDRANT_SHARDS: int | None = Field(default=None, ge=1, le=1000)
    QDRANT_REPLICAS: int = Field(default=1, ge=1, le=100)
    QDRANT_TIMEOUT_SEC: float = Field(default=5, gt=0)
    DEFAULT_LIMIT: int = Field(default=3, ge=1, le=20)
    EMBEDDING_MODEL: str = DEFAULT_EMBEDDING_MODEL
    EMBEDDING_THREADS: int = Field(default=1, ge=1)
    MAX_DOCUMENT_BYTES: int = Field(default=25 * 2**20, ge=1)
    MAX_UPLOAD_BYTES_AT_ONCE: int = Field(default=100 * 2**20, ge=1)
    SAMPLE_DOCUMENTS: bool = True
    RELEVANCE_THRESHOLD: float | None = Field(default=None, ge=-1, le=1.8)

    AUTH_REQUIRED: bool | None = None
    RATE_LIMIT_PER_MINUTE: int | None = Field(default=None, ge=0)
    LOGIN_MAILS_PER_HOUR: int = Field(default=5, ge=0)
    MAX_GENERATIONS_PER_USER: int = Field(default=4, ge=1)
    MCP_ENABLED: bool = False
    FORWARDED_ALLOW_IPS: Annotated[StringList, AfterValidator(_require_proxies)] = ["127.0.0.1"]
    SECRET_KEY: Annotated[SecretStr, Field(min_length=32)] | None = None

    SMTP_URL: Annotated[SecretStr, AfterValidator(_require_smtp)] | None = None
    MAIL_FROM: Annotated[str, AfterValidator(_require_address)] | None = None

    METRICS_TOKEN: Annotated[SecretStr, Field(min_length=16)] | None = None
    OTEL_EXPORTER_OTLP_ENDPOINT: HttpUrl | None = None

    WORKERS: int = Field(default=1, ge=1)
    TIMEOUT: int = Field(default=60, ge=0)
    RELOAD: bool = False
    GRACEFUL_TIMEOUT_SEC: int = Field(default=30, ge=0)
    KEEPALIVE_SEC: int = Field(default=75, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Blanks and quotes around a value are no part of it, and what is left empty is not set."""
        texts = {name: bare(value) for name, value in given.items() if isinstance(value, str)}
        return {name: value for name, value in (given | texts).items() if value != ""}

    @property
    def root_path(self) -> str:
        """The prefix that a proxy strips: ROOT_PATH, else the path of PUBLIC_URL."""
        if self.ROOT_PATH is not None:
            return self.ROOT_PATH
        return urlsplit(self.PUBLIC_URL or "").path.rstrip("/")

    @property
    def requires_auth(self) -> bool:
        """Whether a request needs a session or a key: AUTH_REQUIRED, else unless it is local."""
        return not self.is_local if self.AUTH_REQUIRED is None else self.AUTH_REQUIRED

    @property
    def known_models(self) -> set[str]:
        """The models that the settings name."""
        fallbacks = {fallback.model for fallback in self.OPENAI_FALLBACKS}
        return {self.OPENAI_MODEL, *(self.OPENAI_ALLOWED_MODELS or ()), *fallbacks}

    @property
    def requires_metrics_token(self) -> bool:
        """Whether /metrics asks for METRICS_TOKEN: unless this is local, and open to all."""
        return self.METRICS_TOKEN is not None or self.requires_auth or not self.is_local

    @property
    def rate_limit_per_minute(self) -> int:
        """Requests of one client in a minute, 0: any; unless set, 120 where auth is required."""
        if self.RATE_LIMIT_PER_MINUTE is not None:
            return self.RATE_LIMIT_PER_MINUTE
        return DEFAULT_RATE_LIMIT_PER_MINUTE if self.requires_auth else 0

    @property
    def is_local(self) -> bool:
        """Whether this is a developer's own machine: readable logs, open CORS."""
        return self.ENVIRONMENT == "local"
