"""Puts labelled questions to a knowledge base, and notes what it finds and how long it takes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.core.embeddings import Vector
from app.documents.calibration import Judged, errors_at
from app.documents.constants import READ_FOR_EACH
from app.documents.evaluation import METRICS, Passage, judge, mean
from app.documents.questions import Label, Question, read_questions
from app.documents.ranking import distinct
from app.documents.reports import Latency, Measured, Report
from app.documents.retrieval import Found
from app.documents.subjects import Subject, open_subject
from settings import Settings

MILLISECONDS: Final = 1000
LIMIT: Final = 3  # of the searches that are timed: what an answer rests on by default
NO_EVIDENCE: Final = -1.0  # no passage has less


@dataclass(frozen=True, slots=True)
class System:
    """A way to search: by a question's meaning, by its words, or by both."""

    by_meaning: bool
    by_words: bool


SYSTEMS: Final = {
    "dense": System(by_meaning=True, by_words=False),
    "BM25": System(by_meaning=False, by_words=True),
    "default": System(by_meaning=True, by_words=True),
}


@dataclass(frozen=True, slots=True)
class Searched:
    """What one system finds, best first, and the seconds that it took."""

    found: list[Found]
    search_sec: float

    @property
    def passages(self) -> list[Passage]:
        """As a search gives them."""
        sources = distinct(each.source for each in self.found)
        return [Passage(each.source, each.start, each.end) for each in sources]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked of each system: its labels, and what speaks for an answer."""

    labels: frozenset[Label]
    embedding_sec: float
    searched: Mapping[str, Searched]
    evidence: float

    @property
    def judged(self) -> Judged:
        """What a calibration needs to know of it."""
        return Judged(self.evidence, bool(self.labels))


async def evaluate(
    settings: Settings, name: str, file: Path, corpus: Sequence[Path] | None
) -> Report:
    """How good retrieval is on the questions of a file, under a name; raises UnusableSet."""
    questions = await asyncio.to_thread(read_questions, file)
    async with open_subject(settings, corpus) as subject:
        asked = await _ask(subject, questions)
    answerable = [each for each in asked if each.labels]
    return Report(
        name=name,
        embedding_model=settings.EMBEDDING_MODEL,
        documents=len(subject.documents),
        passages=subject.passages,
        answerable=len(answerable),
        unanswerable=len(asked) - len(answerable),
        threshold=subject.threshold,
        errors=errors_at(subject.threshold, [each.judged for each in asked]),
        systems={name: _measure(name, asked) for name in SYSTEMS},
    )


async def measure_evidence(
    settings: Settings, file: Path, corpus: Sequence[Path] | None
) -> list[Judged]:
    """How much speaks for an answer to each question of a file; raises UnusableSet."""
    questions = await asyncio.to_thread(read_questions, file)
    async with open_subject(settings, corpus) as subject:
        return [each.judged for each in await _ask(subject, questions)]


async def _ask(subject: Subject, questions: Sequence[Question]) -> list[Asked]:
    labels = [frozenset(map(subject.place, each.relevant)) for each in questions]
    await subject.retrieval.find("ready?")  # the first search connects
    asked = []
    for question, relevant in zip(
        tqdm(questions, unit="question", leave=False, disable=None), labels, strict=True
    ):
        start = perf_counter()
        vector = await subject.embedder.embed_query(question.question)
        embedding_sec = perf_counter() - start
        searched = {
            name: await _search(subject, vector, question.question, system)
            for name, system in SYSTEMS.items()
        }
        found = searched["default"].found
        evidence = max(subject.retrieval.evidence(question.question, found), default=NO_EVIDENCE)
        asked.append(Asked(relevant, embedding_sec, searched, evidence))
    return asked


async def _search(subject: Subject, vector: Vector, question: str, system: System) -> Searched:
    find = partial(
        subject.retrieval.find_by,
        vector if system.by_meaning else None,
        question if system.by_words else "",
    )
    found = await find()  # first: whichever system asks first reads what is cold
    start = perf_counter()
    await find(best=READ_FOR_EACH * LIMIT)
    return Searched(found, perf_counter() - start)


def _measure(name: str, asked: Sequence[Asked]) -> Measured:
    judgements = [judge(each.searched[name].passages, each.labels) for each in asked if each.labels]
    search = np.array([each.searched[name].search_sec for each in asked])
    embedding = np.array([each.embedding_sec for each in asked]) * SYSTEMS[name].by_meaning
    return Measured(
        (
            {name: mean(list(map(metric, judgements))) for name, metric in METRICS.items()}
            if judgements
            else {}
        ),
        search=_latency(search),
        with_embedding=_latency(search + embedding),
    )


def _latency(seconds: NDArray[np.float64]) -> Latency:
    median, p99 = np.quantile(seconds, (0.5, 0.99)) * MILLISECONDS
    return Latency(float(median), float(p99))
