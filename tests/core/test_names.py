"""Names that are nearly settings, and the encodings of `.env`."""

from pathlib import Path

import pytest

from settings import Settings, load_settings, misspelt_settings
from settings.names import nearly

TEXT = "# für Zoë\nexport PORT=9001\nAPP_NAME=Zoë\nOPEN_AI_KEY=swordfish\n"


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


class TestEnvFile:
    """`.env` as an editor has left it."""

    @pytest.mark.parametrize(
        "content",
        [
            TEXT.encode(),
            TEXT.encode("utf-8-sig"),
            TEXT.encode("utf-16"),
            TEXT.encode("utf-16-le"),
            TEXT.encode("utf-16-be"),
            TEXT.encode("cp1252"),
            TEXT.replace("\n", "\r\n").encode(),
        ],
        ids=["UTF-8", "with a mark", "UTF-16", "little", "big", "Windows", "CRLF"],
    )
    def test_every_encoding_is_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
    ) -> None:
        """Whatever the encoding, the settings are read, and the misspelt ones are told."""
        (tmp_path / ".env").write_bytes(content)
        monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
        settings = load_settings()
        assert (settings.PORT, settings.APP_NAME) == (9001, "Zoë")
        assert misspelt_settings(settings)["OPEN_AI_KEY"] == "OPENAI_API_KEY"

    def test_other_name_of_what_is_set_is_left_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where a setting is set, a name like it is some other program's."""
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "a")
        monkeypatch.setenv("OPENAI_API_KEY", "b")
        assert "AZURE_OPENAI_API_KEY" not in misspelt_settings(load_settings())

    def test_unreadable_file_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A file that may not be read ends the start with a sentence."""

        def refuse(*_: object) -> bytes:
            raise PermissionError(13, "Permission denied")

        (tmp_path / ".env").touch()
        monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
        monkeypatch.setattr(Path, "read_bytes", refuse)
        with pytest.raises(SystemExit, match=r"\.env cannot be read: Permission denied\.$"):
            load_settings()
