"""Passages to search: clustered vectors, and made-up words that are as frequent as real ones."""

from collections.abc import Iterator
from functools import cache
from typing import cast
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from app.core.embeddings import Vector
from app.documents.models import passage_uuid
from app.documents.store import Metadata, Payload, Point

DIMENSIONS = 384
CLUSTERS = 500
SPREAD = 0.9  # of a cluster, of which 1 is the distance to its neighbours

SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
WORDS = 30_000
WORDS_IN_PASSAGE = 120
WORDS_IN_QUESTION = 6
PASSAGE_SLOPE = 1.0  # of Zipf's law
QUESTION_SLOPE = 0.7  # questions are asked in rarer words

PASSAGES_IN_DOCUMENT = 20
OWNERS = 4
LANGUAGES = ("en", "de", "fr", "es")
RARE = 100  # of so many documents, one is

DOCUMENTS = UUID(int=7)


def documents(passages: int) -> Iterator[list[Point]]:
    """The passages of each document, the same ones each time."""
    rng = np.random.default_rng(1)
    for number in range(passages // PASSAGES_IN_DOCUMENT):
        payload = payload_of(number)
        vectors = vectors_like(rng, PASSAGES_IN_DOCUMENT)
        texts = _texts(rng, PASSAGES_IN_DOCUMENT, WORDS_IN_PASSAGE, PASSAGE_SLOPE)
        yield [
            Point(passage_uuid(payload.document_uuid, ordinal), vector, text, payload)
            for ordinal, (vector, text) in enumerate(zip(vectors, texts, strict=True))
        ]


def payload_of(number: int) -> Payload:
    """What filters know of a document; every other one is shared."""
    owner = number % OWNERS + 1 if number % 2 else None
    metadata: Metadata = {
        "language": LANGUAGES[number // 2 % len(LANGUAGES)],
        "rare": number % RARE == 0,
    }
    return Payload(uuid5(DOCUMENTS, str(number)), owner, f"handbook/{number}.md", metadata)


def vectors_like(rng: np.random.Generator, count: int) -> list[Vector]:
    """Unit vectors in the neighbourhood of those of the passages."""
    centres = _centres()[rng.integers(CLUSTERS, size=count)]
    vectors = centres + rng.normal(scale=SPREAD, size=(count, DIMENSIONS))
    return list((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


def questions(rng: np.random.Generator, count: int) -> list[str]:
    """Questions like no other: as many of the same words, though rarer, and as random."""
    return _texts(rng, count, WORDS_IN_QUESTION, QUESTION_SLOPE)


def _texts(rng: np.random.Generator, count: int, words: int, slope: float) -> list[str]:
    drawn = rng.choice(WORDS, size=(count, words), p=_frequencies(slope))
    return [" ".join(_vocabulary()[each] for each in row) for row in drawn]


@cache
def _vocabulary() -> list[str]:
    """Distinct words, the most frequent first, and these are the shortest."""
    return ["".join(_syllables(number)) for number in range(len(SYLLABLES), len(SYLLABLES) + WORDS)]


def _syllables(number: int) -> Iterator[str]:
    while number:
        number, last = divmod(number, len(SYLLABLES))
        yield SYLLABLES[last]


@cache
def _frequencies(slope: float) -> NDArray[np.float64]:
    weights = np.power(np.arange(1, WORDS + 1, dtype=np.float64), -slope)
    return cast(NDArray[np.float64], weights / weights.sum())


@cache
def _centres() -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(CLUSTERS, DIMENSIONS))
