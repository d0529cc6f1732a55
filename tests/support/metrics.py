"""What /metrics shows, as Prometheus reads it."""

from prometheus_client.openmetrics.parser import text_string_to_metric_families

Labels = dict[str, str]
Shown = dict[str, list[tuple[Labels, float]]]


def samples_of(text: str) -> Shown:
    """The labels and the value of each sample, by its name."""
    found: Shown = {}
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def total(shown: Shown, name: str, **labels: str) -> float:
    """The sum of the samples of this name that have these labels."""
    samples = shown.get(name, [])
    return sum(number for have, number in samples if labels.items() <= have.items())
