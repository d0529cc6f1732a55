"""Tokens, codes and keys."""

from zlib import crc32

import pytest

from app.users.tokens import BASE62, TokenHasher, is_api_key, new_api_key, new_code, new_token


class TestApiKey:
    """`brag_`, 30 random characters and 6 of their CRC-32."""

    def test_checksum_is_that_of_the_random_characters(self) -> None:
        """The last six characters are the CRC-32 of the thirty before them, in base 62."""
        key = new_api_key()
        number = 0
        for character in key[-6:]:
            number = number * 62 + BASE62.index(character)
        assert key.startswith("brag_")
        assert len(key) == len("brag_") + 36
        assert number == crc32(key[5:35].encode())

    def test_every_key_is_another(self) -> None:
        """No two keys are the same, and each is one."""
        keys = {new_api_key() for _ in range(100)}
        assert len(keys) == 100
        assert all(map(is_api_key, keys))

    @pytest.mark.parametrize("position", [5, 20, 34, 35, 40])
    def test_a_slip_makes_it_no_key(self, position: int) -> None:
        """A key of which one character was mistyped is none, without a look-up."""
        key = new_api_key()
        other = "a" if key[position] != "a" else "b"
        assert not is_api_key(key[:position] + other + key[position + 1 :])

    @pytest.mark.parametrize(
        "text", ["", "brag_", "sk-1234", "brag_" + "é" * 36, "brag_" + "a" * 37]
    )
    def test_other_texts_are_none(self, text: str) -> None:
        """What has another form is no key."""
        assert not is_api_key(text)


class TestToken:
    def test_tokens_are_long_and_differ(self) -> None:
        """A token holds 256 bits, in characters that a URL takes as they are."""
        tokens = {new_token() for _ in range(100)}
        assert len(tokens) == 100
        assert all(len(token) == 43 for token in tokens)

    def test_codes_cannot_be_misread(self) -> None:
        """A code has eight characters, none of which looks like another."""
        codes = "".join(new_code() for _ in range(200))
        assert len(codes) == 1600
        assert not set(codes) & set("ILOU")

    def test_hash_depends_on_the_secret_key(self) -> None:
        """Another SECRET_KEY makes another hash: changing it ends what was hashed."""
        first, second = TokenHasher(b"a" * 32), TokenHasher(b"b" * 32)
        assert first.hash("token") == first.hash("token") != second.hash("token")
