"""The settings of limits."""

from typing import Any

import pytest

from settings import Settings, load_settings


class TestRateLimitPerMinute:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({}, 0),
            ({"AUTH_REQUIRED": True}, 120),
            ({"ENVIRONMENT": "production"}, 120),
            ({"ENVIRONMENT": "production", "AUTH_REQUIRED": False}, 0),
            ({"RATE_LIMIT_PER_MINUTE": 7}, 7),
            ({"ENVIRONMENT": "production", "RATE_LIMIT_PER_MINUTE": 0}, 0),
        ],
    )
    def test_default_goes_by_authentication(self, given: dict[str, Any], expected: int) -> None:
        """Unless it is set, there is a limit only where a session or a key is needed."""
        assert Settings(**given).rate_limit_per_minute == expected


class TestForwardedAllowIps:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", ["127.0.0.1"]),
            ("10.0.0.0/8, ::1", ["10.0.0.0/8", "::1"]),
            ("*", ["*"]),
        ],
    )
    def test_proxies_are_read(
        self, monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str]
    ) -> None:
        """Proxies are addresses, networks, or any."""
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", text)
        proxies = load_settings().FORWARDED_ALLOW_IPS
        assert proxies == expected

    @pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/8", "*,10.0.0.1", "10.0.0.256"])
    def test_what_would_trust_nobody_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        """What uvicorn would silently trust nobody by ends the start with a sentence."""
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", text)
        with pytest.raises(SystemExit, match=r"^The setting FORWARDED_ALLOW_IPS is wrong: .+\.$"):
            load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATE_LIMIT_PER_MINUTE", "-1"),
        ("LOGIN_MAILS_PER_HOUR", "-1"),
        ("MAX_GENERATIONS_PER_USER", "0"),
    ],
)
def test_limits_below_their_least_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A limit that would be none by mistake ends the start with a sentence."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=rf"^The setting {name} is wrong: .+\.$"):
        load_settings()
