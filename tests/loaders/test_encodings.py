"""Bytes to text: which encoding they are in."""

import pytest

from app.loaders.encodings import decode
from tests.support.languages import (
    CHINESE,
    FRENCH,
    GERMAN,
    GREEK,
    JAPANESE,
    KOREAN,
    POLISH,
    RUSSIAN,
    TAIWANESE,
)

# A word, or a few, of each language, in the encoding that its files had before UTF-8.
WESTERN = [
    "München",
    "Größe",
    "GRÖSSE ÜBER ÄRGER",
    "Müller;Köln;12,50 €",
    "œuvre",
    "les élèves à la rentrée",
    "à cet effet. Le personnel a",
    "¿Quién vive en Málaga?",
    "El Niño",
    "São João",
    "amanhã e durará três dias",
    "Perché no? È già più tardi, però",
    "sono contenti, però la sala",
    "één café",
    "København",
    "smørrebrød på Ærø",
    "Malmö och Västerås",
    "blåbær og kjærlighet",
    "Jyväskylä",
    "Reykjavík",
    "Þórður býr á Íslandi",
    "Això només és català",
    "“smart quotes” \u2013 and it’s 5 €…",
    "20 °C ± 2 %, 3 \xd7 4 m²",
    "£5 or ½ price",
    "§ 5 Abs. 2, n.º 3",
    "naïve",
]
CENTRAL_EUROPEAN = [
    "Łódź",
    "Zażółć gęślą jaźń",
    "Lech Wałęsa mieszka w Gdańsku",
    "Příliš žluťoučký kůň",
    "Dvořák",
    "Košice sú naše mesto, ľudia",
    "Győr és Székesfehérvár, őszi idő",
    "Škofja Loka je že večja",
    "kuća i riječ još pišu",
    "Bucureşti şi Timişoara, două oraşe",
]


