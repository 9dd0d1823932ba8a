"""Packed texts come back letter for letter, with whatever dictionary, and damage is damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.packing import pack, unpack
from index.sealing import SealBrokenError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SENTENCE = "육아휴직 급여를 신청하려면 신청서와 통장 사본을 고용센터에 내야 한다."
WORDS = "육아 휴직 급여 신청 신청서 통장 사본 고용 센터 내"


@given(TEXTS, TEXTS)
def test_what_goes_in_comes_out(text: str, like: str) -> None:
    assert unpack(pack(text, like), like) == text


def test_words_take_little_beside_their_sentence() -> None:
    assert len(pack(WORDS, SENTENCE)) < len(WORDS.encode()) / 2 < len(pack(WORDS))


@pytest.mark.parametrize(
    "data",
    [b"", pack(WORDS)[:-1], pack(WORDS) + b"\x00", b"\xff" * 8, "글", None],
    ids=["empty", "cut", "longer", "none of it", "a text", "nothing"],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(SealBrokenError):
        unpack(data)


def test_bytes_that_are_no_utf8_are_refused() -> None:
    """A stored block of one byte: RFC 1951, 3.2.4."""
    with pytest.raises(SealBrokenError):
        unpack(b"\x01\x01\x00\xfe\xff" + b"\xff")
