"""What the service needs, behind networks that can break."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from tests.support.fake_openai import FakeOpenAI
from tests.support.network import Network
from tests.support.postgres_proxy import PostgresProxy
from tests.support.qdrant_double import QdrantDouble
from tests.support.smtp_server import SmtpServer
from tests.support.template import Template


@dataclass
class Dependencies:
    """The dependencies, and the networks between them and the service."""

    openai: FakeOpenAI
    smtp: SmtpServer
    postgres: Any  # a connection beside the network
    qdrant: QdrantDouble
    proxy: PostgresProxy
    networks: dict[str, Network]


@asynccontextmanager
async def opened_dependencies(template: Template, folder: Path) -> AsyncIterator[Dependencies]:
    """All dependencies, with nothing in them."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(template.copied())
        double = stack.enter_context(QdrantDouble(folder / "qdrant", keeps_connections=True))
        smtp = stack.enter_context(SmtpServer())
        openai = await stack.enter_async_context(FakeOpenAI())
        proxy = PostgresProxy(url)
        networks = {
            "postgres": proxy,
            "qdrant": Network(_address(double.url)),
            "upstream": Network(_address(openai.url)),
            "mail": Network(("127.0.0.1", smtp.port)),
        }
        for network in networks.values():
            await stack.enter_async_context(network)
        postgres = stack.enter_context(closing(psycopg2.connect(url)))
        postgres.autocommit = True
        yield Dependencies(openai, smtp, postgres, double, proxy, networks)


def _address(url: str) -> tuple[str, int]:
    return "127.0.0.1", urlsplit(url).port or 0
