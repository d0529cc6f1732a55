"""What every request passes through: plain ASGI, since a stream passes here chunk by chunk."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI

from app.core.middlewares.bodies import BodyLimit
from app.core.middlewares.head import Head
from app.core.middlewares.proxies import Forwarded, Prefix
from app.core.middlewares.requests import InternalErrors, RequestContext, StartupErrors
from app.core.middlewares.sites import AllowedHosts, Cors, Origins, OwnPages, allowed_hosts
from app.core.middlewares.uploads import UploadBudget
from settings import Settings

EXPOSED_HEADERS: Final = (
    *("X-Request-ID", "X-Message-UUID", "Link", "Retry-After"),
    *("RateLimit", "RateLimit-Policy", "Idempotency-Replayed"),
)

__all__ = ["Prefix", "UploadBudget", "add_middlewares"]


def add_middlewares(app: FastAPI, settings: Settings, body_limits: Mapping[str, int]) -> None:
    """Adds the middlewares, the innermost first; `body_limits` are bytes by path."""
    app.add_middleware(BodyLimit, by_path=body_limits)
    app.add_middleware(InternalErrors)
    origins = Origins(settings)
    if origins.listed or origins.pattern:
        app.add_middleware(
            Cors,
            allow_origins=origins.listed,
            allow_origin_regex=origins.pattern.pattern if origins.pattern else None,
            allow_methods=["*"],
            allow_headers=["*"],
            allow_credentials="*" not in origins.listed,
            expose_headers=EXPOSED_HEADERS,
        )
    app.add_middleware(OwnPages, origins=origins)
    hosts = allowed_hosts(settings)
    if hosts is not None:
        app.add_middleware(AllowedHosts, hosts=hosts)
    app.add_middleware(Head)
    app.add_middleware(RequestContext)
    app.add_middleware(Forwarded, settings=settings)
    app.add_middleware(StartupErrors)
