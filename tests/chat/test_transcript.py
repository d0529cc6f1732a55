"""The deltas of an answer, kept in a few bytes each."""

from time import thread_time
from typing import Final

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.chat.events import Delta
from app.chat.transcript import PIECE_CHARS, Transcript

MOST_SEC: Final = 0.06  # of CPU, three times what it takes
CONTENTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["", "x" * 5000])
DELTAS = st.lists(
    st.builds(
        Delta,
        id=st.sampled_from(["", "1", "2"]),
        created=st.integers(0, 2),
        model=st.sampled_from(["m", "n"]),
        content=CONTENTS,
        finish_reason=st.none() | st.sampled_from(["stop", "length"]),
    ),
    max_size=20,
)


class TestTranscript:
    @given(DELTAS, st.integers(0, 20), st.integers(0, 20))
    def test_deltas_come_out_as_they_went_in(
        self, deltas: list[Delta], start: int, stop: int
    ) -> None:
        """Any part of the deltas, and of their text, is what went in."""
        transcript = Transcript()
        transcript.append(deltas)
        stop = min(stop, len(deltas))
        assert transcript.deltas(start, stop) == deltas[start:stop]
        assert transcript.text() == "".join(delta.content for delta in deltas)
        if start <= stop:
            text = "".join(delta.content for delta in deltas[start:stop])
            assert transcript.text(start, stop) == text

    @given(DELTAS, st.integers(0, 20))
    def test_dumped_parts_make_up_the_whole(self, deltas: list[Delta], cut: int) -> None:
        """What was written in two parts and read again is the same, and dumps as one part."""
        transcript, loaded = Transcript(), Transcript()
        transcript.append(deltas)
        cut = min(cut, len(deltas))
        for start, stop in ((0, cut), (cut, len(deltas))):
            dumped = orjson.loads(orjson.dumps(transcript.dump(start, stop)))
            loaded.load(transcript.text(start, stop), dumped)
        assert loaded.deltas(0, len(loaded)) == deltas
        assert loaded.finish_reason == transcript.finish_reason
        assert loaded.dump(0, len(loaded)) == transcript.dump(0, len(transcript))

    def test_text_is_kept_in_pieces(self) -> None:
        """A long text in short deltas is the same, wherever it is cut."""
        deltas = [Delta("1", 2, "m", f"{n:03}", None) for n in range(PIECE_CHARS)]
        transcript = Transcript()
        transcript.append(deltas)
        for start in (0, PIECE_CHARS // 3, PIECE_CHARS // 3 + 1, PIECE_CHARS - 1):
            assert transcript.deltas(start, PIECE_CHARS) == deltas[start:]

    def test_long_one_is_loaded_at_once(self) -> None:
        """Whoever follows the longest answer anew does not hold up all others by it."""
        dumped = {"lengths": [1] * 400_000, "origins": [(0, "1", 2, "m")], "finish_reasons": []}
        transcript, text = Transcript(), "x" * 400_000
        start = thread_time()
        transcript.load(text, dumped)
        assert thread_time() - start < MOST_SEC
        assert transcript.text(399_999) == "x"
