"""Metrics against values computed by hand, and what holds of them whatever the ranking."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.dataset import Label
from evaluation.metrics import METRICS, Passage, is_relevant, judge, mean, rate

DOCUMENT = Label(document="a")
SPAN = Label(document="a", start=100, end=200)
LATER_SPAN = Label(document="a", start=300, end=400)
MISS = Passage("b", 0, 100)

RANKINGS = st.lists(
    st.builds(
        lambda document, start, size: Passage(document, start, start + size),
        st.sampled_from("ab"),
        st.integers(0, 50),
        st.integers(1, 20),
    ),
    max_size=20,
)
SPANS = st.builds(
    lambda document, start, size: Label(document=document, start=start, end=start + size),
    st.sampled_from("ab"),
    st.integers(0, 50),
    st.integers(1, 20),
)
LABEL_SETS = st.frozensets(SPANS | st.builds(Label, document=st.sampled_from("ab")), min_size=1)


class TestIsRelevant:
    """Whether a passage is what a label means."""

    @pytest.mark.parametrize(
        ("passage", "relevant"),
        [
            (Passage("a", 0, 1000), True),
            (Passage("a", 120, 130), True),
            (Passage("a", 0, 150), True),
            (Passage("a", 0, 149), False),
            (Passage("a", 195, 205), True),
            (Passage("a", 196, 206), False),
            (Passage("a", 200, 300), False),
            (Passage("b", 100, 200), False),
        ],
        ids=["around", "inside", "half", "less", "half of it", "less of it", "beside", "elsewhere"],
    )
    def test_half_of_the_shorter_is_enough(self, passage: Passage, *, relevant: bool) -> None:
        """A passage is relevant if it and the span share at least half of the shorter."""
        assert is_relevant(passage, SPAN) is relevant

    def test_any_passage_of_a_labelled_document_is_relevant(self) -> None:
        """Any passage of a document that is labelled as a whole is relevant."""
        assert is_relevant(Passage("a", 5, 6), DOCUMENT)
        assert not is_relevant(Passage("b", 5, 6), DOCUMENT)


class TestJudge:
    """A ranking against labels."""

    def test_split_span_counts_once(self) -> None:
        """A span that two passages share counts once: the second is a repeat, not a miss."""
        halves = [Passage("a", 0, 150), Passage("a", 150, 300), Passage("a", 300, 400)]
        judgement = judge(halves, {SPAN, LATER_SPAN})
        assert judgement.reached == (1, None, 1)
        assert judgement.ndcg(10) == 1

    def test_size_of_passages_does_not_matter(self) -> None:
        """One passage with both spans is worth as much as two with a span each."""
        large = judge([MISS, Passage("a", 0, 500)], {SPAN, LATER_SPAN})
        small = judge([MISS, Passage("a", 90, 210), Passage("a", 290, 410)], {SPAN, LATER_SPAN})
        assert large.ndcg(10) == small.ndcg(10) < 1

    def test_second_passage_of_a_labelled_document_is_a_repeat(self) -> None:
        """Where a document is labelled, its second passage is a repeat."""
        ranking = [MISS, MISS._replace(start=50), Passage("a", 0, 9), Passage("a", 9, 20)]
        assert judge(ranking, {DOCUMENT}).reached == (0, None, 1, None)

    def test_passages_beside_spans_are_misses(self) -> None:
        """Where spans are labelled, every passage beside them is a miss, also of their document."""
        ranking = [Passage("a", 600, 700), Passage("a", 700, 800), Passage("a", 100, 200)]
        assert judge(ranking, {SPAN}).reached == (0, 0, 1)

    def test_empty_ranking_has_nothing(self) -> None:
        """A ranking that is empty has nothing of any metric."""
        assert {metric(judge([], {SPAN})) for metric in METRICS.values()} == {0}


class TestMetrics:
    """The metrics, for two of three labels found, at places 2 and 4."""

    LABELS = frozenset({SPAN, LATER_SPAN, Label(document="c", start=0, end=9)})
    JUDGEMENT = judge([MISS, Passage("a", 100, 200), MISS, Passage("a", 300, 400)], LABELS)

    def test_ndcg_is_the_gain_over_the_ideal(self) -> None:
        """In nDCG a place gains 1 / log2(place + 1), and the ideal has all labels first."""
        gain = 1 / log2(3) + 1 / log2(5)
        ideal = 1 + 1 / log2(3) + 1 / log2(4)
        assert self.JUDGEMENT.ndcg(10) == pytest.approx(gain / ideal)

    def test_ndcg_ends_at_k(self) -> None:
        """Of nDCG neither the ranking nor the ideal goes beyond k."""
        assert self.JUDGEMENT.ndcg(2) == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))

    def test_recall_is_the_share_of_labels(self) -> None:
        """Recall is the share of labels that the first k passages reach."""
        assert [self.JUDGEMENT.recall(k) for k in (1, 3, 10)] == [0, 1 / 3, 2 / 3]

    def test_hit_is_any_label(self) -> None:
        """A hit is a label that any of the first k passages reaches."""
        assert [self.JUDGEMENT.hit(k) for k in (1, 2)] == [0, 1]

    def test_reciprocal_rank_is_that_of_the_first(self) -> None:
        """The reciprocal rank is one divided by the place of the first relevant passage."""
        assert self.JUDGEMENT.reciprocal_rank() == 0.5

    @given(RANKINGS, LABEL_SETS)
    def test_metrics_lie_between_0_and_1(
        self, ranking: list[Passage], labels: frozenset[Label]
    ) -> None:
        """Every metric lies between 0 and 1."""
        judgement = judge(ranking, labels)
        assert all(0 <= metric(judgement) <= 1 for metric in METRICS.values())

    @given(RANKINGS, LABEL_SETS)
    def test_repeats_change_no_ndcg(self, ranking: list[Passage], labels: frozenset[Label]) -> None:
        """A relevant passage that comes once more changes no nDCG."""
        relevant = [
            passage for passage in ranking if any(is_relevant(passage, label) for label in labels)
        ]
        twice = judge([*relevant, *relevant, *ranking], labels)
        assert twice.ndcg(10) == judge([*relevant, *ranking], labels).ndcg(10)

    @given(RANKINGS, LABEL_SETS)
    def test_labels_first_are_the_best_ranking(
        self, ranking: list[Passage], labels: frozenset[Label]
    ) -> None:
        """The labels themselves, first, are the best ranking that there is."""
        spans = [Passage(label.document, label.start or 0, label.end or 9) for label in labels]
        assert judge([*spans, *ranking], labels).ndcg(10) == pytest.approx(1)


class TestMean:
    """A mean and its bootstrap interval."""

    def test_interval_is_the_normal_one_and_never_changes(self) -> None:
        """The interval is that of the normal approximation, and never changes."""
        sample = [1.0] * 300 + [0.0] * 100
        estimate = mean(sample)
        assert estimate.value == 0.75
        assert estimate.low == pytest.approx(0.75 - 1.96 * (0.75 * 0.25 / 400) ** 0.5, abs=0.01)
        assert estimate.high == pytest.approx(0.75 + 1.96 * (0.75 * 0.25 / 400) ** 0.5, abs=0.01)
        assert mean(sample) == estimate

    def test_agreement_leaves_no_doubt(self) -> None:
        """Where all questions agree there is nothing to doubt."""
        assert mean([0.5] * 9).low == mean([0.5] * 9).high == 0.5


class TestRate:
    """A share and its Wilson interval."""

    def test_interval_is_that_of_newcombe(self) -> None:
        """The interval of 81 in 263 is that of Newcombe (1998): 0.2553 to 0.3662."""
        estimate = rate([True] * 81 + [False] * 182)
        assert estimate is not None
        assert estimate.value == pytest.approx(0.3080, abs=5e-5)
        assert estimate.low == pytest.approx(0.2553, abs=5e-5)
        assert estimate.high == pytest.approx(0.3662, abs=5e-5)

    def test_no_errors_promise_none(self) -> None:
        """No error in twenty tries does not mean that none comes (Newcombe 1998: 0.1611)."""
        estimate = rate([False] * 20)
        assert estimate is not None
        assert estimate.low == 0
        assert estimate.high == pytest.approx(0.1611, abs=5e-5)

    def test_nothing_tried_says_nothing(self) -> None:
        """Nothing can be said of what was never tried."""
        assert rate([]) is None
