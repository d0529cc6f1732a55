"""Embedding by both graphs, and ingestion: passages a second beside embedding alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import orjson

from benchmarks.corpus import write_corpus
from benchmarks.processes import isolated
from benchmarks.report import Row
from benchmarks.rig import Plan, Rig, open_store, scratch_directory


def embedding(_: Rig, __: Plan) -> Iterator[Row]:
    """The two graphs of the embedding model in one process, in turns."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.graphs"],
        env=isolated(),
        stdout=subprocess.PIPE,
        check=True,
    )
    for what, (packaged, quantized) in orjson.loads(done.stdout).items():
        yield Row(f"embedding a {what} (floor: the packaged graph): CPU ms", packaged, quantized)


def ingestion(_: Rig, plan: Plan) -> Iterator[Row]:
    """The same documents, embedded by themselves and ingested into an empty store, in turns."""
    with scratch_directory() as directory:
        write_corpus(directory, plan.documents)
        turns = [(_embed(directory), _ingest(directory)) for _ in range(plan.rounds)]
    passages = turns[0][1][0]
    embedding_sec = median(embed_sec for embed_sec, _ in turns)
    ingest_sec = median(seconds for _, (_, seconds) in turns)
    what = f"ingestion of {passages} passages, start included (floor: embedding alone)"
    yield Row(f"{what}: passages/s", passages / embedding_sec, passages / ingest_sec)


def _embed(directory: Path) -> float:
    files = map(str, sorted(directory.iterdir()))
    started = perf_counter()
    command = [sys.executable, "-m", "benchmarks.embedding", *files]
    subprocess.run(command, cwd=directory, env=isolated(), check=True)
    return perf_counter() - started


def _ingest(directory: Path) -> tuple[int, float]:
    with open_store() as store:
        started = perf_counter()
        store.ingest(directory)
        return store.passages(), perf_counter() - started
