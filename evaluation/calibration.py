"""Where the threshold of relevance belongs: tried on questions whose answers are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from app.core.caller import SERVICE
from app.db import Database
from app.retrieval.evidence import EVIDENCE_VERSION, LEAST_EVIDENCE
from evaluation.exceptions import UnusableSet
from evaluation.metrics import SEED, Estimate, rate

FOLDS: Final = 10
FEWEST: Final = 10  # answerable and unanswerable questions, so that every fold has some of both


class LabelledEvidence(NamedTuple):
    """The best evidence that a question has, and whether there is an answer to it."""

    evidence: float
    is_answerable: bool


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Shares of the unanswerable and of the answerable questions; None where there are none."""

    false_answers: Estimate | None
    false_refusals: Estimate | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A recommended threshold, and what to expect of it on new questions."""

    threshold: float
    expected: ErrorRates
    answerable: int
    unanswerable: int


def calibrate(sample: Sequence[LabelledEvidence]) -> Calibration:
    """The recommended threshold; raises UnusableSet if there are too few questions of a kind."""
    answerable = sum(question.is_answerable for question in sample)
    unanswerable = len(sample) - answerable
    if min(answerable, unanswerable) < FEWEST:
        raise UnusableSet(
            f"A calibration needs at least {FEWEST} answerable questions and as many unanswerable "
            f"ones: these are {answerable} and {unanswerable}."
        )
    threshold = best_threshold(sample)
    return Calibration(threshold, cross_validate(sample), answerable, unanswerable)


def best_threshold(sample: Sequence[LabelledEvidence]) -> float:
    """The threshold whose larger error rate is smallest, then the one whose sum of both is.

    Where a range of thresholds is equally good, its middle, which keeps clear of both kinds of
    question. Of several such ranges the lowest: where passages are poor, the model can still say
    so itself.
    """
    evidence = np.array([question.evidence for question in sample])
    answerable = np.array([question.is_answerable for question in sample])
    thresholds = np.unique(evidence)
    answered = evidence >= thresholds[:, np.newaxis]
    false_answers = answered[:, ~answerable].mean(axis=1)
    false_refusals = 1 - answered[:, answerable].mean(axis=1)
    worse = np.maximum(false_answers, false_refusals)
    best = int(np.lexsort((false_answers + false_refusals, worse))[0])
    # Down to the next lower evidence every threshold refuses and answers the same.
    below = thresholds[best - 1] if best else LEAST_EVIDENCE
    middle = round(float(below + thresholds[best]) / 2, 3)
    return middle if below < middle <= thresholds[best] else float(thresholds[best])


def error_rates_at(threshold: float, sample: Sequence[LabelledEvidence]) -> ErrorRates:
    """The error rates where questions with that much evidence are answered, and others refused."""
    return _rates([(question, threshold) for question in sample])


def cross_validate(sample: Sequence[LabelledEvidence]) -> ErrorRates:
    """The error rates where each tenth of the questions is judged by the threshold of the rest."""
    folds = _folds(sample)
    judged: list[tuple[LabelledEvidence, float]] = []
    for fold in folds:
        rest = [question for other in folds if other is not fold for question in other]
        threshold = best_threshold(rest)
        judged += [(question, threshold) for question in fold]
    return _rates(judged)


async def store_calibration(
    database: Database, embedding_model: str, calibration: Calibration
) -> None:
    """Makes it the threshold of an embedding model, with what is to be expected of it."""
    false_answers = calibration.expected.false_answers
    false_refusals = calibration.expected.false_refusals
    assert false_answers is not None  # it took questions of both kinds
    assert false_refusals is not None
    await database.query(
        SERVICE,
        "upsert_calibration",
        embedding_model=embedding_model,
        evidence_version=EVIDENCE_VERSION,
        threshold=calibration.threshold,
        false_answers=false_answers.value,
        false_refusals=false_refusals.value,
        answerable=calibration.answerable,
        unanswerable=calibration.unanswerable,
    )


async def reset_calibration(database: Database, embedding_model: str) -> bool:
    """Undoes the calibration of an embedding model; whether there was one."""
    return bool(
        await database.query(SERVICE, "delete_calibration", embedding_model=embedding_model)
    )


def _folds(sample: Sequence[LabelledEvidence]) -> list[list[LabelledEvidence]]:
    """Tenths of the questions, drawn at random, with the same share of answerable ones in each."""
    order = np.random.default_rng(SEED).permutation(len(sample))
    drawn = sorted((sample[place] for place in order), key=lambda question: question.is_answerable)
    return [drawn[first::FOLDS] for first in range(FOLDS)]


def _rates(judged: Sequence[tuple[LabelledEvidence, float]]) -> ErrorRates:
    answered = [
        question.evidence >= threshold
        for question, threshold in judged
        if not question.is_answerable
    ]
    refused = [
        question.evidence < threshold for question, threshold in judged if question.is_answerable
    ]
    return ErrorRates(rate(answered), rate(refused))
