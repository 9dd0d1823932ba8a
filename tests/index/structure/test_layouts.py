"""A layout comes back as it was packed, and says where a character stands."""

import zlib

import pytest

from index.articles import Layout, Place, Span, SpanKind
from index.structure import packing
from index.structure.layouts import LayoutError, pack_layout, stored_layout, unpack_layout

CELLS = (Place(0, 3, sheet="예산", cell="A1"), Place(4, 9, sheet="예산", cell="B1"), Place(10, 12, page=3))
LAYOUTS = (
    Layout(),
    Layout((), CELLS),
    Layout((Span(2, 3, SpanKind.NOTE), Span(8, 90_000, SpanKind.FURNITURE)), (), is_page=True),
    Layout((), (Place(5, 9, 1, None, None, 0, 7, 2, 3, 4, "joined"), Place(9, 10, line_end="split"))),
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_comes_back(layout: Layout) -> None:
    assert unpack_layout(pack_layout(layout)) == stored_layout(pack_layout(layout)) == layout


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x02" + bytes(20), pack_layout(LAYOUTS[1])[:-4]])
def test_other_bytes_are_refused(packed: bytes) -> None:
    with pytest.raises(LayoutError):
        unpack_layout(packed)
    assert stored_layout(packed) is None


def test_what_unfolds_to_far_more_than_a_text_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST", 1 << 16)
    with pytest.raises(LayoutError, match="too large"):
        unpack_layout(pack_layout(Layout())[:10] + zlib.compress(bytes(1 << 20)))


@pytest.mark.parametrize(("position", "found"), [(0, 0), (2, 0), (3, 1), (8, 1), (9, 2), (11, 2)])
def test_the_place_of_a_character(position: int, found: int) -> None:
    assert Layout((), CELLS).place_at(position) == CELLS[found]


def test_no_place_after_the_last() -> None:
    assert Layout((), CELLS).place_at(12) is None
    assert Layout().place_at(0) is None
