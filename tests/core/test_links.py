"""Addresses of this service, as starts and mails name them."""

import pytest

from app.core.links import base_url
from app.users.login import login_url
from settings import Settings


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("host", "url"),
        [
            ("127.0.0.1", "http://127.0.0.1:80"),
            ("0.0.0.0", "http://127.0.0.1:80"),
            ("::", "http://[::1]:80"),
        ],
    )
    def test_server_is_reached_on_loopback(self, host: str, url: str) -> None:
        """A server that listens everywhere is reached on the loopback interface."""
        assert base_url(host, 80) == url


class TestLoginUrl:
    def test_leads_here(self) -> None:
        """Without PUBLIC_URL a link leads to this machine, also where it listens everywhere."""
        settings = Settings(HOST="0.0.0.0", PORT=8123)
        assert login_url(settings) == "http://127.0.0.1:8123/login"

    def test_leads_to_the_public_address(self) -> None:
        """With it a link leads there."""
        assert login_url(Settings(PUBLIC_URL="https://rag.example/docs")) == (
            "https://rag.example/docs/login"
        )
