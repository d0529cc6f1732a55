"""What users notice of a large document's ingestion: the answers that they get meanwhile."""

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import quantiles
from time import perf_counter, sleep

from benchmarks.answers import Answer
from benchmarks.corpus import long_document
from benchmarks.load import HEALTH_PATH, Load, Outcome, run
from benchmarks.processes import Server
from benchmarks.report import Row
from benchmarks.rig import Plan, Rig, Store, open_store

DOCUMENT_BYTES = 20 * 2**20
BOUNDARY = "a-boundary-that-no-word-is"
POLL_SEC = 0.1
PARSED_SEC = 300
# Two users who read what they get: callers without a pause would measure each other.
HEALTH = Load(HEALTH_PATH, Answer(tokens=50), pause_sec=0.01)
COMPLETION = Load("/v1/completion", Answer(tokens=50), pause_sec=0.01)


def beside(rig: Rig, plan: Plan) -> Iterator[Row]:
    """A server by itself, while it takes a document in and parses it, and while it embeds."""
    document = long_document(DOCUMENT_BYTES).encode()
    seconds = plan.beside_seconds
    with open_store() as store, rig.brag(store) as brag:
        _both(brag, 1)
        idle = _both(brag, seconds)
        with ThreadPoolExecutor(1) as uploader:
            uploading = uploader.submit(_upload, brag, document)
            parsing = _both(brag, seconds)
            uploading.result()
        _await_first(store)
        first, started = store.passages(), perf_counter()
        embedding = _both(brag, seconds)
        rate = (store.passages() - first) / (perf_counter() - started)
        server_mb, parser_mb = brag.peak_mb()
    yield from _rows("upload and parsing of 20 MB", idle, parsing)
    yield from _rows("embedding of 20 MB", idle, embedding)
    yield Row("ingestion of 20 MB beside such callers: passages/s", None, rate)
    yield Row("ingestion of 20 MB: peak memory of the server, MB", None, server_mb)
    yield Row("ingestion of 20 MB: peak memory of its parser, MB", None, parser_mb)


def _both(server: Server, seconds: float) -> list[Outcome]:
    """One caller each of /healthcheck and of /v1/completion, at the same time."""
    loads = [replace(load, seconds=seconds) for load in (HEALTH, COMPLETION)]
    with ThreadPoolExecutor(len(loads)) as threads:
        return list(threads.map(lambda load: run(load, server.port), loads))


def _rows(what: str, idle: list[Outcome], busy: list[Outcome]) -> Iterator[Row]:
    for load, before, beside in zip((HEALTH, COMPLETION), idle, busy, strict=True):
        if beside.correct < beside.calls:
            raise RuntimeError(f"{beside.calls - beside.correct} wrong answers to {load}.")
        for name, cut in (("median", 49), ("99th percentile", 98)):
            yield Row(
                f"`{load.path}` beside {what} (floor: idle): ms, {name}",
                *(quantiles(outcome.answer_ms, n=100)[cut] for outcome in (before, beside)),
            )


def _upload(server: Server, document: bytes) -> None:
    head = 'Content-Disposition: form-data; name="file"; filename="large.md"\r\n\r\n'
    body = f"--{BOUNDARY}\r\n{head}".encode() + document + f"\r\n--{BOUNDARY}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection.request("POST", "/v1/documents", body, kind)
    response = connection.getresponse()
    if response.status != http.client.ACCEPTED:
        raise RuntimeError(f"The upload was answered {response.status}: {response.read()!r}")
    connection.close()


def _await_first(store: Store) -> None:
    """Returns when the document is parsed and its first passages are written."""
    deadline = perf_counter() + PARSED_SEC
    while not store.passages():
        if perf_counter() > deadline:
            raise RuntimeError(f"No passage was written in {PARSED_SEC} s.")
        sleep(POLL_SEC)
