"""Passages: whole sentences within the token budget, exact slices, one sentence shared, nothing marked inside."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.articles import Article, Passage, Sentence, SpanKind
from index.korean.parsing import analysis_fingerprint
from index.korean.passages import PASSAGE_TOKENS, build_passages
from index.korean.sentences import SentenceSplitter
from tests.support.fakes import HashEncoder

ENCODER = HashEncoder()  # two characters of a word are a token
Q = SpanKind.QUESTION


def words(count: int, end: str = "다.") -> str:
    """A sentence of ``count`` tokens."""
    return " ".join(["가나"] * (count - 1)) + f" {end}" if count > 1 else end


def passages(*parts: str | tuple[str, SpanKind], between: str = " ") -> tuple[Article, list[Passage]]:
    """The passages of an article made of these sentences, all body unless said otherwise."""
    text, sentences = "", []
    for part in parts:
        piece, kind = part if isinstance(part, tuple) else (part, SpanKind.BODY)
        text += between if text else ""
        if kind.is_content:
            sentences.append(Sentence("글", len(text), len(text) + len(piece), kind))
        text += piece
    article = Article("글", "제목", text)
    return article, build_passages(article, sentences, ENCODER)


def tokens(passage: Passage, article: Article) -> int:
    return sum(ENCODER.count_tokens([article.text[sentence.start : sentence.end] for sentence in passage.sentences]))


def test_a_short_article_is_one_passage() -> None:
    article, (passage,) = passages("부산항이 열렸다.", "공사비는 4조원이다.")
    assert passage.text == article.text == "부산항이 열렸다. 공사비는 4조원이다."
    assert passage.id == f"글:0-{len(article.text)}"
    assert [(sentence.start, sentence.end) for sentence in passage.sentences] == [(0, 9), (10, 21)]
    assert (passage.title, passage.context) == ("제목", "")


def test_no_sentence_no_passage() -> None:
    assert passages() == (Article("글", "제목", ""), [])


def test_neighbours_share_one_sentence() -> None:
    _, found = passages(*[words(60)] * 5)
    assert [len(passage.sentences) for passage in found] == [2, 2, 2, 2]
    assert all(before.sentences[-1] == after.sentences[0] for before, after in pairwise(found))


def test_no_sentence_is_shared_where_it_would_not_fit() -> None:
    _, found = passages(words(60), words(60), words(120))
    assert [len(passage.sentences) for passage in found] == [2, 1]


def test_a_sentence_of_exactly_the_budget_is_whole() -> None:
    article, (passage,) = passages(words(PASSAGE_TOKENS))
    assert passage.text == article.text


def test_a_sentence_over_the_budget_is_cut_between_words_and_every_piece_is_an_exact_slice() -> None:
    clause = words(50, "하고,")
    article, found = passages("짧다.", " ".join([clause] * 7), "끝이다.")
    pieces = sorted({(sentence.start, sentence.end) for passage in found for sentence in passage.sentences})
    texts = [article.text[start:end] for start, end in pieces]
    assert texts[0] == "짧다."
    assert texts[-1] == "끝이다."
    assert len(texts) == 2 + 3  # 350 tokens in pieces of at most 160
    assert " ".join(texts) == article.text
    assert all(tokens(passage, article) <= PASSAGE_TOKENS for passage in found)


def test_a_sentence_without_a_space_is_cut_all_the_same() -> None:
    article, found = passages("가" * 2000)
    assert all(tokens(passage, article) <= PASSAGE_TOKENS for passage in found)
    covered = {place for passage in found for place in range(passage.start, passage.end)}
    assert covered == set(range(2000))


def test_an_interview_question_is_the_context_of_its_answers_and_no_passage() -> None:
    _article, found = passages(("- 얼마나 투자하나?", Q), words(100), words(100), ("- 언제까지?", Q), "2027년까지다.")
    assert [passage.context for passage in found] == ["- 얼마나 투자하나?", "- 얼마나 투자하나?", "- 언제까지?"]
    assert all("?" not in passage.text for passage in found)
    assert found[-1].text == "2027년까지다."


def test_a_question_of_two_sentences_is_one_context() -> None:
    _, (passage,) = passages(("- 올해는 어땠나.", Q), ("내년은?", Q), "좋았다.")
    assert passage.context == "- 올해는 어땠나. 내년은?"


def test_a_question_nobody_answers_is_still_found() -> None:
    _, found = passages("좋았다.", ("- 내년은?", Q))
    assert [(passage.text, passage.context) for passage in found] == [("좋았다.", ""), ("- 내년은?", "")]


@pytest.mark.parametrize("kind", [kind for kind in SpanKind if not kind.is_content])
def test_nothing_marked_lies_inside_a_passage(kind: SpanKind) -> None:
    _, found = passages("앞 문장이다.", ("▲ 사진 설명 [사진=KT]", kind), "뒤 문장이다.")
    assert [passage.text for passage in found] == ["앞 문장이다.", "뒤 문장이다."]


def test_headlines_and_body_make_one_passage() -> None:
    _, (passage,) = passages(("부산항 새 부두", SpanKind.HEADLINE), "부두가 열렸다.", between="\n")
    assert passage.text == "부산항 새 부두\n부두가 열렸다."
    assert [sentence.kind for sentence in passage.sentences] == [SpanKind.HEADLINE, SpanKind.BODY]


KINDS = st.sampled_from([SpanKind.BODY] * 6 + [SpanKind.HEADLINE, Q, SpanKind.CAPTION, SpanKind.BYLINE])
SENTENCE = st.one_of(
    st.integers(1, 90).map(words),
    st.integers(150, 400).map(words),
    st.sampled_from(
        ["가" * 700, "한국어,영어,중국어," * 60, "😀👨\u200d👩\u200d👧 축제다.", "漢字 1,234.5원", "?", "끝이다."]
    ),
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(SENTENCE, KINDS), max_size=12), st.sampled_from([" ", "\n", "\r\n\r\n", "", "\u3000"]))
def test_promises_hold_for_any_article(parts: list[tuple[str, SpanKind]], between: str) -> None:
    article, found = passages(*parts, between=between)
    sentences, marked, at = {}, set(), 0
    for text, kind in parts:
        at += len(between) if at else 0
        if kind.is_content:
            sentences[at, at + len(text)] = kind
        else:
            marked |= set(range(at, at + len(text)))
        at += len(text)
    long = {span for span in sentences if ENCODER.count_tokens([article.text[slice(*span)]])[0] > PASSAGE_TOKENS}

    for passage in found:
        assert passage.text == article.text[passage.start : passage.end] != ""
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert tokens(passage, article) <= PASSAGE_TOKENS
        assert not marked & set(range(passage.start, passage.end))
        assert all(before.end <= after.start for before, after in pairwise(passage.sentences))
        for sentence in passage.sentences:
            whole = (sentence.start, sentence.end) in sentences
            assert whole or any(start <= sentence.start < sentence.end <= end for start, end in long)
    assert len({passage.id for passage in found}) == len(found)

    held = {place for passage in found for place in range(passage.start, passage.end)}
    contexts = " ".join(passage.context for passage in found)
    for (start, end), kind in sentences.items():
        letters = {place for place in range(start, end) if not article.text[place].isspace()}
        assert letters <= held or (kind is Q and (article.text[start:end][:100] in contexts or len(contexts) > 300))


def test_a_first_version_adds_nothing_to_the_fingerprint_that_indexes_carry() -> None:
    assert "/passages-160/terms-" in analysis_fingerprint(SentenceSplitter())
