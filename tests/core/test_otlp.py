"""Where spans are sent, and which variables of OpenTelemetry cannot be met."""

import pytest

from app.core.exceptions import ConfigurationError
from app.core.otlp import receiver_url
from app.main import create_app
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.server import StartFailed, serve_app

BASE = "http://collector.example:4318"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL"
TRACES_PROTOCOL = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"


def url_of(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], base: str = BASE) -> str:
    """Where spans are sent with these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return str(receiver_url(Settings(OTEL_EXPORTER_OTLP_ENDPOINT=base)))


class TestReceiver:
    @pytest.mark.parametrize(
        "variables",
        [
            {},
            {PROTOCOL: "http/protobuf", TRACES_ENDPOINT: ""},
            {PROTOCOL: "grpc", TRACES_PROTOCOL: '"HTTP/protobuf" '},
            {HEADERS: "authorization=Bearer%20KEY, x-team = blue ducks,"},
        ],
    )
    def test_base(self, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
        """Spans go below the endpoint of all signals, where the variables can be met."""
        assert url_of(monkeypatch, variables, f"{BASE}/otlp/") == f"{BASE}/otlp/v1/traces"

    def test_own_endpoint(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The endpoint of traces goes before it, and is taken as it stands."""
        assert url_of(monkeypatch, {TRACES_ENDPOINT: f"{BASE}/in"}) == f"{BASE}/in"

    @pytest.mark.parametrize(
        ("variables", "base", "told"),
        [
            ({}, "http://collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT names port 4317"),
            ({TRACES_ENDPOINT: "http://a:4317/x"}, BASE, f"{TRACES_ENDPOINT} names port 4317"),
            ({TRACES_ENDPOINT: f"{BASE}/x"}, "http://collector:4317", ""),
        ],
    )
    def test_port_of_grpc(
        self,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        variables: dict[str, str],
        base: str,
        told: str,
    ) -> None:
        """The port of gRPC is warned of, where it is the one that counts."""
        url_of(monkeypatch, variables, base)
        assert told in caplog.text
        assert bool(told) == ("gRPC" in caplog.text)


class TestVariables:
    """Those that cannot be met."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            (PROTOCOL, "grpc"),
            (TRACES_PROTOCOL, "http/json"),
            (HEADERS, "authorization: Bearer swordfish"),
            (HEADERS, "authorization=Bearer “swordfish”"),
            (HEADERS, "x=1,authorization=Bearer%0Aswordfish"),
            (TRACES_ENDPOINT, "collector:4318"),
            (TRACES_ENDPOINT, "http://collector:port/v1/traces"),
            (TRACES_ENDPOINT, f"{BASE}/v1/traces?key=swordfish"),
        ],
    )
    def test_wrong(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        """A wrong one is named, and a key in it is not quoted."""
        with pytest.raises(ConfigurationError, match=rf"^{name} is wrong: .+\.$") as raised:
            url_of(monkeypatch, {name: value})
        assert "swordfish" not in str(raised.value)

    async def test_start(
        self,
        make_settings: SettingsFactory,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """It ends the start with a sentence; without a receiver nobody minds it."""
        monkeypatch.setenv(PROTOCOL, "grpc")
        assert receiver_url(Settings()) is None
        app = create_app(make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=BASE))
        with pytest.raises(StartFailed):
            async with serve_app(app):
                pass
        log = capsys.readouterr().err
        assert f"{PROTOCOL} is wrong: traces are sent as http/protobuf alone. Set it to" in log
        assert "Traceback" not in log
