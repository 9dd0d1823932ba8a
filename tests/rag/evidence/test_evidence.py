"""Every feature of a sentence by a worked example, and which sentences may be evidence at all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from index.articles import Article, Passage, Sentence, SpanKind
from index.korean.terms import search_key
from index.reading.readers import read_articles
from index.store.rows import SentenceRow
from index.structure.outline import Outline, read_outline
from rag.answers import Hit, Scores
from rag.evidence.evidence import EVIDENCE_PASSAGES, Evidence, Usual, gather_evidence, within_question
from rag.evidence.features import FEATURES
from rag.question.aliases import Aliases
from rag.question.asked import read_asked
from rag.question.question import AnswerType, Question, read_question
from rag.ranking.matching import MeaningMatcher, Prepared, WordMatcher, matched_weights, prepare, term_weights
from rag.ranking.retrieval import Ranked
from tests.support.fakes import HashEncoder, RegexSplitter
from tests.support.rag_support import build_index, open_engine

SENTENCES = ("KT는 MS와 손잡았다.", "5년간 누적 매출은 4조원이다.", "김영섭 대표가 밝혔다")
WORDS = (("kt", "ms", "손잡"), ("누적", "매출액", "4", "조"), ("대표", "밝히"))
TEXT = " ".join(SENTENCES)
FREQUENCIES = {"kt": 2, "매출": 1, "목표": 0}  # of 3 passages
IDF = {"kt": math.log(1 + 1.5 / 2.5), "매출": math.log(1 + 2.5 / 1.5), "목표": math.log(1 + 3.5 / 0.5)}
ALL = sum(IDF.values())


@dataclass
class StubEngine:
    """One article of three sentences, or others given."""

    rows: Sequence[SentenceRow]
    passages: int = 3

    @property
    def manifest(self) -> SimpleNamespace:
        return SimpleNamespace(passages=self.passages)

    def document_frequency(self, word: str) -> int:
        return FREQUENCIES.get(word, 0)

    def article(self, article_id: str) -> Article:
        return Article(article_id, "제목", TEXT if article_id == "글" else "목표다.")

    def outline(self, article_id: str) -> Outline:
        return read_outline(self.article(article_id).text, "제목")

    def ranked(self, hits: Sequence[Hit]) -> list[Ranked]:
        """Each hit with the sentences inside its passage."""
        return [Ranked(hit, tuple(row for row in self.rows if _inside(row, hit.passage))) for hit in hits]


def _inside(row: SentenceRow, passage: Passage) -> bool:
    sentence = row.sentence
    within = passage.start <= sentence.start and sentence.end <= passage.end
    return within and sentence.article_id == passage.article_id


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def rows(kinds: Sequence[SpanKind] = (SpanKind.BODY,) * 3) -> list[SentenceRow]:
    vectors = (unit(1, 0), unit(3, 4), unit(0, 1))
    found, start = [], 0
    for text, words, vector, kind in zip(SENTENCES, WORDS, vectors, kinds, strict=True):
        found.append(SentenceRow(Sentence("글", start, start + len(text), kind), words, vector))
        start += len(text) + 1
    return found


def question(**changes: object) -> Question:
    base = Question(
        text="KT의 매출 목표는 얼마?",
        matched=((0, 2), (4, 6)),
        matched_words=("kt", "매출"),
        words=("kt", "매출", "목표"),
        tags={"kt": "SL", "매출": "NNG", "목표": "NNG"},
        aliases={"매출액": ("매출",)},
        bigrams=("kt", "매출", "목표"),
        kind=AnswerType.NUMBER,
        expansions=(),
        core="KT의 매출 목표는 얼마?",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


MEANINGS = {"kt": unit(1, 0), "ms": unit(0, 1), "손잡": unit(0, 1), "대표": np.zeros(2), "밝히": np.zeros(2)}


def expect_words(words: Sequence[Sequence[str]], sentences: np.ndarray) -> np.ndarray:
    """Whatever the sentence; all of the second one's mean the same."""
    return np.stack([MEANINGS.get(word, unit(3, 4)) for some in words for word in some])


ASKED_WORDS = np.stack([unit(1, 0), unit(4, 3)])


