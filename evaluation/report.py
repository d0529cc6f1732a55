"""What was measured, as Markdown for people and as JSON for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import Final

import orjson

from app.core.exceptions import ConfigurationError
from app.documents.console import counted
from evaluation.answers import JudgedAnswer
from evaluation.calibration import Calibration, ErrorRates, LabelledEvidence, error_rates_at
from evaluation.metrics import METRICS, Estimate

DEFAULT: Final = "default"  # the ranking of the service, which alone refuses and is timed
STEPS: Final = 20  # of the curve between 0 and 1
ERRORS: Final = ("false answers", "false refusals")
COLUMNS: Final = ("set", "ranking", *METRICS, *ERRORS, "search", "with embedding")


@dataclass(frozen=True, slots=True)
class Latency:
    """How long searches took, in milliseconds."""

    median: float
    p99: float

    def __str__(self) -> str:
        return f"{self.median:.1f} ({self.p99:.1f}) ms"


@dataclass(frozen=True, slots=True)
class Report:
    """How good retrieval is on a labelled set.

    `rankings` holds the metrics of three orders: dense alone, BM25 alone, and the default, which
    adds them up. There are no metrics where no question is answerable.
    """

    name: str
    embedding_model: str
    documents: int
    passages: int
    answerable: int
    unanswerable: int
    threshold: float
    errors: ErrorRates
    rankings: Mapping[str, Mapping[str, Estimate]]
    search: Latency
    with_embedding: Latency

    def __str__(self) -> str:
        return (
            f"`{self.name}`: {self.answerable} answerable and {self.unanswerable} unanswerable "
            f"questions, {counted(self.documents, 'document')}, "
            f"{counted(self.passages, 'passage')}, "
            f"threshold {self.threshold:.3f}."
        )


def table(reports: Sequence[Report]) -> str:
    """A row for each set and ranking, with 95% intervals; latencies are median (and p99)."""
    rule = "|".join(["---", "---", *["---:"] * (len(COLUMNS) - 2)])
    rows = [row for report in reports for row in _rows(report)]
    head = [_line(COLUMNS), f"|{rule}|", *map(_line, rows), ""]
    return "\n".join([*head, *(f"- {report}" for report in reports)])


def write_json(reports: Sequence[Report], file: Path) -> None:
    """Writes the reports, unrounded, into a file; ConfigurationError if it cannot be written."""
    try:
        file.write_bytes(orjson.dumps(reports, option=orjson.OPT_INDENT_2))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}.") from error


def curve(calibration: Calibration, sample: Sequence[LabelledEvidence]) -> str:
    """The error rates at thresholds from the least to the most evidence; one is recommended."""
    rows = _thresholds(sample) | {calibration.threshold: f"**{calibration.threshold:.3f}**"}
    lines = [
        _line((name, *_errors(error_rates_at(threshold, sample))))
        for threshold, name in sorted(rows.items())
    ]
    answers, refusals = _errors(calibration.expected)
    recommendation = (
        f"Recommended: {calibration.threshold:.3f}. By cross-validation, on questions like these: "
        f"false answers {answers}, false refusals {refusals}."
    )
    head = [_line(("threshold", *ERRORS)), "|---:|---:|---:|"]
    return "\n".join([*head, *lines, "", recommendation])


def answer_table(judged: Sequence[JudgedAnswer]) -> str:
    """A row for each question, and how many answers have a right sentence."""
    rows = [(one.question, "yes" if one.is_right else "no", _cell(one.answer)) for one in judged]
    right = sum(one.is_right for one in judged)
    length = round(sum(len(one.answer) for one in judged) / len(judged))
    summary = (
        f"{right} of {len(judged)} answers have a right sentence. "
        f"On average they have {length} characters."
    )
    head = [_line(("question", "right", "answer")), "|---|---|---|"]
    return "\n".join([*head, *map(_line, rows), "", summary])


def _thresholds(sample: Sequence[LabelledEvidence]) -> dict[float, str]:
    evidence = [question.evidence for question in sample]
    steps = range(floor(min(evidence) * STEPS), ceil(max(evidence) * STEPS) + 1)
    return {step / STEPS: f"{step / STEPS:.2f}" for step in steps}


def _rows(report: Report) -> Iterator[Sequence[str]]:
    for name, metrics in report.rankings.items():
        means = [_mean(metrics.get(metric)) for metric in METRICS]
        rest = ["", "", "", ""]
        if name == DEFAULT:
            rest = [*_errors(report.errors), str(report.search), str(report.with_embedding)]
        yield [report.name, name, *means, *rest]


def _errors(errors: ErrorRates) -> tuple[str, str]:
    return _share(errors.false_answers), _share(errors.false_refusals)


def _mean(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def _share(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
