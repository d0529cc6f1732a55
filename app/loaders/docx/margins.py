"""Which headers and footers are shown (ECMA-376 part 1, 17.10)."""

from dataclasses import dataclass, field
from typing import Final

HEADER: Final = "header"
FOOTER: Final = "footer"
# fmt: off
OF_PAGE_NUMBERS: Final = frozenset({  # what is left of "Page 3 of 7" without its numbers
    "page", "p.", "pg.", "of", "/", "-", "\u2013", "|", "seite", "s.", "von", "página", "pág.",
    "de", "pagina", "pag.", "di", "sur", "van", "sida", "av", "side", "af", "strona", "str.", "z",
})
# fmt: on


@dataclass(slots=True)
class Margins:
    """The headers and footers that the sections name."""

    has_first: bool = False  # whether any section shows another one on its first page
    _named: list[tuple[str, str, str]] = field(default_factory=list)

    def name(self, edge: str, pages: str, key: str) -> None:
        """A section names a relationship as its header or footer, for some of its pages."""
        if (edge, pages, key) not in self._named[-100:]:
            self._named.append((edge, pages, key))

    def shown(self, edge: str, *, has_even: bool) -> list[str]:
        """The relationships to the headers or footers that are shown, first pages before others."""
        shown = {"first": self.has_first, "default": True, "even": has_even}
        return [
            key
            for wanted, is_shown in shown.items()
            for of_edge, pages, key in self._named
            if is_shown and of_edge == edge and pages == wanted
        ]