def prepared(engine: StubEngine, asked: Question, words: np.ndarray = ASKED_WORDS) -> Prepared:
    weights = term_weights(engine, asked)  # type: ignore[arg-type]
    of_matched, meanings = matched_weights(asked, weights), MeaningMatcher(words, expect_words)
    return Prepared(asked, asked.lexical(), unit(1, 0)[None], weights, of_matched, WordMatcher(asked), meanings)


def hit(start: int = 0, end: int = len(TEXT), rank: int = 1, dense: float | None = 0.9, article: str = "글") -> Hit:
    passage = Passage(article, "제목", start, end, TEXT[start:end])
    return Hit(rank, passage, Scores(dense, 3.0, 0.7))


def gather(engine: StubEngine, asked: Question, hits: Sequence[Hit], words: np.ndarray = ASKED_WORDS) -> list[Evidence]:
    return gather_evidence(
        engine,  # type: ignore[arg-type]
        prepared(engine, asked, words),
        read_asked(asked.text, as_of=None),
        engine.ranked(hits),
    )


def features(
    asked: Question | None = None, hits: Sequence[Hit] | None = None, stored: Sequence[SentenceRow] | None = None
) -> dict[str, list[float]]:
    engine = StubEngine(rows() if stored is None else stored)
    evidence = gather(engine, asked or question(), [hit()] if hits is None else hits)
    matrix = np.stack([sentence.features for sentence in evidence])
    assert np.isfinite(matrix).all()
    return dict(zip(FEATURES, matrix.T.tolist(), strict=True))


def test_word_weights_are_inverse_document_frequencies() -> None:
    engine = StubEngine(rows())
    assert term_weights(engine, question()) == pytest.approx(list(IDF.values()))  # type: ignore[arg-type]


# Of the three sentences: kt is met in the first, 매출 by its letters inside 매출액 in the second.
MET = {
    "sentence_cosine": [1.0, 0.6, 0.0],
    "previous_cosine": [1.0, 1.0, 0.6],  # the first has none before it: its own
    "next_cosine": [0.6, 0.0, 0.0],
    "passage_fused": [0.7, 0.7, 0.7],
    "passage_cosine": [0.9, 0.9, 0.9],
    "passage_rank": [1.0, 1.0, 1.0],
    # words (1,0) and (.8,.6) against {(1,0), (0,1)}, {(.6,.8)}, {}
    "maxsim": [(1 + 0.8) / 2, (0.6 + 0.96) / 2, 0.0],
    "maxsim_weighted": [
        (1 * IDF["kt"] + 0.8 * IDF["매출"]) / (IDF["kt"] + IDF["매출"]),
        (0.6 * IDF["kt"] + 0.96 * IDF["매출"]) / (IDF["kt"] + IDF["매출"]),
        0.0,
    ],
    "maxsim_least": [0.8, 0.6, 0.0],
    "maxsim_with_neighbours": [
        (1 * IDF["kt"] + 0.8 * IDF["매출"]) / (IDF["kt"] + IDF["매출"]),
        (1 * IDF["kt"] + 0.96 * IDF["매출"]) / (IDF["kt"] + IDF["매출"]),
        (0.6 * IDF["kt"] + 0.96 * IDF["매출"]) / (IDF["kt"] + IDF["매출"]),
    ],
    "coverage": [IDF["kt"] / ALL, IDF["매출"] / ALL, 0.0],
    # one sentence after it, two before
    "coverage_with_neighbours": [(IDF["kt"] + IDF["매출"]) / ALL] * 3,
    "noun_coverage": [0.0, IDF["매출"] / (IDF["매출"] + IDF["목표"]), 0.0],
    "verb_coverage": [0.0, 0.0, 0.0],
    "name_coverage": [1.0, 0.0, 0.0],
    "focus_covered": [0.0, 0.0, 0.0],  # 목표, the last common noun
    "rarest_missing": [1.0, 1.0, 1.0],  # 목표 is nowhere
    "bigram_coverage": [1 / 3, 1 / 3, 0.0],
    "trigram_coverage": [0.0, 0.0, 0.0],  # of "kt의매출목표는얼마?" no three letters in a row are there
    "has_answer_type": [0.0, 1.0, 0.0],
    "names_person": [0.0, 0.0, 0.0],  # nobody was asked for
    "new_value": [0.0, 1.0, 0.0],
    "unit_agreement": [-1.0, 1.0, -1.0],  # 원, asked for by 매출 and 얼마
    "is_headline": [0.0, 0.0, 0.0],
    "is_short": [1.0, 0.0, 1.0],  # 13, 17 and 11 letters
    "log_length": [math.log(13) / 5, math.log(17) / 5, math.log(11) / 5],
    "ends_open": [0.0, 0.0, 0.0],  # the last ends in 다
    "position": [1.0, 1 / (1 + 14 / 500), 1 / (1 + 32 / 500)],
}


