"""What Sentry is told."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import sentry_sdk
from pydantic import SecretStr
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from app.core.logs import configure_logs
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.fake_openai import refusing_url
from tests.support.server import serve

QUESTION = "My bank account number"


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What is reported to Sentry, which is set up before there is an event loop to block."""
    reported: list[Any] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            reported.append(envelope.get_event())

    monkeypatch.setattr(sentry_sdk, "init", partial(sentry_sdk.init, transport=Kept))
    monkeypatch.setenv("SENTRY_RELEASE", "1")  # the SDK would ask git for it
    with pytest.warns(DeprecationWarning, match="send_default_pii"):
        configure_logs(Settings(SENTRY_DSN=SecretStr("http://key@127.0.0.1/1")))
    yield reported
    sentry_sdk.get_global_scope().set_client(None)


class TestPrivacy:
    async def test_question_is_not_reported(
        self, make_settings: SettingsFactory, events: list[Any]
    ) -> None:
        """An error is reported with the path of its request, and without what was asked."""
        async with serve(make_settings(QDRANT_URL=refusing_url())) as client:
            response = await client.get("/v1/search", params={"query": QUESTION})
        assert response.status_code == 503
        [event] = [event for event in events if "request" in event]
        assert event["request"]["url"].endswith("/v1/search")
        assert "bank" not in str(events)
