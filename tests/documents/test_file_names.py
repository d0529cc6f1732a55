"""What uploaded files are called, as clients spell it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.file_names import file_name, plain_disposition

FIELD = 'form-data; name="file"; '


class TestFileName:
    @pytest.mark.parametrize(
        ("parameters", "name"),
        [
            ('filename="a.md"', "a.md"),
            ("filename=a.md", "a.md"),
            ('filename=""', ""),
            ('filename="Übersicht \U0001f986.md"', "Übersicht \U0001f986.md"),
            (r'filename="a \"b\".md"', 'a "b".md'),
            ('filename="a %22b%22.md"', 'a "b".md'),
            ('filename="a;b=c.md"', "a;b=c.md"),
            ("filename*=UTF-8''%C3%9Cbersicht.md", "Übersicht.md"),
            ("filename*=utf-8'de'%C3%9Cbersicht%20neu.md", "Übersicht neu.md"),
            ("filename*=iso-8859-1''%DCbersicht.md", "Übersicht.md"),
            ("filename=\"Ubersicht.md\"; filename*=UTF-8''%C3%9Cbersicht.md", "Übersicht.md"),
            ("filename*=UTF-8''%C3%9Cbersicht.md; filename=\"Ubersicht.md\"", "Übersicht.md"),
            ('filename="=?utf-8?B?w5xiZXJzaWNodC5tZA==?="', "Übersicht.md"),
            ('filename="=?utf-8?Q?=C3=9Cbersicht=5Fneu.md?="', "Übersicht_neu.md"),
            ('filename="=?utf-8?B?w5xiZXI=?= =?utf-8?B?c2ljaHQubWQ=?="', "Übersicht.md"),
            ('filename="=?none?B?w5w=?="', "=?none?B?w5w=?="),
            (r'filename="C:\Users\ann\a.md"', "a.md"),
            (r'filename="\\server\share\a.md"', "a.md"),
            (r'filename="docs\2026\a.md"', "docs/2026/a.md"),
            ('filename="docs/a.md"', "docs/a.md"),
        ],
    )
    def test_spellings(self, parameters: str, name: str) -> None:
        """A name is read as its client meant it, whichever way it is spelt."""
        disposition = (FIELD + parameters).encode()
        assert file_name(disposition) == name
        assert file_name(plain_disposition(disposition)) == name

    def test_field(self) -> None:
        """A field without a file has no name, and its header stays as it is."""
        assert file_name(FIELD.encode()) is None
        assert plain_disposition(FIELD.encode()) == FIELD.encode()

    def test_latin(self) -> None:
        """Bytes that are no UTF-8 are those of Latin-1."""
        assert file_name(FIELD.encode() + b'filename="\xdcber.md"') == "Über.md"

    @pytest.mark.parametrize(
        "charset", ["utf-8", "utf-7", "utf-16", "idna", "undefined", "unicode_escape", "a%00b", ""]
    )
    @given(value=st.binary(max_size=60))
    def test_any_charset(self, charset: str, value: bytes) -> None:
        """Any bytes in any charset are a name that can be stored, or none, and no error."""
        extended = f"filename*={charset}''".encode() + value
        word = f'filename="=?{charset}?q?'.encode() + value + b'?="'
        for parameter in (value, extended, word):
            (file_name(FIELD.encode() + parameter) or "").encode()
            plain_disposition(FIELD.encode() + parameter)

    @pytest.mark.parametrize(
        "parameter",
        [
            "filename*=idna''x%ff",
            "filename*=undefined''x",
            "filename*=utf-7''+2AA-",
            r"filename*=unicode_escape''%5Cud800",
            "filename*=a%00b''x",
            'filename="=?utf-7?q?+2AA-?="',
        ],
    )
    def test_charsets_that_are_none(self, parameter: str) -> None:
        """A charset that is none, or makes half a character, leaves a name that can be stored."""
        assert (file_name((FIELD + parameter).encode()) or "?").encode()