@pytest.mark.parametrize("name", MET)
def test_feature_by_hand(name: str) -> None:
    assert features()[name] == pytest.approx(MET[name], abs=1e-6)


def test_rare_coverage_weighs_words_that_few_sentences_meet() -> None:
    rarity = {word: math.log(1 + (3 - met + 0.5) / (met + 0.5)) for word, met in (("kt", 1), ("매출", 1), ("목표", 0))}
    weights = {word: rarity[word] * IDF[word] for word in IDF}
    total = sum(weights.values())
    found = features()
    assert found["rare_coverage"] == pytest.approx([weights["kt"] / total, weights["매출"] / total, 0.0])
    assert found["rare_coverage_with_neighbours"] == pytest.approx([(weights["kt"] + weights["매출"]) / total] * 3)


def test_surface_features_by_hand() -> None:
    stored = rows((SpanKind.HEADLINE, SpanKind.SUBHEADLINE, SpanKind.BODY))
    found = features(question(kind=AnswerType.PERSON, text="누가 밝혔나", core="누가 밝혔나"), stored=stored)
    assert found["is_headline"] == [1.0, 1.0, 0.0]
    assert found["names_person"] == [0.0, 0.0, 1.0]
    assert found["new_value"] == [0.0, 0.0, 0.0]  # no value was asked for
    assert found["trigram_coverage"] == pytest.approx([0.0, 0.0, 1 / 3])  # 가밝혔 of 누가밝 가밝혔 밝혔나
    assert features(question(text="누적 매출은", core="누적 매출은"))["trigram_coverage"] == [0.0, 1.0, 0.0]


def test_words_of_each_class_by_hand() -> None:
    asked = question(words=("손잡", "대표", "매출"), tags={"손잡": "VV", "대표": "NNG", "매출": "XR"})
    found = features(asked)
    assert found["verb_coverage"] == [1.0, 0.0, 0.0]
    assert found["focus_covered"] == [0.0, 0.0, 1.0]
    assert found["noun_coverage"] == pytest.approx(
        [0.0, IDF["매출"] / (IDF["매출"] + IDF["목표"]), IDF["목표"] / (IDF["매출"] + IDF["목표"])]
    )  # 대표 is as rare as 목표: in no passage


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        (("kt",), "", 0.0),
        (("매출",), "", 1.0),  # stored as a word
        (("목표",), "새 목 표", 1.0),  # its letters, whatever the spacing
        (("법인",), "", 0.8),  # by an alias that is there
        (("기업",), "", 0.0),
        (("도서관법",), "도서관이 있다", 0.6 * 2 / 3),  # 도서 서관 of 도서 서관 관법
        (("도서관법",), "도서를 빌린다", 0.0),  # a third is less than half
        (("법",), "법인", 0.0),  # one letter is no part of a word
    ],
)
def test_how_well_a_word_is_met(words: tuple[str, ...], text: str, expected: float) -> None:
    asked = question(words=words, aliases={"회사": ("법인",)})
    assert WordMatcher(asked).match(("매출", "회사"), search_key(text)) == pytest.approx([expected])


def test_neighbours_are_of_the_same_article() -> None:
    other = SentenceRow(Sentence("가 글", 0, 5), ("목표",), unit(0, 1))
    hits = [hit(), Hit(2, Passage("가 글", "", 0, 5, "목표다."), Scores(None, 1.0, 0.2))]
    found = features(hits=hits, stored=[*rows(), other])
    assert found["coverage"][0] == pytest.approx(IDF["목표"] / ALL)  # "가 글" comes before "글"
    assert found["coverage_with_neighbours"][1] == pytest.approx((IDF["kt"] + IDF["매출"]) / ALL)
    assert found["previous_cosine"] == pytest.approx([0.0, 1.0, 1.0, 0.6])
    assert found["next_cosine"] == pytest.approx([0.0, 0.6, 0.0, 0.0])
    assert found["passage_cosine"][0] == pytest.approx(0.0)  # its own, where the dense half did not score
    assert found["passage_rank"][0] == 0.5


