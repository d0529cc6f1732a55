"""The values of settings: what is taken, refused, and not shown."""

from pathlib import Path

import pytest

from settings import Settings, load_settings


class TestLists:
    """Settings that hold several values."""

    @pytest.mark.parametrize(
        "text",
        ["a,b", " a , b ,", '["a", "b"]', ' ["a","b"]'],
        ids=["commas", "blanks", "JSON", "JSON after a blank"],
    )
    def test_list_is_of_commas_or_json(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """A list is separated by commas, or JSON."""
        monkeypatch.setenv("OPENAI_ALLOWED_MODELS", text)
        assert Settings().OPENAI_ALLOWED_MODELS == ["a", "b"]

    def test_empty_variable_is_not_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An empty variable is one that is not set."""
        monkeypatch.setenv("OPENAI_ALLOWED_MODELS", "")
        assert Settings().OPENAI_ALLOWED_MODELS is None

    @pytest.mark.parametrize("text", ["[a, b]", "[1]", '["a"'])
    def test_wrong_json_is_refused(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        """What looks like JSON must be a JSON list of texts."""
        monkeypatch.setenv("CORS_ORIGINS", text)
        with pytest.raises(SystemExit, match=r"^The setting CORS_ORIGINS is wrong: .+\.$"):
            load_settings()


class TestValues:
    """What each setting takes."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("PORT", "http"),
            ("ALLOWED_HOSTS", "https://brag.example"),
            ("ALLOWED_HOSTS", "a.example,b.example/path"),
            ("PORT", "65536"),
            ("ENVIRONMENT", "prod"),
            ("LOG_LEVEL", "LOUD"),
            ("LOG_FORMAT", "xml"),
            ("DATABASE_TIMEOUT_SEC", "0"),
            ("GENERATION_TIMEOUT_SEC", "-1"),
            ("MAX_CONCURRENT_GENERATIONS", "0"),
            ("QDRANT_COLLECTION_NAME", "../elsewhere"),
            ("RELEVANCE_THRESHOLD", "2"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
            ("DATABASE_URL", "somewhere"),
            ("DATABASE_URL", "mysql://user:swordfish@localhost/brag"),
            ("OPENAI_BASE_URL", "localhost:8000/v1"),
            ("OPENAI_BASE_URL", "ftp://localhost"),
            ("OPENAI_BASE_URL", "https://api.example/v1?api version=1"),
            ("OPENAI_BASE_URL", "https://api.example/v1?a=1#part"),
            ("PUBLIC_URL", "https://user@brag.example"),
            ("QUEUE_TIMEOUT_SEC", "inf"),
            ("DATA_DIR", "~no-such-user/brag"),
            ("OPENAI_BASE_URL", "https://api.example/v1#part"),
            ("QDRANT_URL", "https://qdrant.example?key=1"),
            ("QDRANT_PORT", "udp://10.0.0.1:6333"),
            ("QDRANT_HOST", "http://qdrant"),
            ("QDRANT_HOST", "qdrant:6333"),
            ("CORS_ORIGINS", "https://a.example/chat"),
            ("CORS_ORIGINS", "a.example"),
            ("CORS_ORIGINS", "localhost:3000"),
            ("CORS_ORIGINS", "https://*.a.example"),
            ("CORS_ORIGINS", "https://user@a.example"),
            ("CORS_ORIGINS", "https://a.example:port"),
            ("ROOT_PATH", "https://a.example/rag"),
            ("ROOT_PATH", "/rag?a"),
            ("OPENAI_BASE_URL", "http://"),
            ("QDRANT_URL", "qdrant"),
            ("QDRANT_URL", "http://qdrant:99999"),
            ("OPENAI_API_KEY", "sk-schl\N{LATIN SMALL LETTER U WITH DIAERESIS}ssel"),
            ("QDRANT_API_KEY", "two words"),
            ("SENTRY_DSN", "swordfish"),
            ("SENTRY_DSN", "https://sentry.example/1"),
        ],
    )
    def test_wrong_value_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """A wrong value ends the process with a sentence that names its setting."""
        monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit, match=rf"^The setting {name} is wrong: .+\.$") as raised:
            load_settings()
        assert "swordfish" not in str(raised.value)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DATABASE_URL", "postgres://user:word@host/name"),
            ("DATABASE_URL", "postgresql+psycopg2://postgres@/name?host=%2Ftmp"),
            ("OPENAI_BASE_URL", "https://api.example/v1/"),
            ("QDRANT_URL", "http://[::1]:6333"),
            ("SENTRY_DSN", "https://key@sentry.example/path/1"),
        ],
    )
    def test_every_form_of_a_url_is_taken(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """Every form of a URL that the parts know is taken."""
        monkeypatch.setenv(name, value)
        assert getattr(load_settings(), name) is not None

    @pytest.mark.parametrize(
        ("name", "value", "made"),
        [
            ("CORS_ORIGINS", "https://A.example/", ["https://a.example"]),
            ("CORS_ORIGINS", "https://a.example:443,*", ["https://a.example", "*"]),
            ("CORS_ORIGINS", "http://a.example:8080", ["http://a.example:8080"]),
            (
                "CORS_ORIGINS",
                "https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example",
                ["https://xn--bcher-kva.example"],
            ),
            ("CORS_ORIGINS", "http://[::1]:3000,null", ["http://[::1]:3000", "null"]),
            ("CORS_ORIGINS", "app://local.host/", ["app://local.host"]),
            ("OPENAI_BASE_URL", "https://a.example/v1/chat/completions", "https://a.example/v1"),
            (
                "OPENAI_BASE_URL",
                "https://a.example/v1/chat/completions?api-version=1",
                "https://a.example/v1?api-version=1",
            ),
            (
                "PUBLIC_URL",
                "https://B\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example:443/rag/",
                "https://xn--bcher-kva.example/rag",
            ),
            ("LOG_LEVEL", "info", "INFO"),
            ("ENVIRONMENT", "Production", "production"),
            ("HOST", "[::]", "::"),
            ("QDRANT_PORT", "tcp://10.0.0.1:6334", 6334),
            ("QDRANT_HOST", "::1", "[::1]"),
            ("QDRANT_HOST", "qdrant.example", "qdrant.example"),
            ("DATA_DIR", "~/brag", Path.home() / "brag"),
            ("ROOT_PATH", "rag/", "/rag"),
            ("ROOT_PATH", "/", ""),
            ("PORT", " 9000\r", 9000),
            ("OPENAI_MODEL", '"small"', "small"),
            ("OPENAI_MODEL", "'small' ", "small"),
            ("OPENAI_MODEL", " ", "gpt-4o-mini"),
        ],
    )
    def test_what_can_work_is_made_to(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, made: object
    ) -> None:
        """A value is taken for what it must have been meant to be."""
        monkeypatch.setenv(name, value)
        assert getattr(load_settings(), name) == made

    def test_every_wrong_setting_has_a_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every wrong setting is named in a line of its own."""
        monkeypatch.setenv("PORT", "http")
        monkeypatch.setenv("LOG_LEVEL", "LOUD")
        with pytest.raises(SystemExit) as raised:
            load_settings()
        assert len(str(raised.value).splitlines()) == 2


class TestSecrets:
    """Settings that may not be seen."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("OPENAI_API_KEY", "swordfish"),
            ("QDRANT_API_KEY", "swordfish"),
            ("OPENAI_FALLBACKS", '[{"model": "m", "api_key": "swordfish"}]'),
            ("DATABASE_URL", "postgresql://user:swordfish@host/name"),
            ("SENTRY_DSN", "https://swordfish@sentry.example/1"),
        ],
    )
    def test_secrets_are_not_printed(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """A secret does not appear where settings are printed."""
        monkeypatch.setenv(name, value)
        assert "swordfish" not in repr(Settings())
        assert "swordfish" not in Settings().model_dump_json()
