"""An outline comes out of the store as it went in; other bytes are refused."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.structure import packing
from index.structure.outline import Line, Outline, Role, read_outline
from index.structure.packing import OutlineError, pack_outline, unpack_outline

LINES = st.builds(
    Line,
    start=st.integers(0, 10**6),
    end=st.integers(0, 10**6),
    role=st.sampled_from(Role),
    content=st.integers(0, 10**6),
    label=st.integers(0, 10**6),
    clause=st.sampled_from(["", "제3조의2", "제3조제2항", "가목", "부칙 "]),
)


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    lines = draw(st.lists(LINES, max_size=12))
    with_parents = [
        Line(
            line.start,
            line.end,
            line.role,
            line.content,
            line.label,
            draw(st.integers(-1, at - 1)),
            tuple(draw(st.lists(st.integers(0, len(lines) - 1), max_size=3))),
            line.clause,
        )
        for at, line in enumerate(lines)
    ]
    return Outline(tuple(with_parents), draw(st.integers(-1, len(lines) - 1)))


@given(outlines())
def test_there_and_back(outline: Outline) -> None:
    assert unpack_outline(pack_outline(outline)) == outline


PIECES = [
    "1. 대상",
    "가. 주민",
    "제3조(목적) ① 둔다.",
    "② 뺀다.",
    "| 가 | 나 |",
    "|---|---|",
    "| 1 | 2 |",
    "Q. 왜?",
    "답) 그래서",
    "",
    "글이다.",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_what_is_read_there_and_back(lines: list[str]) -> None:
    outline = read_outline("\n".join(lines))
    assert unpack_outline(pack_outline(outline)) == outline


GOOD = pack_outline(read_outline("1. 대상\n가. 주민\n나. 학생"))


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        GOOD[:5],
        GOOD[:-3],
        b"\x07" + GOOD[1:],
        GOOD[:9] + b"nonsense",
        struct.pack("<Bii", 1, -1, 9) + zlib.compress(b"short"),
        struct.pack("<Bii", 1, -1, 1) + zlib.compress(struct.pack("<6i", 0, 1, 0, 0, 99, 0) + b";"),
    ],
)
def test_other_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(OutlineError):
        unpack_outline(packed)


def packed_line(opening: int = -1, up: int = 0, columns: str = "") -> bytes:
    line = struct.pack("<6i", 0, 1, 0, 0, 0, up)
    return struct.pack("<Bii", 1, opening, 2) + zlib.compress(2 * line + f"{columns};\n;".encode())


def test_a_line_is_under_none_behind_it_and_names_none_that_is_not_there() -> None:
    """From a hostile backup: the way up would have no end, or lead nowhere."""
    assert unpack_outline(packed_line()).lines[1].parent == -1
    for packed in (packed_line(up=-1), packed_line(opening=2), packed_line(opening=-2), packed_line(columns="0,2")):
        with pytest.raises(OutlineError):
            unpack_outline(packed)


def test_what_unfolds_to_far_more_than_a_text_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST", 1 << 16)
    with pytest.raises(OutlineError, match="too large"):
        unpack_outline(GOOD[:9] + zlib.compress(bytes(1 << 20)))


@given(st.binary(max_size=60))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(OutlineError):
        unpack_outline(noise)
