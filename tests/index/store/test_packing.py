"""Packed texts come back letter for letter, with whatever dictionary, and damage is damage."""

import hashlib
import subprocess
import sys
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.store.checksums import SealBrokenError
from index.store.packing import pack, pack_text, unpack, unpack_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SENTENCE = "육아휴직 급여를 신청하려면 신청서와 통장 사본을 고용센터에 내야 한다."
WORDS = "육아 휴직 급여 신청 신청서 통장 사본 고용 센터 내"


@given(TEXTS, TEXTS)
def test_what_goes_in_comes_out(text: str, like: str) -> None:
    assert unpack(pack(text, like), like) == text


def test_words_take_little_beside_their_sentence() -> None:
    assert len(pack(WORDS, SENTENCE)) < len(WORDS.encode()) / 2 < len(pack(WORDS))


@given(TEXTS)
def test_an_article_comes_out_too(text: str) -> None:
    assert unpack_text(pack_text(text)) == text


def test_a_short_article_takes_less_after_frequent_words() -> None:
    assert len(pack_text(SENTENCE)) < 0.8 * len(pack(SENTENCE))
    with pytest.raises(SealBrokenError):
        unpack(pack_text(SENTENCE))


def test_no_text_needs_a_file_to_be_opened() -> None:
    """Out of descriptors, or as another user than the one who may read the package: 500 instead of an article."""
    limited = "import resource, index.store.packing as p; resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0));"
    code = f"{limited} assert p.unpack_text(p.pack_text('글')) == '글'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_frequent_words_are_those_of_the_format() -> None:
    """Databases of this format are read with them: with any others every text in them would be lost."""
    words = files("index").joinpath("data/frequent_words.txt").read_bytes()
    assert len(words) <= 1 << 15
    assert hashlib.sha256(words).hexdigest() == "babeb01ec597cef9d461fa224c6bd2a65bc47e40d333c7ac2fa527040950f173"


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
