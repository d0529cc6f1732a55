"""Passages to search: about subjects that have words and a direction in common, as real ones have.

Their words are made up, and as frequent as real ones.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import cast
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from app.core.models import Metadata
from app.documents.models import passage_uuid
from app.embeddings.embedder import Vector
from app.vector_store.base import Payload, Point

SUBJECTS = 500
OWN_WORDS = 8  # of a subject: what is said and asked about it is said in them
SPREAD = 0.9  # of a subject's passages: how far they lie from it, which is a unit vector

SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
WORDS = 30_000
WORDS_IN_PASSAGE = 120, 12  # and so many of them its subject's own
WORDS_IN_QUESTION = 6, 4
PASSAGE_SLOPE = 1.0  # of Zipf's law
QUESTION_SLOPE = 0.7  # questions are asked in rarer words

PASSAGES_IN_DOCUMENT = 20
OWNERS = 4
LANGUAGES = ("en", "de", "fr", "es")
RARE = 100  # of so many documents, one is

DOCUMENTS = UUID(int=7)


def subjects() -> list[str]:
    """The own words of each subject."""
    return [" ".join(_vocabulary()[word] for word in row) for row in _own_words()]


def documents(passages: int, directions: Sequence[Vector]) -> Iterator[list[Point]]:
    """The passages of each document, the same ones each time; subjects have these `directions`."""
    rng = np.random.default_rng(1)
    for number in range(passages // PASSAGES_IN_DOCUMENT):
        payload = payload_of(number)
        subject = number // 2 % SUBJECTS  # which has shared documents and owned ones
        vectors = _vectors_near(directions[subject], rng, PASSAGES_IN_DOCUMENT)
        about = np.full(PASSAGES_IN_DOCUMENT, subject)
        texts = _texts(rng, about, *WORDS_IN_PASSAGE, PASSAGE_SLOPE)
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


def questions(rng: np.random.Generator, count: int) -> list[str]:
    """Questions like no other, each about a subject; its other words are rarer than passages'."""
    return _texts(rng, rng.integers(SUBJECTS, size=count), *WORDS_IN_QUESTION, QUESTION_SLOPE)


def _vectors_near(direction: Vector, rng: np.random.Generator, count: int) -> list[Vector]:
    noise = rng.normal(size=(count, len(direction))) / np.sqrt(len(direction))
    vectors = direction + SPREAD * noise
    return list((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


def _texts(
    rng: np.random.Generator, about: NDArray[np.int64], words: int, own: int, slope: float
) -> list[str]:
    """A text about each of these subjects, with so many of its own words, in any order."""
    others = rng.choice(WORDS, size=(len(about), words - own), p=_frequencies(slope))
    owned = _own_words()[about[:, None], rng.integers(OWN_WORDS, size=(len(about), own))]
    drawn = rng.permuted(np.concatenate([others, owned], axis=1), axis=1)
    return [" ".join(_vocabulary()[word] for word in row) for row in drawn]


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
def _own_words() -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(WORDS, size=(SUBJECTS, OWN_WORDS))
