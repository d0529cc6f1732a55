"""The title and the values of a chart (ECMA-376 part 1, 21.2), as a table."""

from typing import Final

from lxml import etree

from app.loaders.docx.package import Package
from app.loaders.docx.writer import WordWriter
from app.loaders.docx.xml import attribute, number

MAX_POINTS: Final = 10_000
MAX_SERIES: Final = 255  # as in Excel
MAX_CELLS: Final = 100_000  # points that are at places of their own make a row for each
Points = dict[int, str]


def read_chart(package: Package, part: str) -> str:
    """The title, then a column for each series and a row for each category."""
    writer = WordWriter()
    names: list[str] = []
    columns: list[Points] = []
    categories: Points = {}
    for element in package.elements(part, "title", "ser"):
        if element.tag.endswith("}title"):
            writer.text(" ".join(_texts(element)))
            writer.close()
        elif len(columns) < MAX_SERIES:
            names.append(" ".join(_points(element, "tx").values()))
            columns.append(_points(element, "val") or _points(element, "yVal"))
            categories |= _points(element, "cat") or _points(element, "xVal")
    if columns:
        _write(writer, names, categories, columns)
    return writer.markdown()


def _write(writer: WordWriter, names: list[str], categories: Points, columns: list[Points]) -> None:
    writer.begin_table()
    _write_row(writer, ["", *names], is_header=True)
    places = sorted({place for points in (categories, *columns) for place in points})
    for place in places[: MAX_CELLS // len(columns)]:
        _write_row(
            writer, [points.get(place, "") for points in (categories, *columns)], is_header=False
        )
    writer.end_table()


def _write_row(writer: WordWriter, cells: list[str], *, is_header: bool) -> None:
    for cell in cells:
        writer.begin_cell()
        writer.text(cell)
        writer.end_cell()
    writer.end_row(is_header=is_header)


def _points(series: etree._Element, name: str) -> Points:
    found = series.iterfind(f"{{*}}{name}//{{*}}pt")
    points = {
        number(attribute(point.items(), "idx")): point.findtext("{*}v") or "" for point in found
    }
    return dict(list(points.items())[:MAX_POINTS])


def _texts(element: etree._Element) -> list[str]:
    return [text.text or "" for text in element.iterfind(".//{*}t")]
