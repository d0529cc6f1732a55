"""The client of the upstream, by the settings and by what the environment says of proxies."""

from typing import Any

import pytest

from app.core.exceptions import ConfigurationError
from app.core.llm import create_openai
from settings import Fallback, Settings

KEY: dict[str, Any] = {"OPENAI_API_KEY": "key"}
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the proxies of this machine these tests know nothing."""
    for name in (*PROXIES, *map(str.lower, PROXIES), "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


class TestBaseUrl:
    """Where the upstream is."""

    def test_variable_that_is_set_to_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An empty OPENAI_BASE_URL, as of a copied .env.example in a container, is not set."""
        monkeypatch.setenv("OPENAI_BASE_URL", "")
        assert create_openai(Settings(**KEY)).base_url == "https://api.openai.com/v1/"

    def test_query_goes_with_each_call(self) -> None:
        """The query of a base URL is that of every call; Azure's key goes where it is read."""
        url = "https://a.example/deployments/small?api-version=2024-06-01"
        client = create_openai(Settings(**KEY, OPENAI_BASE_URL=url))
        assert client.base_url == "https://a.example/deployments/small/"
        assert client.default_query == {"api-version": "2024-06-01"}
        assert client.default_headers["api-key"] == "key"
        assert "api-key" not in create_openai(Settings(**KEY)).default_headers


class TestFallback:
    """Where a fallback is, and which key it is told."""

    @pytest.mark.parametrize(
        ("fallback", "url", "key"),
        [
            ({"model": "m", "base_url": "http://a.example/v1"}, "http://a.example/v1/", "none"),
            (
                {"model": "m", "base_url": "http://a.example", "api_key": "k"},
                "http://a.example/",
                "k",
            ),
            ({"model": "m", "api_key": "another"}, "https://api.openai.com/v1/", "another"),
        ],
    )
    def test_key_goes_to_its_own_address(
        self, fallback: dict[str, str], url: str, key: str
    ) -> None:
        """OPENAI_API_KEY is told to no other address."""
        client = create_openai(Settings(**KEY), Fallback.model_validate(fallback))
        assert (str(client.base_url).rstrip("/"), client.api_key) == (url.rstrip("/"), key)


class TestEnvironment:
    """What the environment says of the network."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("ALL_PROXY", "socks://127.0.0.1:7890/"),
            ("ALL_PROXY", "socks5://127.0.0.1:7890"),
            ("HTTPS_PROXY", "http://127.0.0.1:port"),
            ("SSL_CERT_FILE", "/no/such/file.pem"),
        ],
    )
    def test_what_cannot_be_used_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """A proxy or certificates that cannot be used end the start with a sentence."""
        monkeypatch.setenv(name, value)
        with pytest.raises(ConfigurationError, match=name):
            create_openai(Settings(**KEY))

    def test_no_proxy_stands_before_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A model on this machine is asked past every proxy, also one that could not be used."""
        monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:7890/")
        create_openai(Settings(OPENAI_BASE_URL="http://localhost:11434/v1"))
