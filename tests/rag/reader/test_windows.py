"""Windows: whole lines of one document with what they stand under, as many as fit, every candidate inside marked."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from index.articles import Article
from index.structure.outline import read_outline
from rag.reader.windows import (
    FIRST,
    SEPARATOR,
    Candidate,
    Document,
    cut_window,
    cut_windows,
    question_ids,
)

TEXT = """수영장 안내

1. 이용 시간
가. 평일: 06:00부터 21:00까지
나. 토요일: 09:00부터 18:00까지
2. 요금
가. 어른: 4,000원
나. 어린이: 2,000원
3. 쉬는 날
매달 둘째 월요일에 쉽니다. 설날과 추석에도 쉽니다."""


class Words:
    """A token a word; its id is told by the word."""

    def pieces(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = list(re.finditer(r"\S+", text))
        return [10 + sum(map(ord, match[0])) for match in found], [match.span() for match in found]

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]


TOKENIZER = Words()
ARTICLE = Article(id="글", title="수영장 안내", text=TEXT, published_at="2025-01-02")


def candidate(words: str, article: Article = ARTICLE) -> Candidate:
    start = article.text.index(words)
    return Candidate(article.id, start, start + len(words))


def document(article: Article = ARTICLE, breaks: Sequence[int] = ()) -> Document:
    return Document(article, read_outline(article.text, article.title), breaks, TOKENIZER)  # type: ignore[arg-type]


LINES = [line for line in TEXT.split("\n") if line.strip()]
CANDIDATES = [candidate(line) for line in LINES]


def words_of(ids: Sequence[int], text: str) -> list[str]:
    by_id = dict(zip(TOKENIZER.pieces(text)[0], text.split(), strict=True))
    return [by_id[article_id] for article_id in ids if article_id in by_id]


def test_a_small_article_is_read_whole() -> None:
    question = question_ids(TOKENIZER, "어린이는 얼마?")  # type: ignore[arg-type]
    scores = np.arange(len(CANDIDATES), dtype=np.float64)
    (window,) = cut_windows(question, CANDIDATES, scores, {"글": document()}, 2)
    assert window.ids[0] == FIRST
    assert window.ids[1:3] == question
    assert words_of(window.ids[window.ids.index(SEPARATOR) :], TEXT)[2:] == TEXT.split()
    assert [place for place, _, _ in window.sentences] == list(range(len(CANDIDATES)))


@pytest.mark.parametrize("focus", range(len(LINES)))
def test_a_sentence_covers_exactly_its_tokens(focus: int) -> None:
    window = cut_window([], CANDIDATES, np.zeros(len(CANDIDATES)), document(), focus)
    first, last = next((first, last) for place, first, last in window.sentences if place == focus)
    one = CANDIDATES[focus]
    covered = window.bounds[first:last]
    assert (covered[0, 0], covered[-1, 1]) == (one.start, one.end)
    assert window.tokens(one.start, one.end) == (first, last - 1)
    assert window.tokens(100_000, 100_001) is None


def test_headings_come_with_their_lines_and_the_window_keeps_its_size() -> None:
    focus = LINES.index("나. 어린이: 2,000원")
    window = cut_window([], CANDIDATES, np.zeros(len(CANDIDATES)), document(), focus, size=18)
    held = [LINES[place] for place, _, _ in window.sentences]
    assert "2. 요금" in held
    assert "나. 어린이: 2,000원" in held
    assert len(held) < len(LINES)
    assert len(window.ids) <= 18 + 2


def test_the_second_window_is_about_what_the_first_does_not_hold() -> None:
    long = Article(id="긴 글", title="긴 글", text="\n".join(f"{n}번째 줄에는 낱말이 여럿 있다" for n in range(60)))
    candidates = [candidate(line, long) for line in long.text.split("\n")]
    scores = np.linspace(0, 1, 60)
    first, second = cut_windows([], candidates, scores, {"긴 글": document(long)}, 2, size=60)
    of_first, of_second = ({place for place, _, _ in window.sentences} for window in (first, second))
    assert 59 in of_first
    assert max(set(range(60)) - of_first) in of_second
    assert not (of_first & of_second) - {0}  # the first line of a document is in every window


def test_a_long_line_is_parted_where_sentences_end() -> None:
    text = " ".join(f"문장 {n} 은 이렇게 생겼다." for n in range(40))
    article = Article(id="글", title="글", text=text)
    ends = [match.end() for match in re.finditer(r"\.", text)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    candidates = [Candidate("글", start, end) for start, end in zip(starts, ends, strict=True)]
    window = cut_window([], candidates, np.zeros(40), document(article, [*starts, *ends]), 20, size=60)
    held = sorted(place for place, _, _ in window.sentences)
    assert 20 in held
    assert len(held) < 15
    assert len(window.ids) <= 60 + 10


def test_of_a_long_question_the_end_is_read() -> None:
    text = " ".join(map(str, range(200)))
    assert question_ids(TOKENIZER, text) == TOKENIZER.pieces(text)[0][-48:]  # type: ignore[arg-type]


def test_units_go_outward_in_order_and_end() -> None:
    made = document()
    centre = made.unit_at(CANDIDATES[4].start)
    behind, before = list(made.outward(centre, 1)), list(made.outward(centre, -1))
    assert behind == sorted(behind)
    assert before == sorted(before, reverse=True)
    assert len({*behind, *before, centre}) == len(behind) + len(before) + 1
