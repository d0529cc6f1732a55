"""Which bodies are the same, and which are not."""

import pytest

from app.idempotency.constants import MAX_JSON_BYTES, MAX_PARTS
from app.idempotency.fingerprints import fingerprint

JSON = "application/json"
FIELD = b'--B\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
FILE = (
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
    b"Content-Type: %b\r\n\r\n%b\r\n"
)
END = b"--B--\r\n"
TITLE = FIELD % (b"title", b"Ducks")
TEXT = FILE % (b"a.txt", b"text/plain", b"Ducks swim.")


def of_json(body: str, content_type: str = JSON) -> bytes:
    """The fingerprint of a request whose body is JSON."""
    return fingerprint(("POST",), content_type, [body.encode()])


def of_form(*parts: bytes, boundary: bytes = b"B", end: bytes = END) -> bytes:
    """The fingerprint of a request whose body is a form."""
    body = b"".join((*parts, end)).replace(b"--B", b"--" + boundary)
    return fingerprint(("POST",), f"multipart/form-data; boundary={boundary.decode()}", [body])


class TestJson:
    @pytest.mark.parametrize(
        "other",
        ['{"b":2,"a":[1,"é"]}', ' {"a" : [1, "\\u00e9"],\n"b": 2}', '{"a":0,"a":[1,"é"],"b":2}'],
    )
    def test_same_value(self, other: str) -> None:
        """JSON is the same however its keys are ordered, spaced and escaped."""
        assert of_json(other) == of_json('{"a":[1,"é"],"b":2}')

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ('{"a":1}', '{"a":"1"}'),
            ('{"a":1}', '{"a":true}'),
            ("[1,2]", "[2,1]"),
            ('{"a":18446744073709551616}', '{"a":18446744073709551617}'),
            ("{", "{ "),
            ("[" * 100_000, "[" * 100_001),
        ],
    )
    def test_other_value(self, one: str, other: str) -> None:
        """Another value is another body; what is no JSON counts by its bytes."""
        assert of_json(one) != of_json(other)

    @pytest.mark.parametrize("content_type", ["Application/JSON; charset=utf-8", JSON])
    def test_parameters(self, content_type: str) -> None:
        """Parameters and case of the content type make no difference."""
        assert of_json('{"a": 1}', content_type) == of_json('{"a":1}')

    def test_long(self) -> None:
        """JSON that would take much memory counts by its bytes."""
        long = "1" * MAX_JSON_BYTES
        assert of_json(f'"{long}"') == of_json(f'"{long}"')
        assert of_json(f' "{long}"') != of_json(f'"{long}"')


class TestForm:
    def test_boundary_and_order(self) -> None:
        """A form is the same whatever its boundary and the order of its fields."""
        assert of_form(TITLE, TEXT, boundary=b"--other") == of_form(TEXT, TITLE)

    @pytest.mark.parametrize(
        "other",
        [
            FILE % (b"b.txt", b"text/plain", b"Ducks swim."),
            FILE % (b"a.txt", b"text/markdown", b"Ducks swim."),
            FILE % (b"a.txt", b"text/plain", b"Ducks swim!"),
            FIELD % (b"file", b"Ducks swim."),
            FILE.replace(b"file", b"other", 1) % (b"a.txt", b"text/plain", b"Ducks swim."),
        ],
    )
    def test_other_part(self, other: bytes) -> None:
        """A file with another name, type, content or field is another form."""
        assert of_form(TITLE, other) != of_form(TITLE, TEXT)

    def test_order_of_one_name(self) -> None:
        """Of fields with the same name the order counts."""
        other = FIELD % (b"title", b"Geese")
        assert of_form(TITLE, other) != of_form(other, TITLE)

    def test_chunks(self) -> None:
        """A form is the same however it is cut into chunks."""
        body = TITLE + TEXT + END
        content_type = "multipart/form-data; boundary=B"
        bytes_alone = [body[at : at + 1] for at in range(len(body))]
        assert fingerprint(("POST",), content_type, bytes_alone) == of_form(TITLE, TEXT)

    @pytest.mark.parametrize("end", [b"", b"--B\r\nnonsense"])
    def test_broken(self, end: bytes) -> None:
        """A form that is cut or broken counts by its bytes."""
        assert of_form(TITLE, TEXT, end=end) == of_form(TITLE, TEXT, end=end)
        assert of_form(TITLE, TEXT, end=end) != of_form(TEXT, TITLE, end=end)

    def test_countless_parts(self) -> None:
        """A form of more parts than are read counts by its bytes."""
        parts = [TITLE] * MAX_PARTS
        assert of_form(*parts, TEXT) != of_form(TEXT, *parts)
        assert of_form(*parts[1:], TEXT) == of_form(TEXT, *parts[1:])


class TestOthers:
    def test_bytes(self) -> None:
        """Any other body counts by its bytes, however they are cut into chunks."""
        known = fingerprint(("POST",), "text/plain", [b'{"a":1}'])
        assert fingerprint(("POST",), "text/plain", [b'{"a"', b":1}"]) == known
        assert fingerprint(("POST",), "text/plain", [b'{"a": 1}']) != known

    def test_request(self) -> None:
        """The same body is another request at another path or as another type."""
        known = fingerprint(("POST", "/a"), "text/plain", [b"1"])
        assert fingerprint(("POST", "/b"), "text/plain", [b"1"]) != known
        assert fingerprint(("POST", "/a"), "application/json", [b"1"]) != known
