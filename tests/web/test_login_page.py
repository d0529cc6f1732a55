"""The page of a magic link, as a scanner of mails sees it; tests/browser has its button."""

import re
from urllib.parse import urljoin

import httpx2
import pytest


class TestLoginPage:
    async def test_page_needs_nothing_from_elsewhere(
        self, shared_client: httpx2.AsyncClient
    ) -> None:
        """The page and its files come from the service itself, under a strict policy."""
        page = await shared_client.get("/login")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        links = re.findall(r'(?:href|src)="([^"]+)"', page.text)
        assert len(links) == 2
        for link in links:
            asset = await shared_client.get(urljoin("/login", link))
            assert asset.status_code == 200
            assert asset.headers["x-content-type-options"] == "nosniff"

    async def test_head(self, shared_client: httpx2.AsyncClient) -> None:
        """HEAD says what GET says, without the page."""
        head, get = await shared_client.head("/login"), await shared_client.get("/login")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))

    @pytest.mark.parametrize("name", ["none.js", "../api.py", "%2e%2e%2fapi.py", "login.html"])
    async def test_no_other_files(self, shared_client: httpx2.AsyncClient, name: str) -> None:
        """No other file can be had."""
        assert (await shared_client.get(f"/assets/{name}")).status_code == 404
