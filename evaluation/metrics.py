"""How good a ranking is by labels, whatever the size of its passages; means with intervals."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log2, sqrt
from typing import Final, NamedTuple

import numpy as np

from evaluation.dataset import Label

RESAMPLES: Final = 2000
SEED: Final = 20261122
Z_95: Final = 1.959964  # of the normal distribution


class Passage(NamedTuple):
    """A passage of a ranking: the source of its document, and its span."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A ranking against the labels of its question.

    `reached` says of each passage how many labels it is the first to reach, None for a repeat: a
    passage with nothing but labels that were reached before or, where whole documents are
    labelled, any further passage of the same document.
    """

    reached: tuple[int | None, ...]
    labels: int

    def recall(self, k: int) -> float:
        """The share of the labels that the first k passages reach."""
        return sum(count or 0 for count in self.reached[:k]) / self.labels

    def hit(self, k: int) -> float:
        """1 if the first k passages reach any label."""
        return float(any(self.reached[:k]))

    def reciprocal_rank(self) -> float:
        """1 divided by the place of the first passage that reaches a label; 0 if none does."""
        return next((1 / place for place, count in enumerate(self.reached, 1) if count), 0.0)

    def ndcg(self, k: int) -> float:
        """Normalised discounted cumulative gain of the first k results (Järvelin, Kekäläinen 2002).

        A label is one result, so it counts once, however many passages overlap it, and passages
        that hold several are worth no more than as many small ones; any other passage is one
        result without gain; repeats are none. The ideal is the labels alone: it depends on no
        size of passages.
        """
        results: list[bool] = []
        for count in self.reached:
            if count is not None:
                results += [True] * count or [False]
        return _gain(results[:k]) / _gain([True] * min(k, self.labels))


METRICS: Final[Mapping[str, Callable[[Judgement], float]]] = {
    "nDCG@10": lambda judgement: judgement.ndcg(10),
    "recall@3": lambda judgement: judgement.recall(3),
    "recall@10": lambda judgement: judgement.recall(10),
    "MRR": lambda judgement: judgement.reciprocal_rank(),
    "hit@1": lambda judgement: judgement.hit(1),
    "hit@3": lambda judgement: judgement.hit(3),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over questions, and the 95% interval that it lies in for questions like these."""

    value: float
    low: float
    high: float


def judge(ranking: Sequence[Passage], labels: Collection[Label]) -> Judgement:
    """The passages of a ranking, best first, against the labels of an answerable question."""
    by_document = all(label.start is None for label in labels)
    left, seen, reached = set(labels), set[str](), list[int | None]()
    for passage in ranking:
        relevant = {label for label in labels if is_relevant(passage, label)}
        is_repeat = passage.document in seen if by_document else relevant and not relevant & left
        reached.append(None if is_repeat else len(relevant & left))
        left -= relevant
        seen.add(passage.document)
    return Judgement(tuple(reached), len(labels))


def is_relevant(passage: Passage, label: Label) -> bool:
    """Whether a passage and a span overlap by at least half of the shorter of the two.

    A label without a span means the whole document.
    """
    if passage.document != label.document:
        return False
    if label.start is None or label.end is None:
        return True
    overlap = min(passage.end, label.end) - max(passage.start, label.start)
    shorter = min(passage.end - passage.start, label.end - label.start)
    return overlap > 0 and 2 * overlap >= shorter


def mean(values: Sequence[float]) -> Estimate:
    """The mean and its bootstrap interval (Efron 1979), the same at each call."""
    sample = np.asarray(values)
    picks = np.random.default_rng(SEED).integers(len(sample), size=(RESAMPLES, len(sample)))
    low, high = np.quantile(sample[picks].mean(axis=1), (0.025, 0.975))
    return Estimate(float(sample.mean()), float(low), float(high))


def rate(outcomes: Sequence[bool]) -> Estimate | None:
    """A share and its Wilson (1927) interval: a bootstrap of no errors would promise none ever.

    None where nothing was tried.
    """
    if not outcomes:
        return None
    share, spread = sum(outcomes) / len(outcomes), Z_95**2 / len(outcomes)
    centre = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * share * (1 - share) + spread**2 / 4) / (1 + spread)
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half))


def _gain(results: Sequence[bool]) -> float:
    return sum(1 / log2(place + 1) for place, hit in enumerate(results, 1) if hit)
