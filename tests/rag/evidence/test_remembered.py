"""What is remembered of sentences is bounded in bytes, whatever they hold."""

import tracemalloc

from rag.evidence import expected
from rag.evidence.expected import read_meaning
from rag.values.names import find_names
from tests.support.waiting import traced


def test_sentences_full_of_values_take_no_more_than_others() -> None:
    """600 dates take 220 kB; 4,096 such sentences took .9 GB."""
    expected._REMEMBERED.clear()
    for number in range(80):
        assert read_meaning(f"{number}번: " + "1월 " * 600, None).values
    assert expected._REMEMBERED.currsize <= expected._REMEMBERED.maxsize == 20_000_000
    assert 0 < len(expected._REMEMBERED) < 80
    assert read_meaning("3월 4일에 연다.", None) is read_meaning("3월 4일에 연다.", None)


def test_what_is_counted_is_what_is_taken() -> None:
    read_meaning("가", None)
    with traced():
        before, counted = tracemalloc.get_traced_memory()[0], 0
        for number in range(10):
            counted += expected._bytes_of(read_meaning(f"{number}호 " + "1월 " * 500, None))
        taken = tracemalloc.get_traced_memory()[0] - before
    assert taken < 1.2 * counted


def test_a_word_of_2000_letters_is_not_kept() -> None:
    list(find_names("김철수 팀장"))
    with traced():
        before = tracemalloc.get_traced_memory()[0]
        for number in range(200):
            list(find_names(f"{number}" + "가나다" * 600))
        taken = tracemalloc.get_traced_memory()[0] - before
    assert taken < 200_000  # 200 of them are .7 MB
