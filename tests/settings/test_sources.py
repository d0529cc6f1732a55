"""Where settings come from: the environment and `.env`."""

from pathlib import Path

import pytest

from settings import Settings, export_variables, load_settings, misspelt_settings

TEXT = "# für Zoë\nexport PORT=9001\nAPP_NAME=Zoë\nOPEN_AI_KEY=swordfish\n"


class TestSources:
    """Which of them counts."""

    def test_environment_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The environment is read."""
        monkeypatch.setenv("PORT", "9000")
        assert load_settings().PORT == 9000

    def test_env_file_is_read_after_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """`.env` is read, other programs' settings in it too; the environment goes before it."""
        (tmp_path / ".env").write_text("PORT=9000\nHOST=0.0.0.0\nOTHER=1\n")
        monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
        monkeypatch.setenv("PORT", "9001")
        settings = load_settings()
        assert (settings.HOST, settings.PORT) == ("0.0.0.0", 9001)

    def test_variables_of_libraries_are_read(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """`.env` may hold variables of a library; the environment goes before it there too."""
        (tmp_path / ".env").write_text("LIB_A='1 2'\nLIB_B=1\nLIB_C=\nOTHER=1\n")
        monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
        environment = {"LIB_B": "2"}
        monkeypatch.setattr("os.environ", environment)
        export_variables("LIB_")
        assert environment == {"LIB_A": "1 2", "LIB_B": "2"}


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