class TestDecode:
    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            *((text, "utf-8") for text in (GERMAN, JAPANESE, "plain", "a\x0cb \x1b[31mred\x1b[0m")),
            *((text, "utf-8-sig") for text in (GERMAN, JAPANESE)),
            *((text, "utf-16") for text in (GERMAN, JAPANESE)),
            *((text, "utf-32") for text in (GERMAN, JAPANESE)),
            *((GERMAN, encoding) for encoding in ("utf-16-le", "utf-16-be", "latin-1", "cp1252")),
            *((FRENCH, encoding) for encoding in ("cp1252", "utf-16-le", "utf-16-be")),
            (POLISH, "cp1250"),
            *((RUSSIAN, encoding) for encoding in ("cp1251", "koi8-r")),
            (GREEK, "cp1253"),
            *((JAPANESE, encoding) for encoding in ("shift_jis", "euc_jp", "iso2022_jp")),
            (CHINESE, "gb18030"),
            (TAIWANESE, "big5"),
            (KOREAN, "euc_kr"),
        ],
    )
    def test_undeclared_encoding_is_found(self, text: str, encoding: str) -> None:
        """The encoding is found where it is not declared."""
        assert decode(text.encode(encoding)) == text

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            *((text, "cp1252") for text in WESTERN),
            *((text, "cp1250") for text in CENTRAL_EUROPEAN),
            ("mogą wejść od strony ogrodu", "iso8859-2"),
            ("Köln\u00a0\u2013 Öl für Öfen", "cp1252"),
            ("привет мир", "cp1251"),
            ("Ελλάδα και θάλασσα", "cp1253"),
            ("Türkiye'de güneşli, \u0131ş\u0131k ve yağmur", "cp1254"),
            ("Rīga un Jūrmala, šogad ļoti", "cp1257"),
            ("שלום לכולם", "cp1255"),
            ("مرحبا بكم في المكتبة", "cp1256"),
            ("そこで古いパイプを見つけました", "shift_jis"),
            ("そこで古いパイプを見つけました", "euc_jp"),
        ],
    )
    def test_a_few_words_are_enough(self, text: str, encoding: str) -> None:
        """A word or a line is read right, and never as a mixture of scripts."""
        assert decode(text.encode(encoding)) == text

    @pytest.mark.parametrize("name", ["Müller", "Hélène Dupré", "Núñez", "Åse Bjørnson"])
    def test_one_name_in_a_table_is_enough(self, name: str) -> None:
        """One name beyond ASCII in a table of plain ASCII is read right."""
        rows = "".join(
            f"{number};item {number};2024-01-{number};{number},50\r\n" for number in range(10, 30)
        )
        text = f"id;name;date;price\r\n{rows}31;{name};2024-01-31;9,50\r\n{rows}"
        assert decode(text.encode("cp1252")) == text

    def test_signs_without_a_letter_are_windows_1252(self) -> None:
        """What gives no evidence is in the most common encoding."""
        assert decode(b"5 \x80 \x96 \x93so\x94 \xa9 \xae") == "5 € \u2013 “so” © ®"

    @pytest.mark.parametrize("ascii_text", ["Plain text.\r\n" * 500, "Plain text. " * 3000])
    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            (GERMAN, "cp1252"),
            (POLISH, "cp1250"),
            *((RUSSIAN, encoding) for encoding in ("cp1251", "koi8-r")),
            (GREEK, "cp1253"),
            (JAPANESE, "shift_jis"),
            (CHINESE, "gb18030"),
            (TAIWANESE, "big5"),
            (KOREAN, "euc_kr"),
        ],
    )
    def test_encoding_is_found_among_much_ascii(
        self, text: str, encoding: str, ascii_text: str
    ) -> None:
        """The encoding is found however much plain ASCII stands before what tells it."""
        mixed = ascii_text + text
        assert decode(mixed.encode(encoding)) == mixed

    @pytest.mark.parametrize(
        ("data", "declared", "text"),
        [
            (b"caf\xe9 \x80", "iso-8859-1", "café €"),
            ("é".encode("cp850"), "cp850", "é"),
            ("“Şişli” 5 €".encode("cp1254"), "iso-8859-9", "“Şişli” 5 €"),
            ("株式会社".encode("cp932"), "Shift_JIS", "株式会社"),
            ("똠".encode("cp949"), "euc-kr", "똠"),
            ("嘅".encode("big5hkscs"), "big5", "嘅"),
            ("朱镕基".encode("gbk"), "gb2312", "朱镕基"),
            ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
        ],
    )
    def test_declared_encoding_is_read_as_browsers_do(
        self, data: bytes, declared: str, text: str
    ) -> None:
        """A declared encoding is read as browsers read it."""
        assert decode(data, declared) == text

    @pytest.mark.parametrize("declared", ["latin-1", "no-such", "zlib", "utf-16", "a\x00b"])
    def test_utf8_is_read_whatever_is_declared(self, declared: str) -> None:
        """A text in UTF-8 is read as UTF-8, whatever it is declared as."""
        assert decode(GERMAN.encode(), declared) == GERMAN

    @pytest.mark.parametrize("declared", ["zlib", "punycode", "utf-16", "no-such"])
    def test_unusable_declaration_is_ignored(self, declared: str) -> None:
        """A declared encoding that the text cannot have is ignored."""
        assert decode(GERMAN.encode("cp1252"), declared) == GERMAN

    @pytest.mark.parametrize(
        ("text", "encoding", "declared"),
        [
            (RUSSIAN, "cp1251", "iso-8859-1"),
            (POLISH, "cp1250", "windows-1252"),
            (GERMAN, "cp1252", "koi8-r"),
            (GERMAN, "cp1252", "shift_jis"),
            (JAPANESE, "shift_jis", "iso-8859-1"),
        ],
    )
    def test_declaration_that_cannot_be_true_is_not_believed(
        self, text: str, encoding: str, declared: str
    ) -> None:
        """A declared encoding in which the text is no language is not believed."""
        assert decode(text.encode(encoding), declared) == text
