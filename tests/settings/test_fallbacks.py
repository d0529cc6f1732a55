"""OPENAI_FALLBACKS: models that answer in the place of another."""

import pytest

from settings import Settings, load_settings


class TestFallbacks:
    """Models that answer in the place of another."""

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("small", [("small", None)]),
            (
                "@cf/small@2, small@http://a.example/v1",
                [("@cf/small@2", None), ("small", "http://a.example/v1")],
            ),
            (
                '["a", {"model": "b", "base_url": "https://b.example/chat/completions"}]',
                [("a", None), ("b", "https://b.example")],
            ),
        ],
        ids=["name", "addresses", "JSON"],
    )
    def test_names_and_addresses_are_read(
        self, monkeypatch: pytest.MonkeyPatch, text: str, read: list[tuple[str, str | None]]
    ) -> None:
        """A fallback is a name, with the address of its service unless that is the same."""
        monkeypatch.setenv("OPENAI_FALLBACKS", text)
        fallbacks = Settings().OPENAI_FALLBACKS
        assert [(fallback.model, fallback.base_url) for fallback in fallbacks] == read

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("a,b@http://", "entry 2: base_url: must be a URL of the form https://host:port/path."),
            ("[1]", "entry 1: must be MODEL, MODEL@BASE_URL, or an object of"),
            (
                '[{"model": "a", "api_key": "sword fish"}]',
                "entry 1: api_key: must be visible ASCII",
            ),
            ('[{"model": "a", "url": "swordfish"}]', "entry 1: url: "),
            ('[{"model": ""}]', "entry 1: model: "),
        ],
        ids=["address", "number", "key", "unknown", "no name"],
    )
    def test_wrong_entry_is_named(
        self, monkeypatch: pytest.MonkeyPatch, text: str, said: str
    ) -> None:
        """A sentence says which entry is wrong, and in what, and quotes no key."""
        monkeypatch.setenv("OPENAI_FALLBACKS", text)
        with pytest.raises(SystemExit) as raised:
            load_settings()
        assert str(raised.value).startswith(f"The setting OPENAI_FALLBACKS is wrong: {said}")
        assert "fish" not in str(raised.value)
