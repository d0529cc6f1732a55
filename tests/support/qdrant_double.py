"""A double of a Qdrant server: the part of its REST API that bRAG uses, over real HTTP.

Requests are read by the models of Qdrant's own client, and answered by the same engine as the
server's (an Edge shard for each collection), so what they mean is not the double's invention.

with QdrantDouble(tmp_path) as double:
    QDRANT_URL = double.url
    double.fail(500)   # or fall_silent(); recover() ends both
    double.stop()      # refuses connections until start(), and keeps its data meanwhile
"""

import json
import re
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

from pydantic import ValidationError
from qdrant_client import models

from tests.support.qdrant_collection import CollectionDouble, Refusal

ANSWERS: Final = {
    "GET": CollectionDouble.info,
    "PUT /index": CollectionDouble.index,
    "PUT /points": CollectionDouble.upsert,
    "POST /points/delete": CollectionDouble.delete,
    "POST /points/count": CollectionDouble.count,
    "POST /points/query/batch": CollectionDouble.query,
    "POST /facet": CollectionDouble.facet,
}


class QdrantDouble:
    """Qdrant on a free loopback port, with its data under `path`; `requests` is the history."""

    def __init__(
        self, path: Path, api_key: str | None = None, *, keeps_connections: bool = False
    ) -> None:
        """`keeps_connections`: as the server does; `stop()` then leaves the open ones alone."""
        self.requests: list[str] = []
        self._path = path
        self._api_key = api_key
        self._protocol = "HTTP/1.1" if keeps_connections else "HTTP/1.0"
        self._address = ("127.0.0.1", 0)
        self._collections: dict[str, CollectionDouble] = {}
        self._lock = threading.Lock()
        self._failure: int | None = None
        self.retry_after: str | None = None
        self._speaking = threading.Event()
        self._speaking.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.recover()
        self.stop()
        for collection in self._collections.values():
            collection.shard.close()

    @property
    def url(self) -> str:
        """Where it answers; the same after `stop()` and `start()`."""
        return f"http://{self._address[0]}:{self._address[1]}"

    def start(self) -> None:
        """Accepts connections."""
        given = {"double": self, "protocol_version": self._protocol}
        handler = type("Handler", (_Handler,), given)
        self._server = ThreadingHTTPServer(self._address, handler)
        self._address = ("127.0.0.1", self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Refuses connections."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fail(self, status: int, retry_after: str | None = None) -> None:
        """Answers every request with this status, and with this header."""
        self._failure, self.retry_after = status, retry_after

    def fall_silent(self) -> None:
        """Accepts requests and answers none."""
        self._speaking.clear()

    def forget_metadata(self) -> None:
        """Has its collections as if a version from before they had metadata had made them."""
        for collection in self._collections.values():
            collection.metadata = None

    def recover(self) -> None:
        """Answers as it should."""
        self._failure = self.retry_after = None
        self._speaking.set()

    def answer(self, request: str, api_key: str | None, body: bytes) -> Any:
        """The result of a request such as `GET /collections/demo`; raises Refusal."""
        self.requests.append(request)
        self._speaking.wait()
        if self._failure is not None:
            raise Refusal(self._failure, "Service internal error: told to fail")
        if self._api_key is not None and api_key != self._api_key:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Invalid API key or JWT")
        found = re.fullmatch(r"([A-Z]+) /collections/([^/?]+)(/[^?]*)?(\?.*)?", request)
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "")
        method, name, path, _ = found.groups()
        with self._lock:
            try:
                return self._route(name, f"{method} {path or ''}".strip(), body)
            except ValidationError as error:
                raise Refusal(400, f"Format error in JSON body: {error.errors()[0]}") from error

    def _route(self, name: str, action: str, body: bytes) -> Any:
        if action == "GET /exists":
            return {"exists": name in self._collections}
        if action == "PUT":
            return self._create(name, models.CreateCollection.model_validate_json(body))
        if name not in self._collections:
            raise Refusal(404, f"Not found: Collection `{name}` doesn't exist!")
        if action == "DELETE":
            self._collections.pop(name).shard.close()
            return True
        if action not in ANSWERS:
            raise Refusal(HTTPStatus.NOT_FOUND, "")
        return ANSWERS[action](self._collections[name], body)

    def _create(self, name: str, request: models.CreateCollection) -> bool:
        if name in self._collections:
            raise Refusal(409, f"Wrong input: Collection `{name}` already exists!")
        self._collections[name] = CollectionDouble(self._path / uuid4().hex, request)
        return True


class _Handler(BaseHTTPRequestHandler):
    """One request and its answer, in Qdrant's envelope."""

    double: QdrantDouble

    def handle(self) -> None:
        """Answers until the connection ends, or breaks."""
        with suppress(ConnectionError):
            super().handle()

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = f"{self.command} {self.path}"
        try:
            result = self.double.answer(request, self.headers.get("api-key"), body)
            self._send(HTTPStatus.OK, {"result": result, "status": "ok", "time": 0.0})
        except Refusal as refusal:
            self._send(refusal.status, {"status": {"error": str(refusal)}, "time": 0.0})

    do_GET = do_PUT = do_POST = do_DELETE = _handle

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if self.double.retry_after is not None:
                self.send_header("Retry-After", self.double.retry_after)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client has given up waiting

    def log_message(self, *_: object) -> None:
        """The history of the double is enough."""
