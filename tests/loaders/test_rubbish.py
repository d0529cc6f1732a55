"""What is left out of a text, and what stays."""

import json
from base64 import b64encode, urlsafe_b64encode
from binascii import b2a_uu
from hashlib import sha1, sha256, sha512
from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.loaders.rubbish import leave_out_rubbish

RANDOM = Random(15)
JAVASCRIPT = (
    '!function(e,t){"object"==typeof exports?t(exports):t(e.lib={})}(this,function(e){var n=[];'
    "function r(e){return null==e?0:n.slice.call(e,1)}e.x=r,e.y=function(t){for(var i=0;i<9;i++)"
    "r(t[i])&&(e[i]=t)}});"
) * 4
STYLES = ".a{color:#fff;margin:0 auto}.b:hover{padding:1px;top:0}@media print{.c{display:none}}" * 8


def encoded(size: int) -> str:
    """Base64 of random bytes."""
    return b64encode(RANDOM.randbytes(size)).decode()


def in_lines(text: str, width: int, line_end: str = "\n") -> str:
    """The text in lines of one length."""
    return line_end.join(text[start : start + width] for start in range(0, len(text), width))


def hexdump(size: int) -> str:
    """What `hexdump -C` prints."""
    data = RANDOM.randbytes(size)
    lines = []
    for start in range(0, size, 16):
        row = data[start : start + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{shown}|")
    return "\n".join([*lines, f"{size:08x}"])


def xxd(size: int) -> str:
    """What `xxd` prints."""
    rows = [RANDOM.randbytes(16) for _ in range(size // 16)]
    return "\n".join(f"{16 * n:08x}: {row.hex(' ', 2)}  ........" for n, row in enumerate(rows))


def intel_hex(address: int) -> str:
    """A record of Intel HEX: 16 bytes, and what makes the sum of all 0."""
    record = bytes([16, *address.to_bytes(2), 0, *RANDOM.randbytes(16)])
    return f":{record.hex().upper()}{-sum(record) % 256:02X}"


def s_record(address: int) -> str:
    """A record of Motorola's: 16 bytes, and what makes the sum of all 255."""
    record = bytes([19, *address.to_bytes(2), *RANDOM.randbytes(16)])
    return f"S1{record.hex().upper()}{(255 - sum(record)) % 256:02X}"


RUBBISH = {
    "[picture left out: image/png, 9 kB]": f"data:image/png;base64,{encoded(9000)}",
    "[picture left out: image/gif, 1 kB]": f"data:image/gif;base64,{in_lines(encoded(600), 76)}",
    "[font left out: font/woff2, 2 kB]": f"data:font/woff2;charset=utf-8;base64,{encoded(2000)}",
    "[file left out: application/pdf, 3 kB]": f"data:application/pdf;base64,{encoded(3000)}",
    "[picture left out: image/svg+xml, 2 kB]": "data:image/svg+xml,%3Csvg%3E" + "%3Cp/%3E" * 200,
    "[2,400 characters of base64 left out]": encoded(1800),
    "[2,668 characters of base64 left out]": in_lines(encoded(2000), 76),
    "[936 characters of base64 left out]": in_lines(encoded(700), 64),
    "[402 characters of base64 left out]": urlsafe_b64encode(RANDOM.randbytes(301))[:402].decode(),
    "[600 characters of hex digits left out]": RANDOM.randbytes(300).hex(),
    "[1,008 characters of hex digits left out]": in_lines(RANDOM.randbytes(504).hex(), 60),
    "[hex dump left out: 14 lines]": hexdump(200),
    "[hex dump left out: 20 lines]": xxd(320),
    "[hex dump left out: 9 lines]": in_lines(RANDOM.randbytes(144).hex(" ") + " ", 48),
    "[hex dump left out: 10 lines]": in_lines(
        "".join(f"0x{byte:02x}, " for byte in RANDOM.randbytes(120)), 72
    ),
    "[hex dump left out: 8 lines]": "\n".join(intel_hex(16 * n) for n in range(8)),
    "[hex dump left out: 7 lines]": "\n".join(s_record(16 * n) for n in range(7)),
    "[uuencoded file left out: cat.txt, 8 lines]": "begin 644 cat.txt\n"
    + "".join(b2a_uu(RANDOM.randbytes(45)).decode() for _ in range(6))
    + "`\nend",
    f"[minified code left out: {len(JAVASCRIPT):,} characters]": JAVASCRIPT,
    f"[minified code left out: {len(STYLES):,} characters]": STYLES,
}

KEPT = {
    "compact JSON": json.dumps(
        [{"name": f"Pump {n}", "litres": n, "note": "(a=1; b=2)"} for n in range(300)],
        separators=(",", ":"),
    ),
    "long link": f"See https://example.com/a?key={encoded(600)}&page=2 for more.",
    "many links": " ".join(f"[page {n}](https://example.org/p?q={n})" for n in range(99)),
    "rulers": "\n".join(sign * 500 for sign in "=-/_*+"),
    "genes": "GATTACA" * 90,
    "hashes with names": "\n".join(f"{sha256(bytes([n])).hexdigest()}  {n}.txt" for n in range(9)),
    "SHA-256": "\n".join(sha256(bytes([n])).hexdigest() for n in range(9)),
    "SHA-512": "\n".join(sha512(bytes([n])).hexdigest() for n in range(9)),
    "commits": "\n".join(f"{sha1(bytes([n])).hexdigest()}" for n in range(9)),  # noqa: S324
    "keys": "\n".join(f"key-{n}: {encoded(32)}" for n in range(9)),
    "addresses of cards": "\n".join(RANDOM.randbytes(6).hex(":") for _ in range(9)),
    "marks": "\n".join(" ".join(str(10 + (7 * n + m) % 90) for m in range(16)) for n in range(9)),
    "counts": "\n".join(f"{2_000_000 + n} 1200 3400 5600 7800 9100 2300" for n in range(9)),
    "long numbers": "31415926535897932384626433832795" * 20,
    "Chinese": "这是一个中文文本用于测试编码检测是否正确。" * 60,
    "CSV": ";".join(str(number) for number in range(900)),
    "Markdown table": "| a1 | b2 |\n| --- | --- |\n" + "| x1y2z3 | 7 |\n" * 90,
    "path": "/srv/" + "/".join(f"Archive-{n}/Report_{n}" for n in range(40)),
    "compound": "Donaudampfschifffahrtsgesellschaftskapitän" * 6,
    "formula": r"\frac{a_{1}}{b}=\sum_{i=0}^{n}\left(x_{i}+y\right);" * 30,
    "SQL": "INSERT INTO pumps VALUES " + ",".join(f"({n},'Pump {n}',NULL)" for n in range(200)),
    "log": "\n".join(f"10:00:{n} id={RANDOM.randbytes(16).hex()} path=/a/b" for n in range(60)),
    "parts by tens": "\n".join(
        f"{100010 + 10 * n}  {12 + n}  {name}"
        for n, name in enumerate(["Hex bolt", "Wing nut", "Cable tie", "Wall plug", "Bead", "Cafe"])
    ),
    "log by number": "\n".join(f"{1_700_000_000 + 16 * n}  42 door opened" for n in range(9)),
    "serial numbers": "\n".join(f"S2026{n:05}" for n in range(9)),
    "long serial numbers": "\n".join(f":10{n:08}" for n in range(9)),
    "seats": "\n".join(" ".join(f"{row}{n}" for n in range(1, 9)) for row in "ABCDEF"),
    "grades": "\n".join("\t".join(["B2", "C1", "A1", "B1"] * 3) for _ in range(6)),
    "fingerprints": "\n".join(RANDOM.randbytes(16).hex(":") for _ in range(6)),
    "object literals": ",".join(
        f"{{name:'Berlin {n}',country:'Germany',population:{n}}}" for n in range(60)
    ),
    "Chinese manual": "参数(name):名称;类型(type):字符串;默认(default):空;" * 20,
    "BibTeX": "".join(
        f"@book{{k{n},title={{Ducks}},author={{Ann}},year={{20{n:02}}}}}" for n in range(30)
    ),
    "insertions": "INSERT INTO t VALUES "
    + ",".join(f"({n},'k=v;a:b=c','Berlin')" for n in range(60)),
    "graph": "digraph{" + "".join(f"a{n}->b{n}[label=x];" for n in range(60)) + "}",
    "sheet formulas": ";".join(f"=SUM(A{n}:B{n})" for n in range(60)),
    "pattern": r"(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9]+)*|(?:[\x01-\x08]))@" * 12,
    "link without a dot": f"http://intranet/s/{urlsafe_b64encode(bytes(range(150))).decode()}",
    "data in a sentence": "data:text/plain," + "and-more-of-it-" * 12,
    "prose": "It is so, he said (as always); then he left. " * 60,
    "code": "for (i = 0; i < 9; i++) {\n    total += f(x[i]);\n}\n" * 20,
    "a dump that is explained": "00000000: 4865 6c6c 6f  Hello\n00000010: 0a00 0000",
    "small data URI": "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
}


class TestWhatIsLeftOut:
    @pytest.mark.parametrize(("placeholder", "rubbish"), RUBBISH.items())
    @pytest.mark.parametrize("around", ["{}", "First line.\n{}\nLast line.\n", "# T\r\n\r\n{}\r\n"])
    def test_placeholder_says_what_was_there(
        self, placeholder: str, rubbish: str, around: str
    ) -> None:
        """A stretch is replaced by what it was, and what stands around it stays."""
        assert leave_out_rubbish(around.format(rubbish)) == around.format(placeholder)

    def test_picture_keeps_its_words(self) -> None:
        """The words for a picture in Markdown stay, and the picture is told in place of it."""
        text = f'![sales in May](data:image/png;base64,{encoded(4000)} "May")\n\nThey rose.'
        assert leave_out_rubbish(text) == (
            '![sales in May]([picture left out: image/png, 4 kB] "May")\n\nThey rose.'
        )

    def test_attribute_keeps_its_quotes(self) -> None:
        """In HTML and CSS only the data URI is replaced."""
        shape = "<path d='M0 0h4v4H0z'/>" * 40
        svg = f"data:image/svg+xml,<svg viewBox='0 0 8 8'>{shape}</svg>"
        text = f'<img alt="a" src="{svg}" width="8">'
        left = leave_out_rubbish(text)
        assert left == '<img alt="a" src="[picture left out: image/svg+xml, 1 kB]" width="8">'

    def test_key_keeps_its_frame(self) -> None:
        """The lines around a certificate stay, and say what it is."""
        frame = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
        assert leave_out_rubbish(frame.format(in_lines(encoded(700), 64))) == frame.format(
            "[936 characters of base64 left out]"
        )

    def test_values_of_json_are_left_out(self) -> None:
        """A value of JSON that is encoded is left out, and the others stay."""
        text = json.dumps({"name": "logo", "data": encoded(600), "width": 8})
        assert json.loads(leave_out_rubbish(text)) == {
            "name": "logo",
            "data": "[800 characters of base64 left out]",
            "width": 8,
        }

    def test_source_maps_are_left_out(self) -> None:
        """Where lines of minified code came from is left out."""
        text = '{"version":3,"sources":["pump.js"],"mappings":"' + "AAAA,SAASA;" * 60 + '"}'
        assert json.loads(leave_out_rubbish(text))["sources"] == ["pump.js"]
        assert "[source map left out: 660 characters]" in leave_out_rubbish(text)

    def test_word_below_encoded_lines_stays(self) -> None:
        """A word on the line below base64 is not taken for its end."""
        text = f"{in_lines(encoded(570), 76)}\nRegards"
        assert leave_out_rubbish(text) == "[760 characters of base64 left out]\nRegards"


class TestWhatStays:
    @pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
    def test_text_stays(self, text: str) -> None:
        """Data, code and prose for people stay as they are: it is the same text."""
        assert leave_out_rubbish(text) is text

    @given(st.text())
    def test_any_short_text_stays(self, text: str) -> None:
        """A text without long stretches is not changed."""
        assert leave_out_rubbish(text) is text

    @given(st.lists(st.sampled_from([*RUBBISH.values(), *KEPT.values()]), max_size=4))
    def test_placeholders_stay(self, parts: list[str]) -> None:
        """What was left out once is not left out again."""
        once = leave_out_rubbish("\n\n".join(parts))
        assert leave_out_rubbish(once) is once

    @given(st.lists(st.sampled_from([*RUBBISH.items()]), max_size=4))
    def test_each_stretch_has_its_placeholder(self, parts: list[tuple[str, str]]) -> None:
        """There is one placeholder for each stretch, in their order."""
        text = "\n\nThen:\n\n".join(rubbish for _, rubbish in parts)
        assert leave_out_rubbish(text) == "\n\nThen:\n\n".join(name for name, _ in parts)


class TestTime:
    @pytest.mark.parametrize(
        "hostile",
        [
            "a" * 199 + " ",
            "1a" * 74 + " ",
            "1",
            "data:image/png;base64,",
            '"data:a/b,',
            "data:a/b;c;d;e;f",
            "\n",
            "\n*",
            "\n" + "A" * 60,
            "\n00000000 00 ",
            "00 ",
            "\nbegin 644 a\nM",
            '"mappings":"',
            "://1" + "a1" * 100 + " ",
        ],
    )
    def test_hostile_text_takes_linear_time(self, hostile: str) -> None:
        """A text that was made to take long takes no longer than its length explains."""
        text = hostile * (1_000_000 // len(hostile))
        start = process_time()
        leave_out_rubbish(text)
        assert process_time() - start < 3  # 0.2 s on a slow core; quadratic time takes minutes
