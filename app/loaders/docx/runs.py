"""How the text of a run is shown (ECMA-376 part 1, 17.3.2)."""

from dataclasses import dataclass
from typing import Final

from app.loaders.docx.styles import TOGGLES, Properties, Styles
from app.loaders.docx.xml import is_on
from app.loaders.marks import MarkKind

SHIFTS: Final = {"superscript": MarkKind.RAISED, "subscript": MarkKind.LOWERED}


@dataclass(frozen=True, slots=True)
class Look:
    """What of the look of a text changes what it says."""

    marks: tuple[MarkKind, ...] = ()
    is_hidden: bool = False
    font: str = ""


PLAIN: Final = Look()


def look_of(run: Properties, of_paragraph: Properties, styles: Styles) -> Look:
    """The look of a run with these properties, in a paragraph whose style has those."""
    if not run and not of_paragraph:
        return PLAIN
    of_run = styles.run(run["rStyle"]) if "rStyle" in run else {}
    on = {name for name in TOGGLES if _is_toggled(name, run, of_paragraph, of_run)}
    every = of_paragraph | of_run | run
    struck = (MarkKind.STRUCK,) if on & {"strike", "dstrike"} else ()
    shift = SHIFTS.get(every.get("vertAlign", ""))
    return Look(struck + ((shift,) if shift else ()), "vanish" in on, every.get("font", ""))


def _is_toggled(name: str, run: Properties, *styles: Properties) -> bool:
    """17.7.3: the run says so itself, or an odd number of its styles does."""
    if name in run:
        return is_on(run[name])
    return sum(is_on(style.get(name, "0")) for style in styles) % 2 == 1
