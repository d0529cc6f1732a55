"""What was found for a question, and how much speaks for each passage of it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice, zip_longest
from typing import NamedTuple

from app.retrieval.deduplication import distinct, without_repeats
from app.retrieval.evidence import AskedQuestion
from app.retrieval.models import Source
from app.vector_store.base import Candidate


class RetrievedPassage(NamedTuple):
    """A passage as both searches scored it, and as Postgres holds it."""

    candidate: Candidate
    source: Source


class Finding:
    """The passages that were found for a question or a part of one, best first."""

    def __init__(self, question: str, passages: Sequence[RetrievedPassage]) -> None:
        self.passages = passages
        self._text = question
        self._names: list[float] | None = None
        self._evidence: dict[int, float] = {}
        self._sources: dict[int, list[Source]] = {}

    def sources(self, limit: int) -> list[Source]:
        """At most so many of them that do not say the same, best first."""
        if limit not in self._sources:
            self._sources[limit] = _without_repeats(self.passages, self._text, limit)
        return self._sources[limit]

    def evidence(self) -> Iterator[float]:
        """The evidence of each passage, best first; none is looked at before its turn."""
        return map(self.evidence_of, range(len(self.passages)))

    def evidence_of(self, place: int) -> float:
        """That of one of them."""
        if place not in self._evidence:
            candidate, source = self.passages[place]
            named = self._named(place)
            self._evidence[place] = self._question.evidence(candidate.cosine, _read(source), named)
        return self._evidence[place]

    @cached_property
    def _question(self) -> AskedQuestion:
        return AskedQuestion(self._text)

    def _named(self, place: int) -> float:
        if not self._question.identifiers:
            return 0.0
        if self._names is None:
            texts = [_read(passage.source) for passage in self.passages]
            self._names = self._question.judge_names(texts)
        return self._names[place]


def passages_in_turn(findings: Iterable[Finding]) -> Iterator[RetrievedPassage]:
    """The best of each, then the second best of each, and so on."""
    lists = [finding.passages for finding in findings]
    return filter(None, chain.from_iterable(zip_longest(*lists)))


def best_sources(findings: Sequence[Finding], question: str, limit: int) -> list[Source]:
    """At most so many of all of them that do not say the same."""
    if len(findings) == 1:
        return findings[0].sources(limit)
    return _without_repeats(passages_in_turn(findings), question, limit)


def evidence_of_each(sources: Iterable[Source], findings: Iterable[Finding]) -> Iterator[float]:
    """The evidence of sources that were found."""
    places = {
        (passage.source.document_uuid, passage.source.ordinal): (finding, place)
        for finding in findings
        for place, passage in enumerate(finding.passages)
    }
    for source in sources:
        finding, place = places[source.document_uuid, source.ordinal]
        yield finding.evidence_of(place)


def _without_repeats(
    passages: Iterable[RetrievedPassage], question: str, limit: int
) -> list[Source]:
    sources = distinct(passage.source for passage in passages)
    return [*islice(without_repeats(sources, question), limit)]


def _read(source: Source) -> str:
    """What the passage says, and what it stands under."""
    above = (source.title, *source.headings, source.table_header)
    return "\n".join([*filter(None, above), source.text])
