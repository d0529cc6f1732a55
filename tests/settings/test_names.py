"""Names that are nearly settings."""

import pytest

from settings import Settings, load_settings, misspelt_settings
from settings.names import nearly


class TestNearly:
    """What a name was probably meant for."""

    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("OPEN_AI_KEY", "OPENAI_API_KEY"),
            ("OPENAI_API_BASE", "OPENAI_BASE_URL"),
            ("database_uri", "DATABASE_URL"),
            ("CORS_ALLOWED_ORIGINS", "CORS_ORIGINS"),
            ("CORS_ORIGIN", "CORS_ORIGINS"),
            ("LOGLEVEL", "LOG_LEVEL"),
            ("QDRANT_COLLECTION", "QDRANT_COLLECTION_NAME"),
        ],
    )
    def test_near_names_are_found(self, name: str, meant: str) -> None:
        """A name with a word more, less or written otherwise is found."""
        assert nearly([name], Settings.model_fields) == {name: meant}

    @pytest.mark.parametrize(
        "name",
        [
            *("PORT", "port", "PATH", "HOSTNAME", "TMOUT", "PGHOST", "XDG_DATA_DIRS"),
            *("OPENAI_ORG_ID", "POSTGRES_PASSWORD", "SENTRY_RELEASE"),
            *("QDRANT_PORT_6333_TCP", "QDRANT_SERVICE_HOST"),
        ],
    )
    def test_other_names_are_left_alone(self, name: str) -> None:
        """Settings themselves, and what other programs and Kubernetes set, are no mistakes."""
        assert nearly([name], Settings.model_fields) == {}

    def test_other_name_of_what_is_set_is_left_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where a setting is set, a name like it is some other program's."""
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "a")
        monkeypatch.setenv("OPENAI_API_KEY", "b")
        assert "AZURE_OPENAI_API_KEY" not in misspelt_settings(load_settings())
