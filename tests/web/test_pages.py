"""The pages and their files, as they are sent; tests/browser uses them."""

import gzip
import re
from urllib.parse import urljoin

import httpx2
import pytest

from app.core.constants import ROOT

PAGES = ["/", "/d/01a21043-ea57-7f1a-9f3e-9e17e3f44302", "/login"]
ASSETS = sorted((ROOT / "app" / "web" / "assets").iterdir())
MAX_COMPRESSED_BYTES = 60_000


class TestPages:
    @pytest.mark.parametrize("path", PAGES)
    async def test_page_needs_nothing_from_elsewhere(
        self, shared_client: httpx2.AsyncClient, path: str
    ) -> None:
        """A page and its files come from the service itself, under a strict policy."""
        page = await shared_client.get(path)
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        links = re.findall(r'(?:href|src)="([^"#]+)"', page.text)
        assert len(links) >= 3
        for link in links:
            found = await shared_client.get(urljoin(path, link))
            assert found.status_code == 200
            assert found.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("path", PAGES)
    async def test_links_keep_the_prefix(
        self, shared_client: httpx2.AsyncClient, path: str
    ) -> None:
        """Behind a proxy that strips a prefix, every link of a page has it."""
        page = await shared_client.get(path, headers={"X-Forwarded-Prefix": "/rag"})
        links = re.findall(r'(?:href|src)="([^"#]+)"', page.text)
        assert [link for link in links if not link.startswith("/rag/")] == []

    @pytest.mark.parametrize("path", PAGES)
    async def test_nothing_is_inline(self, shared_client: httpx2.AsyncClient, path: str) -> None:
        """No page holds a script, a style or a handler: its policy would refuse them."""
        text = (await shared_client.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", text)

    @pytest.mark.parametrize("path", PAGES)
    async def test_head(self, shared_client: httpx2.AsyncClient, path: str) -> None:
        """HEAD says what GET says, without the page."""
        head, get = await shared_client.head(path), await shared_client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(get.content))


class TestAssets:
    async def test_asset_is_what_the_folder_holds(self, shared_client: httpx2.AsyncClient) -> None:
        """A file comes whole, compressed or not, and not at all to who has it."""
        for file in ASSETS[:2]:
            path = f"/assets/{file.name}"
            plain = await shared_client.get(path, headers={"Accept-Encoding": "identity"})
            assert plain.content == file.read_bytes()
            assert "content-encoding" not in plain.headers
            zipped = await shared_client.get(path, headers={"Accept-Encoding": "gzip"})
            assert (zipped.content, zipped.headers["content-encoding"]) == (plain.content, "gzip")
            assert "Accept-Encoding" in zipped.headers["vary"]
            known = await shared_client.get(path, headers={"If-None-Match": plain.headers["etag"]})
            assert (known.status_code, known.content) == (304, b"")

    def test_all_is_small(self) -> None:
        """The pages and all of their files are less than 60 KB, compressed."""
        pages = (ROOT / "app" / "web").glob("*.html")
        sizes = [len(gzip.compress(file.read_bytes())) for file in (*pages, *ASSETS)]
        assert sum(sizes) < MAX_COMPRESSED_BYTES

    def test_no_text_is_parsed(self) -> None:
        """No script gives a text to a parser of HTML or of JavaScript."""
        code = "".join(file.read_text() for file in ASSETS)
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|DOMParser|eval\(|Function\(", code
        )

    @pytest.mark.parametrize("name", ["none.js", "../api.py", "%2e%2e%2fapi.py", "login.html"])
    async def test_no_other_files(self, shared_client: httpx2.AsyncClient, name: str) -> None:
        """No other file can be had."""
        assert (await shared_client.get(f"/assets/{name}")).status_code == 404