def test_a_sentence_of_two_passages_counts_once_with_the_better() -> None:
    second = rows()[1].sentence
    engine = StubEngine(rows())
    found = gather(engine, question(), [hit(second.start, len(TEXT), rank=1), hit(0, second.end, rank=2)])
    assert [sentence.text for sentence in found] == list(SENTENCES)
    assert [sentence.hit.rank for sentence in found] == [2, 1, 1]


def test_only_the_first_passages_are_read() -> None:
    hits = [hit(0, 0, rank=rank) for rank in range(1, EVIDENCE_PASSAGES + 1)]
    assert gather(StubEngine(rows()), question(), [*hits, hit()]) == []


def test_an_interviewers_question_is_no_evidence() -> None:
    stored = rows((SpanKind.BODY, SpanKind.QUESTION, SpanKind.BODY))
    assert len(features(stored=stored)["coverage"]) == 2


@pytest.mark.parametrize(
    "asked",
    [
        question(words=(), tags={}, matched=(), matched_words=(), bigrams=(), text=""),
        question(words=(), tags={}, matched_words=("는", "다"), bigrams=()),
        question(text="?", kind=AnswerType.OTHER, tags={}),
    ],
)
@pytest.mark.parametrize("stored", [rows(), rows()[:1], rows()[2:]])
def test_no_feature_is_ever_no_number(asked: Question, stored: list[SentenceRow]) -> None:
    evidence = gather(StubEngine(stored), asked, [hit()], ASKED_WORDS[: len(asked.matched_words)])
    assert len(evidence) == len(stored)
    assert np.isfinite(np.stack([sentence.features for sentence in evidence])).all()
    assert np.isfinite(
        within_question(np.stack([sentence.features for sentence in evidence]), usual(len(FEATURES)))
    ).all()


def test_nothing_found_is_no_evidence() -> None:
    assert gather(StubEngine([]), question(), [hit()]) == []
    assert gather(StubEngine(rows()), question(), []) == []


def test_within_a_question_a_feature_stands_beside_its_deviation() -> None:
    within = within_question(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]] * 1000), usual(2, mean=2.0))
    scale = math.sqrt(2 / 3)
    assert within[:3, :2].tolist() == [[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]
    assert within[:3, 2] == pytest.approx([-1 / scale, 0.0, 1 / scale], abs=0.01)


def test_a_single_sentence_is_measured_against_usual_ones() -> None:
    ((value, apart),) = within_question(np.array([[7.0]]), usual(1, mean=1.0)).tolist()
    assert value == 7.0
    assert 1.5 < apart < 4.0  # far above the usual 1.0 ± 1.0, which count as a few sentences
    assert within_question(np.array([[1.0]]), usual(1, mean=1.0)).tolist() == [[1.0, 0.0]]


def usual(size: int, mean: float = 0.0) -> Usual:
    return Usual(np.full(size, mean), np.ones(size))


@pytest.fixture(scope="module")
def seeds() -> list[Article]:
    with as_file(files("seeds")) as folder:
        return [article for article in read_articles([folder]) if isinstance(article, Article)]


def test_what_is_marked_is_never_evidence(tmp_path: Path, seeds: list[Article]) -> None:
    build_index(tmp_path, seeds)
    engine, splitter, encoder = open_engine(tmp_path), RegexSplitter(), HashEncoder()
    read = read_question("사진에서 발표하고 있다 제공 무단전재 기자", splitter, Aliases([], splitter))
    asked = prepare(engine, encoder, read)
    for article in seeds:
        passages = engine.read_passages(range(1, engine.manifest.passages + 1))
        own = [passage for passage in passages.values() if passage.passage.article_id == article.id]
        ranked = [
            Ranked(Hit(rank, passage.passage, Scores(0.5, 0.5, 0.5)), passage.sentences)
            for rank, passage in enumerate(own, 1)
        ]
        marked = [span for span in engine.spans(article.id) if not span.kind.is_content]
        assert marked
        for start in range(0, len(ranked), EVIDENCE_PASSAGES):
            for candidate in gather_evidence(
                engine, asked, read_asked(read.text, as_of=None), ranked[start : start + EVIDENCE_PASSAGES]
            ):
                sentence = candidate.row.sentence
                assert candidate.text == article.text[sentence.start : sentence.end]
                assert not any(span.start < sentence.end and sentence.start < span.end for span in marked)
    engine.close()
