"""Every place of a request where a stranger may put what is hard to read, out of OpenAPI."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from tests.support.hostile import Distinct, Nested, Repeated, Text

Json = dict[str, Any]

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"
MARK: Final = "\N{SYMBOL FOR SUBSTITUTE}"  # stands where the hostile text will
PARAMETERS: Final = {
    "uuid": "00000000-0000-0000-0000-000000000000",
    "ordinal": "0",
    "id": "brag",
}
BOUNDARY: Final = "x"
PART: Final = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
FILE: Final = '--x\r\nContent-Disposition: form-data; name="file"; filename="{}"\r\n\r\n{}\r\n'

TEXTS: Final[tuple[Text, ...]] = (
    *map(Repeated, ("a ", "字", "\u0301\u0327", "is? ", " ", "A1-b ", "a")),
    *map(Distinct, ("w{} ", "{}? ")),
)
VALUES: Final[tuple[Text, ...]] = (
    *(Nested("[", "]"), Repeated("1"), Repeated("[],", "[", "0]"), Repeated('"a",', "[", "0]")),
    *(Repeated("1", "1."), Nested('{"a":', "0}")),
)
HEADERS: Final[tuple[Text, ...]] = (
    *map(Repeated, ("a", ";", ",", "a=b;", '"', 'W/"a",', "1", " ", "0")),
)


@dataclass(frozen=True)
class Encoded:
    """A text for a URL: percent-encoded, and cut to the size that it is to have there."""

    text: Text

    def __call__(self, size: int) -> str:
        """As much of it as `size` bytes of a URL hold."""
        return quote(self.text(size))[:size].rpartition("%")[0]


IN_URLS: Final[tuple[Text, ...]] = tuple(map(Encoded, TEXTS[:5]))


class Place(NamedTuple):
    """Where a text goes: MARK stands for it in the query, a header or the body."""

    name: str
    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    texts: tuple[Text, ...] = TEXTS


def places_of(document: Json) -> Iterator[Place]:
    """The parameters of every endpoint, and the fields of every kind of body, once."""
    seen: list[Json] = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name, verb = f"{method.upper()} {path}", method.upper()
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query":
                    query = f"{parameter['name']}={MARK}"
                    yield Place(f"{name}?{query}", verb, _filled(path), query, texts=IN_URLS)
                elif parameter["in"] == "path":
                    filled = _filled(path, **{parameter["name"]: MARK})
                    yield Place(f"{name} {parameter['name']}", verb, filled, texts=IN_URLS)
            content = operation.get("requestBody", {}).get("content", {})
            for media_type, media in content.items():
                if media["schema"] in seen:
                    continue
                seen.append(media["schema"])
                schema = _resolved(media["schema"], document)
                make = _json_bodies if media_type == JSON else _forms
                for field, body, texts in make(schema, document):
                    headers = (("content-type", f"{media_type}; boundary={BOUNDARY}"),)
                    yield Place(f"{name} {field}", verb, _filled(path), "", headers, body, texts)


def header_places(place: Place, headers: Iterable[str]) -> Iterator[Place]:
    """Each of these headers in a request to an endpoint."""
    for name in headers:
        given = (*place.headers, (name, MARK))
        yield place._replace(name=f"{place.name} {name}", headers=given, texts=HEADERS)


def plain_requests(document: Json, uuid: str) -> Iterator[Place]:
    """A request to each endpoint without anything hostile in it."""
    for path, operations in document["paths"].items():
        for method in operations:
            yield Place(f"{method.upper()} {path}", method.upper(), _filled(path, uuid=uuid))


def _filled(path: str, **given: str) -> str:
    return path.format(**PARAMETERS | given)


def _json_bodies(schema: Json, document: Json) -> Iterator[tuple[str, str, tuple[Text, ...]]]:
    """A body for each field: the others are as simple as they may be."""
    yield "body", MARK, VALUES
    yield "unknown fields", f'{{{MARK}"a":0}}', (Distinct('"w{}":0,'),)
    for field, hostile in _fields(schema, document):
        texts = TEXTS if hostile == f'"{MARK}"' else VALUES
        first, _, inner = field.partition(".")
        value = f'{{"{inner}":{hostile}}}' if inner else hostile
        others = [f'"{name}":"a"' for name in schema.get("required", ()) if name != first]
        yield field, "{" + ",".join([f'"{first}":{value}', *others]) + "}", texts


def _fields(schema: Json, document: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, described in schema.get("properties", {}).items():
        field = _resolved(described, document)
        yield f"{prefix}{name}", f'"{MARK}"'
        yield f"{prefix}{name}", MARK
        yield from _fields(field, document, f"{prefix}{name}.")
        if "additionalProperties" in field:
            yield f"{prefix}{name}", f'{{"{MARK}":0}}'


def _forms(schema: Json, _: Json) -> Iterator[tuple[str, str, tuple[Text, ...]]]:
    """A form for each field, and for the file's name and content."""
    end = f"--{BOUNDARY}--\r\n"
    for name in schema["properties"]:
        if name != "file":
            yield name, PART.format(name, MARK) + FILE.format("a.txt", "a") + end, (*TEXTS, *VALUES)
    yield "file name", FILE.format(MARK, "a") + end, (*TEXTS, *HEADERS)
    yield "file", FILE.format("a.txt", MARK) + end, TEXTS
    yield "parts", MARK + end, (Repeated(PART.format("a", "b")), Repeated("--x\r\na:b\r\n"))


def _resolved(schema: Json, document: Json) -> Json:
    """The schema of an object, where it is referred to, or may also be null."""
    for inner in schema.get("anyOf", ()):
        if "$ref" in inner or inner.get("type") == "object":
            return _resolved(inner, document)
    if "$ref" in schema:
        found: Json = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema
