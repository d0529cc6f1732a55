"""Puts labelled questions to a knowledge base, and notes what it finds and how long it takes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from tqdm import tqdm

from app.documents.calibration import Judged, errors_at
from app.documents.evaluation import METRICS, Estimate, Passage, judge, mean
from app.documents.models import Source
from app.documents.questions import Label, Question, read_questions
from app.documents.ranking import distinct
from app.documents.reports import Latency, Report
from app.documents.retrieval import Found
from app.documents.subjects import Subject, open_subject
from settings import Settings

MILLISECONDS: Final = 1000
LIMIT: Final = 3  # of the searches that are timed: what an answer rests on by default
NO_EVIDENCE: Final = -1.0  # no passage has less


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked: its labels, what was found, best first, and the seconds taken."""

    labels: frozenset[Label]
    found: list[Found]
    evidence: float
    embedding_sec: float
    search_sec: float

    @property
    def judged(self) -> Judged:
        """What a calibration needs to know of it."""
        return Judged(self.evidence, bool(self.labels))


System = Callable[[Sequence[Found]], list[Source]]


def _by_cosine(found: Sequence[Found]) -> list[Source]:
    nearest = sorted(found, key=lambda each: (-each.candidate.cosine, each.candidate.id))
    return [each.source for each in nearest]


def _by_bm25(found: Sequence[Found]) -> list[Source]:
    hits = [each for each in found if each.candidate.bm25 > 0]
    hits.sort(key=lambda each: (-each.candidate.bm25, each.candidate.id))
    return [each.source for each in hits]


def _as_searched(found: Sequence[Found]) -> list[Source]:
    return distinct(each.source for each in found)


SYSTEMS: Final[dict[str, System]] = {
    "dense": _by_cosine,
    "BM25": _by_bm25,
    "default": _as_searched,
}


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
        systems={name: _measure(answerable, system) for name, system in SYSTEMS.items()},
        search=_latency([each.search_sec for each in asked]),
        with_embedding=_latency([each.search_sec + each.embedding_sec for each in asked]),
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
        await subject.embedder.embed_query(question.question)
        embedded = perf_counter()
        await subject.retrieval.search(question.question, limit=LIMIT)  # the embedding is kept
        end = perf_counter()
        found = await subject.retrieval.find(question.question)
        evidence = max(subject.retrieval.evidence(question.question, found), default=NO_EVIDENCE)
        asked.append(Asked(relevant, found, evidence, embedded - start, end - embedded))
    return asked


def _measure(answerable: Sequence[Asked], system: System) -> dict[str, Estimate]:
    if not answerable:
        return {}
    judgements = [
        judge(list(map(_passage, system(each.found))), each.labels) for each in answerable
    ]
    return {name: mean([metric(each) for each in judgements]) for name, metric in METRICS.items()}


def _passage(source: Source) -> Passage:
    return Passage(source.source, source.start, source.end)


def _latency(seconds: Sequence[float]) -> Latency:
    median, p99 = np.quantile(seconds, (0.5, 0.99)) * MILLISECONDS
    return Latency(float(median), float(p99))
