"""SMTP_URL and MAIL_FROM: what the start lets through, and what it says of the rest."""

import pytest

from app.emails.models import SmtpServer
from settings import Settings, load_settings


class TestMailSettings:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("SMTP_URL", "swordfish"),
            ("SMTP_URL", "http://user:swordfish@mail.example"),
            ("SMTP_URL", "smtp://"),
            ("SMTP_URL", "smtp://user@mail.example"),
            ("SMTP_URL", "smtp://:swordfish@mail.example"),
            ("SMTP_URL", "smtp://user:sword/fish@mail.example"),
            ("SMTP_URL", "smtp://user:swordfish@mail.example:swordfish"),
            ("SMTP_URL", "smtp://user:swordfish@mail.example:0"),
            ("SMTP_URL", "smtp://user:swordfish@mail.example:70000"),
            ("SMTP_URL", "smtp://user:swordfish@mail..example"),
            ("SMTP_URL", "smtp://user:swordfish@[::::]"),
            ("SMTP_URL", "smtp://user:[swordfish]@mail.example"),
            ("SMTP_URL", "smtp://user:swordfish\N{FULLWIDTH SOLIDUS}@mail.example"),
            ("SMTP_URL", "smtp://user:swordfish@mail.example/path"),
            ("SMTP_URL", "smtp://user:swordfish@mail.example?starttls=0"),
            ("MAIL_FROM", "bRAG"),
            ("MAIL_FROM", "bRAG no-reply@example.com"),
            ("MAIL_FROM", "bRAG <no-reply@>"),
        ],
    )
    def test_wrong_value_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """What cannot work ends the process with a sentence that does not repeat it."""
        monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit, match=rf"^The setting {name} is wrong: .+\.$") as raised:
            load_settings()
        assert "fish" not in str(raised.value)

    @pytest.mark.parametrize(
        ("url", "server"),
        [
            ("smtp://localhost", SmtpServer("localhost", 587)),
            ("smtp://[::1]:25/", SmtpServer("::1", 25)),
            ("smtps://mail.example", SmtpServer("mail.example", 465, tls=True)),
            (
                "smtps://me%40a.example:p%3A%2F%25@mail.example:2465",
                SmtpServer("mail.example", 2465, tls=True, user="me@a.example", password="p:/%"),
            ),
            (
                "smtp://me@a.example:p:@x@mail.example",
                SmtpServer("mail.example", 587, user="me@a.example", password="p:@x"),
            ),
        ],
    )
    def test_every_form_of_a_url_is_taken(
        self, monkeypatch: pytest.MonkeyPatch, url: str, server: SmtpServer
    ) -> None:
        """Host, port, user and password are those of the URL, without its percent signs."""
        monkeypatch.setenv("SMTP_URL", url)
        secret = load_settings().SMTP_URL
        assert secret
        assert SmtpServer.of_url(secret.get_secret_value()) == server

    def test_password_is_not_printed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The password does not appear where settings or the server are printed."""
        monkeypatch.setenv("SMTP_URL", url := "smtp://user:swordfish@mail.example")
        settings = Settings()
        assert "swordfish" not in f"{settings!r} {settings.model_dump_json()}"
        assert "swordfish" not in repr(SmtpServer.of_url(url))
