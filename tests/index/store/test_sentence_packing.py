"""Sentences come back as they were, in few bytes where they follow one another, and damage is damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.articles import Passage, Sentence, SpanKind
from index.store.checksums import SealBrokenError
from index.store.packing import pack, pack_sentences, unpack, unpack_sentences

TEXT = "항만공사는 새 부두를 열었다. 공사비는 4조6000억원이었다. 문의는 전화로 한다."
START = 1_000
PASSAGE = Passage("port", "새 부두", START, START + len(TEXT), TEXT, ())
NUMBERS = st.integers(0, 5_000)
WORDS = st.lists(st.text("가나말뷁힣#+09az_", min_size=1, max_size=8), max_size=6)
SENTENCES = st.lists(
    st.tuples(
        st.builds(lambda start, length, kind: Sentence("port", start, start + length, kind), NUMBERS, NUMBERS, st.sampled_from(SpanKind)),
        WORDS.map(tuple),
    )
)  # fmt: skip


@given(SENTENCES)
def test_what_goes_in_comes_out(sentences: list[tuple[Sentence, tuple[str, ...]]]) -> None:
    """In any order and of any kind, overlapping ones and those that begin before the passage too."""
    assert list(unpack_sentences(PASSAGE, pack_sentences(PASSAGE, sentences))) == sentences


def test_only_what_is_out_of_the_ordinary_is_written() -> None:
    first, second = Sentence("port", START, START + 16), Sentence("port", START + 17, START + 35)
    third = Sentence("port", START + 38, START + 46, SpanKind.HEADLINE)
    packed = pack_sentences(PASSAGE, [(first, ["항만", "부두"]), (second, []), (third, ["문의"])])
    assert unpack(packed, TEXT) == "16 항만 부두\n18 \n3+8headline 문의"


@pytest.mark.parametrize(
    "line", ["", "항만", "16", "x 항만", "+16 항만", "16slogan 항만", "1+2+16 항만", "-16 항만", "１６ 항만"]
)
def test_anything_else_is_refused(line: str) -> None:
    with pytest.raises(SealBrokenError):
        list(unpack_sentences(PASSAGE, pack(f"{line}\n16 부두", TEXT)))
