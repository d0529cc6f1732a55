"""Bytes to text."""

import pytest

from app.loaders.encodings import decode
from app.loaders.exceptions import UnreadableDocument

GERMAN = "Die Größe der Häuser überraschte die Bürger; schöne Straßen führten zum Schloß."
FRENCH = "“L’été dernier”, les élèves ont été reçus à l’école ; ça coûte 5 €…"
POLISH = "Zażółć gęślą jaźń, pchnąć w tę łódź jeża lub ośm skrzyń fig. Dziękuję."
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. Как дела?"
GREEK = "γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. Καλημέρα σας."
JAPANESE = "これは日本語の文章です。文字コードを正しく判定できるでしょうか。東京は晴れです。"
CHINESE = "这是一个中文文本。用于测试编码检测是否正确。北京今天天气很好。我们去公园散步。"
TAIWANESE = "這是一個中文文本。用於測試編碼檢測是否正確。台北今天天氣很好。我們去公園散步。"
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
KOREAN = "이것은 한국어 문장입니다. 인코딩 감지가 올바른지 시험합니다. 서울 날씨가 좋습니다."


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

    def test_broken_byte_costs_one_character(self) -> None:
        """A broken byte in a long text in UTF-8 costs one character, not the text."""
        assert decode(GERMAN.encode() + b"\xff" + GERMAN.encode()) == f"{GERMAN}\ufffd{GERMAN}"

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [(FRENCH, "cp1252"), (RUSSIAN, "cp1251"), (JAPANESE, "shift_jis"), (KOREAN, "euc_kr")],
    )
    def test_broken_byte_does_not_change_the_encoding(self, text: str, encoding: str) -> None:
        """A broken byte in a text in a legacy encoding costs it, and nothing else."""
        broken = {"cp1251": b"\x98", "euc_kr": b"\xff"}.get(encoding, b"\x81")
        assert decode(text.encode(encoding) + broken + b"\n" + text.encode(encoding)) == (
            f"{text}\ufffd\n{text}"
        )

    @pytest.mark.parametrize(
        ("text", "encoding"), [(JAPANESE, "shift_jis"), (CHINESE, "gb18030"), (KOREAN, "euc_kr")]
    )
    def test_text_that_is_cut_off_is_read(self, text: str, encoding: str) -> None:
        """Half a character at the end of a text costs that character."""
        assert decode(text[:20].encode(encoding)[:-1]).startswith(text[:19])

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
    def test_half_a_character_costs_that_character(self, encoding: str) -> None:
        """Half a character at the end of UTF-16 costs that character."""
        assert decode(GERMAN.encode(encoding)[:-1]) == f"{GERMAN[:-1]}\ufffd"

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
    @pytest.mark.parametrize("text", [RUSSIAN, JAPANESE.replace("。", "。\n")])
    def test_wide_text_without_a_mark_is_read(self, text: str, encoding: str) -> None:
        """UTF-16 and UTF-32 are read without a mark also where few bytes are NUL."""
        assert decode(text.encode(encoding)) == text

    @pytest.mark.parametrize(
        "text", ["\ufffd\ufffd\ufffd", "\ufffd, \ufffd\ufffd\n\n\ufffd\ufffd!"]
    )
    def test_text_of_replacement_characters_is_refused(self, text: str) -> None:
        """A text whose characters an earlier conversion lost is refused, with what to do."""
        with pytest.raises(UnreadableDocument, match="send the original"):
            decode(text.encode())

    def test_few_replacement_characters_are_kept(self) -> None:
        """A text that lost some characters is read."""
        assert decode("M\ufffdller in K\ufffdln".encode()) == "M\ufffdller in K\ufffdln"

    @pytest.mark.parametrize("data", [b"hello\x00world", "Grüße\x00!".encode(), bytes(1000)])
    def test_nul_characters_are_refused(self, data: bytes) -> None:
        """A file with NUL characters is refused, and they are named."""
        with pytest.raises(UnreadableDocument, match="it holds NUL characters"):
            decode(data)

    def test_nul_characters_in_marked_text_are_refused(self) -> None:
        """A file with NUL characters is refused also where a mark says that it is text."""
        with pytest.raises(UnreadableDocument, match="it holds NUL characters"):
            decode("\ufeffa\x00b".encode())

    def test_control_characters_are_refused(self) -> None:
        """A file of control characters is refused, although it decodes."""
        with pytest.raises(UnreadableDocument, match="full of control characters"):
            decode(b"\x01\x02abc\x03")

    def test_few_control_characters_are_kept(self) -> None:
        """A text with a control character among a hundred others is read as it is."""
        text = "a\x01" + "b" * 98
        assert decode(text.encode()) == text

    def test_bytes_in_no_encoding_are_refused(self) -> None:
        """Bytes that are in no encoding are refused with what to do."""
        with pytest.raises(UnreadableDocument, match="save it as UTF-8"):
            decode(bytes(range(1, 256)))
