"""Puts labelled questions to a knowledge base, and notes what it finds and how long it takes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.core.caller import NOBODY
from app.retrieval.constants import CANDIDATES, JUDGED, READ_FOR_EACH
from app.retrieval.conversation import is_courtesy
from app.retrieval.deduplication import distinct
from app.retrieval.judging import Finding, RetrievedPassage, passages_in_turn
from evaluation.calibration import LabelledEvidence, error_rates_at
from evaluation.corpus import KnowledgeBase, open_knowledge_base
from evaluation.dataset import Label, Question, after_other_things, read_questions
from evaluation.metrics import METRICS, Estimate, Passage, judge, mean
from evaluation.report import DEFAULT, Latency, Report
from settings import Settings

MILLISECONDS: Final = 1000
LIMIT: Final = 3  # sources of an answer by default: so many are asked for where a search is timed
NO_EVIDENCE: Final = -1.0  # no passage has less


def _dense(passages: Sequence[RetrievedPassage]) -> list[RetrievedPassage]:
    """What the dense search alone would give: every candidate has its cosine."""
    ranked = sorted(passages, key=lambda passage: passage.candidate.cosine, reverse=True)
    return ranked[:CANDIDATES]


def _bm25(passages: Sequence[RetrievedPassage]) -> list[RetrievedPassage]:
    """What the BM25 search alone would give."""
    ranked = sorted(passages, key=lambda passage: passage.candidate.bm25, reverse=True)
    return [passage for passage in ranked if passage.candidate.bm25][:CANDIDATES]


RANKINGS: Final[Mapping[str, Callable[[Sequence[RetrievedPassage]], list[RetrievedPassage]]]] = {
    "dense": _dense,
    "BM25": _bm25,
    DEFAULT: list,
}


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What a question found, best first, against its labels, and the seconds that it took."""

    labels: frozenset[Label]
    passages: list[RetrievedPassage]
    evidence: LabelledEvidence
    embedding_sec: float
    search_sec: float


async def evaluate(
    settings: Settings, name: str, file: Path, corpus: Sequence[Path] | None
) -> list[Report]:
    """How good retrieval is on the questions of a file, under a name; raises UnusableSet.

    Questions without a chat are measured again in a chat that was about other things before, which
    should cost a question that stands alone nothing.
    """
    questions = await asyncio.to_thread(read_questions, file)
    asked = {name: questions}
    if not any(question.earlier for question in questions):
        asked[f"{name}, in a chat"] = await asyncio.to_thread(after_other_things, questions)
    async with open_knowledge_base(settings, corpus) as knowledge:
        return [
            _report(settings, called, knowledge, await _ask(knowledge, those))
            for called, those in asked.items()
        ]


async def measure_evidence(
    settings: Settings, file: Path, corpus: Sequence[Path] | None
) -> list[LabelledEvidence]:
    """The best evidence of each question of a file; raises UnusableSet."""
    questions = await asyncio.to_thread(read_questions, file)
    async with open_knowledge_base(settings, corpus) as knowledge:
        return [result.evidence for result in await _ask(knowledge, questions)]


def _report(
    settings: Settings, name: str, knowledge: KnowledgeBase, results: Sequence[QuestionResult]
) -> Report:
    answerable = [result for result in results if result.labels]
    search = np.array([result.search_sec for result in results])
    embedding = np.array([result.embedding_sec for result in results])
    return Report(
        name=name,
        embedding_model=settings.EMBEDDING_MODEL,
        documents=len(knowledge.texts),
        passages=knowledge.passages,
        answerable=len(answerable),
        unanswerable=len(results) - len(answerable),
        threshold=knowledge.threshold,
        errors=error_rates_at(knowledge.threshold, [result.evidence for result in results]),
        rankings={ranking: _measure(ranking, answerable, knowledge.names) for ranking in RANKINGS},
        search=_latency(search),
        with_embedding=_latency(search + embedding),
    )


async def _ask(knowledge: KnowledgeBase, questions: Sequence[Question]) -> list[QuestionResult]:
    labels = [frozenset(map(knowledge.place, question.relevant)) for question in questions]
    await knowledge.retrieval.search(NOBODY, "ready?", limit=LIMIT)  # the first search connects
    bar = tqdm(questions, unit="question", leave=False, disable=None)
    return [
        await _ask_one(knowledge, question, relevant)
        for question, relevant in zip(bar, labels, strict=True)
    ]


async def _ask_one(
    knowledge: KnowledgeBase, asked: Question, labels: frozenset[Label]
) -> QuestionResult:
    """Understands a question, in a chat by a search, and searches twice: the second time counts."""
    retrieval, question = knowledge.retrieval, asked.question
    start = perf_counter()
    parts = await retrieval.understand(NOBODY, question, asked.last_turn)
    embedding_sec = perf_counter() - start
    found = [Finding(part.text, await retrieval.passages.find(NOBODY, part)) for part in parts]
    start = perf_counter()
    for part in parts:
        await retrieval.passages.find(NOBODY, part, best=READ_FOR_EACH * LIMIT)
    search_sec = perf_counter() - start
    best = max(_best_evidence(part.text, one) for part, one in zip(parts, found, strict=True))
    if is_courtesy(question):
        best = NO_EVIDENCE
    passages = [*passages_in_turn(found)]
    evidence = LabelledEvidence(best, bool(labels))
    return QuestionResult(labels, passages, evidence, embedding_sec, search_sec)


def _best_evidence(question: str, found: Finding) -> float:
    """The best evidence of the passages that the service would read: others do not count."""
    read = Finding(question, found.passages[: READ_FOR_EACH * LIMIT])
    return max(islice(read.evidence(), JUDGED), default=NO_EVIDENCE)


def _measure(
    ranking: str, answerable: Sequence[QuestionResult], names: Mapping[str, str]
) -> dict[str, Estimate]:
    judgements = []
    for result in answerable:
        ranked = distinct(passage.source for passage in RANKINGS[ranking](result.passages))
        spans = [
            Passage(names.get(source.source, source.source), source.start, source.end)
            for source in ranked
        ]
        judgements.append(judge(spans, result.labels))
    if not judgements:
        return {}
    return {name: mean(list(map(metric, judgements))) for name, metric in METRICS.items()}


def _latency(seconds: NDArray[np.float64]) -> Latency:
    median, p99 = np.quantile(seconds, (0.5, 0.99)) * MILLISECONDS
    return Latency(float(median), float(p99))
