"""`python -m benchmarks.graphs`: the packaged graph of the embedding model, and that which serves.

Prints JSON: CPU milliseconds of a question and of a passage, each [packaged, serving].
"""

import sys
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Final

import orjson

from app.embeddings.models import load_graph, load_model, packaged_weights
from benchmarks.corpus import long_document
from settings import Settings

if TYPE_CHECKING:
    from fastembed import TextEmbedding

ROUNDS: Final = 5
AT_ONCE: Final = 20
WORDS_IN_QUESTION: Final = 12
PASSAGE_CHARS: Final = 900


def measure() -> dict[str, list[float]]:
    """The graphs take turns: whatever else the machine does meets both."""
    models = [load_graph(packaged_weights(), Settings()), load_model(Settings())]
    words = long_document(PASSAGE_CHARS * AT_ONCE).replace("\n", " ").split()
    questions = [" ".join(words[start : start + WORDS_IN_QUESTION]) for start in range(AT_ONCE)]
    text = " ".join(words)
    passages = [text[start : start + PASSAGE_CHARS] for start in range(AT_ONCE)]
    timings: dict[str, list[list[float]]] = {
        name: [[_cpu_ms(model, texts) for model in models] for _ in range(ROUNDS)]
        for name, texts in (("question", questions), ("passage", passages))
    }
    return {name: list(map(median, zip(*rounds, strict=True))) for name, rounds in timings.items()}


def _cpu_ms(model: "TextEmbedding", texts: list[str]) -> float:
    start = process_time()
    for text in texts:
        list(model.embed([text]))
    return 1000 * (process_time() - start) / len(texts)


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(measure()))
