"""The exactness gate: forged citations are refused, each counted, and an answer left with none is no answer."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from index.articles import Article
from index.engine import Engine
from index.errors import CorruptIndexError
from index.store.checksums import crc_of
from index.store.packing import pack_text
from index.store.store import DATABASE
from rag import pipeline as pipeline_module
from rag.answers import Citation, Query, Reason
from rag.evidence.citing import make_citation
from rag.evidence.conflicts import OtherValue
from rag.evidence.evidence import Evidence
from rag.evidence.gate import CitationGate, is_exact
from rag.question.asked import Asked
from rag.ranking.matching import Values
from tests.support.fakes import ARTICLES, PORT
from tests.support.rag_support import build_index, hand_models, open_engine, open_pipeline

QUOTE = "공사비는 4조6000억원이었다."
START = PORT.text.index(QUOTE)
TRUE = Citation(PORT.id, PORT.title, PORT.source, PORT.url, PORT.published_at, START, START + len(QUOTE), QUOTE, 0.9)
EMOJI = Article("emoji", "가족", "👨\u200d👩\u200d👧 𠀀 가족 축제다. 매출은 없다.")

FORGED = {
    "a digit": replace(TRUE, quote="공사비는 9조6000억원이었다."),
    "a negation": replace(TRUE, quote="공사비는 4조6000억 아니었다."),
    "a space": replace(TRUE, quote="공사비는 4조 6000억원이었다"),
    "a look-alike": replace(TRUE, quote=QUOTE.replace("0", "O", 1)),
    "an invisible letter": replace(TRUE, quote=QUOTE[:-1] + "\u200b"),
    "another article's place": replace(TRUE, article_id=ARTICLES[1].id),
    "another article's words": replace(TRUE, quote=ARTICLES[1].text[START : START + len(QUOTE)]),
    "shifted by one": replace(TRUE, start=START + 1, end=TRUE.end + 1),
    "cut short": replace(TRUE, quote=QUOTE[:-1]),
    "too long a place": replace(TRUE, end=TRUE.end + 1),
    "empty": replace(TRUE, quote="", end=START),
    "turned round": replace(TRUE, start=TRUE.end, end=START, quote=""),
    "counted from the end": replace(TRUE, start=START - len(PORT.text), end=TRUE.end - len(PORT.text)),
    "beyond the end": replace(TRUE, start=10_000, end=10_000 + len(QUOTE)),
    "a mark before it": replace(TRUE, highlights=((START - 1, START + 2),)),
    "a mark after it": replace(TRUE, highlights=((TRUE.end - 1, TRUE.end + 1),)),
    "an empty mark": replace(TRUE, highlights=((START, START),)),
    "a good mark and a bad one": replace(TRUE, highlights=((START, START + 2), (TRUE.end, TRUE.end + 1))),
    "no such article": replace(TRUE, article_id="없는 글"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    build_index(folder, [*ARTICLES, EMOJI])
    return folder


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[Engine]:
    engine = open_engine(folder)
    yield engine
    engine.close()


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_citation_is_refused_and_counted(
    engine: Engine, forgery: str, caplog: pytest.LogCaptureFixture
) -> None:
    gate = CitationGate(engine)
    with caplog.at_level(logging.ERROR, "rag.evidence.gate"):
        assert gate.passed([FORGED[forgery]]) == ()
    assert gate.failures == 1
    (record,) = caplog.records
    assert FORGED[forgery].quote not in record.getMessage() or not FORGED[forgery].quote


def test_true_citations_pass_in_order(engine: Engine) -> None:
    marked = replace(TRUE, highlights=((START + 5, START + 13), (TRUE.end - 1, TRUE.end)))
    gate = CitationGate(engine)
    assert gate.passed([marked, FORGED["a digit"], TRUE, FORGED["empty"]]) == (marked, TRUE)
    assert gate.failures == 2


def test_offsets_are_code_points(engine: Engine) -> None:
    quote = "매출은 없다."
    start = EMOJI.text.index(quote)
    citation = Citation(EMOJI.id, "", None, None, None, start, start + len(quote), quote, 0.5)
    assert CitationGate(engine).passed([citation]) == (citation,)
    utf16 = len(EMOJI.text[:start].encode("utf-16-le")) // 2
    assert utf16 != start
    assert not is_exact(replace(citation, start=utf16, end=utf16 + len(quote)), EMOJI)


def changed(folder: Path, text: str) -> None:
    """The article's text, changed behind everybody's back: with the hash of the old one, its own checksum mended."""
    with apsw.Connection(str(folder / DATABASE)) as db:
        ((seq,),) = db.execute("SELECT seq FROM articles WHERE id = ?", (PORT.id,))
        block = pack_text(text)
        db.execute("UPDATE texts SET text = ?, crc = ? WHERE article = ?", (block, crc_of(seq, 0, block), seq))


class ChangedEngine:
    """An engine whose article is no longer what was recorded when it was indexed."""

    def article(self, article_id: str) -> Article:
        return replace(PORT, text=PORT.text.replace("4조", "9조"))

    def recorded_sha256(self, article_id: str) -> str:
        return PORT.sha256


def test_an_article_changed_after_indexing_is_cited_no_more() -> None:
    forged = replace(TRUE, quote=QUOTE.replace("4조", "9조"))
    gate = CitationGate(ChangedEngine())  # type: ignore[arg-type]
    assert is_exact(forged, ChangedEngine().article(PORT.id))
    assert gate.passed([forged, TRUE]) == ()
    assert gate.failures == 2


def test_an_answer_whose_every_citation_is_refused_is_no_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forge(*arguments: object) -> Citation:
        citation = make_citation(*arguments)  # type: ignore[arg-type]
        return replace(citation, quote=citation.quote.replace("4조", "9조") + " ")

    pipeline = open_pipeline(folder, hand_models(0.05))
    assert pipeline.ask(Query("공사비는 4조6000억원이었다")).answered
    monkeypatch.setattr(pipeline_module, "make_citation", forge)
    answer = pipeline.ask(Query("공사비는 4조6000억원이었다"))
    assert not answer.answered
    assert answer.citations == ()
    assert answer.text is None
    assert answer.reason is Reason.LOW_SUPPORT
    assert answer.passages
    assert pipeline.gate_failures >= 1
    pipeline.close()


def test_a_refused_citation_leaves_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def forge_one(*arguments: object) -> Citation:
        made.append(arguments)
        return FORGED["a negation"] if len(made) == 1 else make_citation(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline_module, "choose", lambda read, ranked, scores: [ranked[0], *ranked[:2]])
    monkeypatch.setattr(pipeline_module, "make_citation", forge_one)
    pipeline = open_pipeline(folder, hand_models(0.05))
    answer = pipeline.ask(Query("공사비는 4조6000억원이었다"))
    assert answer.answered
    assert FORGED["a negation"] not in answer.citations
    assert "아니었다" not in (answer.text or "")
    assert pipeline.gate_failures == 1
    pipeline.close()


def test_a_refused_citation_of_another_answer_is_counted_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forge_later(*arguments: object) -> Citation:
        citation = make_citation(*arguments)  # type: ignore[arg-type]
        return citation if citation.article_id == PORT.id else replace(citation, quote=f"{citation.quote} ")

    def other_value(read: Asked, ranked: Sequence[Evidence], scores: Values) -> list[OtherValue]:
        other = next(evidence for evidence in ranked if evidence.scope.article.id != PORT.id)
        return [OtherValue(other.text[:1], other)]

    monkeypatch.setattr(pipeline_module, "choose", lambda read, ranked, scores: ranked[:1])
    monkeypatch.setattr(pipeline_module, "find_conflicts", other_value)
    monkeypatch.setattr(pipeline_module, "make_citation", forge_later)
    pipeline = open_pipeline(folder, hand_models(0.05))
    answer = pipeline.ask(Query("공사비는 4조6000억원이었다"))
    assert answer.answered
    assert answer.conflicts == ()
    assert pipeline.gate_failures == 1
    pipeline.close()


def test_an_article_changed_in_the_database_is_never_answered_from(tmp_path: Path) -> None:
    build_index(tmp_path)
    changed(tmp_path, PORT.text.replace("4조", "9조"))
    pipeline = open_pipeline(tmp_path, hand_models(0.05))
    with pytest.raises(CorruptIndexError):
        pipeline.ask(Query("공사비는 얼마"))
    pipeline.close()
