"""A question in, a cited answer out: over a small index with fakes, and over the seeds with the real encoder."""

import io
import re
import threading
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from api.answering.encoder_queue import QueuedEncoder
from api.openapi.examples import QUERIES
from index.articles import Article
from index.encoders.bundled import BundledEncoder
from index.engine import Engine
from index.errors import EncoderMismatchError, NotFoundError
from index.ingest import remove_articles
from index.korean.sentences import SentenceSplitter
from rag import freshness
from rag.answers import Answer, Filters, Mode, Query, Reason
from rag.cli.rendering import show_answer
from rag.evidence.citing import MAX_CITATIONS
from rag.loading import Tools
from rag.loading import open_pipeline as open_real
from rag.pipeline import Pipeline
from rag.question.asked import Asked, read_asked
from rag.settings import Settings
from tests.support.fakes import ARTICLES, FESTIVAL, LIBRARY, PORT, UNDATED
from tests.support.rag_support import build_index, first_ask, hand_models, open_engine, open_pipeline

STAGES = {"analyse", "encode", "retrieve", "evidence", "verify", "total"}
ASKED = "축제에는 12만3456명이 왔다"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline")
    build_index(folder)
    return folder


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Iterator[Pipeline]:
    pipeline = open_pipeline(folder)
    yield pipeline
    pipeline.close()


def assert_whole(answer: Answer, articles: dict[str, Article]) -> None:
    """What holds of every answer, whatever was asked."""
    assert answer.answered == bool(answer.citations) == (answer.reason is Reason.ANSWERED) == (answer.text is not None)
    assert 0 <= answer.confidence <= 1
    assert len(answer.citations) <= MAX_CITATIONS
    for citation in answer.citations:
        article = articles[citation.article_id]
        assert citation.quote == article.text[citation.start : citation.end]
        assert (citation.title, citation.source, citation.url) == (article.title, article.source, article.url)
        assert citation.published_at == article.published_at
        assert citation.quote in (answer.text or "")
    assert [hit.rank for hit in answer.passages] == list(range(1, len(answer.passages) + 1))
    for hit in answer.passages:
        assert hit.passage.text == articles[hit.passage.article_id].text[hit.passage.start : hit.passage.end]
    assert answer.timings_ms.keys() == STAGES
    assert answer.timings_ms["total"] >= max(answer.timings_ms.values()) - 0.01


BY_ID = {article.id: article for article in ARTICLES}


def test_an_answer(pipeline: Pipeline) -> None:
    answer = pipeline.ask(Query(ASKED))
    assert_whole(answer, BY_ID)
    assert answer.answered
    assert answer.citations[0].article_id == FESTIVAL.id
    assert answer.citations[0].quote == "축제에는 12만3456명이 왔다."
    assert answer.text == "\n".join(citation.quote for citation in answer.citations)
    assert answer.index is not None
    assert (answer.index.articles, answer.index.encoder) == (4, "hash-64-16")


def test_no_answer_says_why_and_shows_what_is_near(pipeline: Pipeline) -> None:
    answer = pipeline.ask(Query("김치찌개 끓이는 법"))
    assert_whole(answer, BY_ID)
    assert not answer.answered
    assert answer.reason in (Reason.LOW_SUPPORT, Reason.NO_MATCH)
    assert answer.passages


def test_nothing_in_common_is_no_match(pipeline: Pipeline) -> None:
    assert pipeline.ask(Query("zzz")).reason is Reason.NO_MATCH


def test_something_in_common_is_low_support(folder: Path) -> None:
    strict = open_pipeline(folder, hand_models(1.1))
    answer = strict.ask(Query(ASKED))
    assert answer.reason is Reason.LOW_SUPPORT
    assert_whole(answer, BY_ID)
    strict.close()


@pytest.mark.parametrize("question", ["", "?", "ㅋㅋ", "\u3164", "2024", "은는", "樂", "👍", "a" * 2000, "가 " * 900])
def test_any_question_gets_a_whole_answer(pipeline: Pipeline, question: str) -> None:
    assert_whole(pipeline.ask(Query(question)), BY_ID)


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_answers(pipeline: Pipeline, mode: Mode) -> None:
    answer = pipeline.ask(Query(ASKED, mode=mode))
    assert_whole(answer, BY_ID)
    assert answer.answered
    for hit in answer.passages:
        assert (hit.scores.dense is None) == (mode is Mode.LEXICAL)
        assert (hit.scores.lexical is None) == (mode is Mode.DENSE)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(source="부산일보"), {PORT.id, FESTIVAL.id}),
        (Filters(date_from="2024-01-01"), {PORT.id, LIBRARY.id}),
        (Filters(article_ids=(UNDATED.id,)), {UNDATED.id}),
    ],
)
def test_filters_bind_passages_and_citations(pipeline: Pipeline, filters: Filters, ids: set[str]) -> None:
    answer = pipeline.ask(Query(ASKED, filters=filters, top_k=50))
    assert_whole(answer, BY_ID)
    assert {hit.passage.article_id for hit in answer.passages} == ids
    assert {citation.article_id for citation in answer.citations} <= ids


def test_filters_that_leave_nothing(pipeline: Pipeline) -> None:
    answer = pipeline.ask(Query(ASKED, filters=Filters(source="없는 신문")))
    assert_whole(answer, BY_ID)
    assert answer.reason is Reason.INDEX_EMPTY
    assert (answer.passages, answer.confidence) == ((), 0.0)
    assert pipeline.search(Query(ASKED, filters=Filters(article_ids=()))).hits == ()


def test_an_empty_index_is_no_error(tmp_path: Path) -> None:
    build_index(tmp_path)
    remove_articles(tmp_path, [article.id for article in ARTICLES])
    pipeline = open_pipeline(tmp_path)
    answer = pipeline.ask(Query(ASKED))
    assert answer.reason is Reason.INDEX_EMPTY
    assert answer.index is not None
    assert answer.index.articles == 0
    assert_whole(answer, {})
    pipeline.close()


@pytest.mark.parametrize("top_k", [1, 2, 50])
def test_top_k_bounds_the_passages_and_not_the_evidence(pipeline: Pipeline, top_k: int) -> None:
    answer, everything = pipeline.ask(Query(ASKED, top_k=top_k)), pipeline.ask(Query(ASKED, top_k=50))
    assert answer.passages == everything.passages[:top_k]
    assert answer.citations == everything.citations


def test_a_frank_answer_is_the_same_and_says_what_it_would_cite(folder: Path) -> None:
    sure, unsure = open_pipeline(folder), open_pipeline(folder, hand_models(1.1))
    for question in (ASKED, "축제에 몇 명이 왔나", "없는말"):
        answer, would = sure.ask_with_withheld(Query(question))
        plain = sure.ask(Query(question))
        assert replace(answer, timings_ms={}) == replace(plain, timings_ms={})
        if plain.answered:
            assert would == plain.citations
        refused, kept_back = unsure.ask_with_withheld(Query(question, top_k=40))
        assert not refused.answered
        assert refused.citations == ()
        assert kept_back == would
        assert refused.confidence == plain.confidence
    sure.close()
    unsure.close()


def test_passages_say_where_they_come_from(pipeline: Pipeline) -> None:
    known = {article.id: (article.source, article.url, article.published_at) for article in ARTICLES}
    assert any(source and date for source, _, date in known.values())
    for hits in (pipeline.ask(Query("공사비는 얼마인가?")).passages, pipeline.search(Query("공사비는 얼마인가?")).hits):
        assert hits
        assert all((hit.source, hit.url, hit.published_at) == known[hit.passage.article_id] for hit in hits)


def test_search_ranks_as_ask_does(pipeline: Pipeline) -> None:
    result, answer = pipeline.search(Query(ASKED, top_k=3)), pipeline.ask(Query(ASKED, top_k=3))
    assert result.hits == answer.passages
    assert result.timings_ms.keys() == {"analyse", "encode", "retrieve", "total"}
    assert result.index == answer.index


def test_nfd_and_full_width_questions_are_answered_as_the_plain_one(pipeline: Pipeline) -> None:
    plain = pipeline.ask(Query(ASKED))
    for form in (unicodedata.normalize("NFD", ASKED), ASKED.replace("3456", "３４５６"), f"\u200b{ASKED}\u3164 "):
        answer = pipeline.ask(Query(form))
        assert (answer.citations, answer.passages, answer.confidence) == (
            plain.citations, plain.passages, plain.confidence,
        )  # fmt: skip
        assert answer.question == form


def test_aliases_that_the_index_holds_are_named(pipeline: Pipeline, tmp_path: Path) -> None:
    assert pipeline.ask(Query("법인 축제")).expansions == ()
    build_index(tmp_path, [*ARTICLES, Article("공지", "공지", "기업 셋이 모였다.")])
    with_one = open_pipeline(tmp_path)
    assert (
        with_one.ask(Query("법인 축제")).expansions
        == with_one.search(Query("법인 축제")).expansions
        == ("법인 → 기업",)
    )
    with_one.close()


def test_the_same_sentence_is_cited_once(tmp_path: Path) -> None:
    build_index(tmp_path, [replace(FESTIVAL, id=f"같은-{number}") for number in range(5)])
    pipeline = open_pipeline(tmp_path)
    quotes = [citation.quote for citation in pipeline.ask(Query(ASKED)).citations]
    assert len(set(quotes)) == len(quotes)
    assert quotes[0] == "축제에는 12만3456명이 왔다."
    pipeline.close()


def test_articles_and_spans(pipeline: Pipeline) -> None:
    assert pipeline.article(PORT.id) == PORT
    document = pipeline.article_view(PORT.id)
    assert (document.article, document.generation) == (PORT, pipeline.info().generation)
    assert document.spans[-1].end <= len(PORT.text)
    for call in (pipeline.article, pipeline.article_view):
        with pytest.raises(NotFoundError):
            call("없는 글")


def test_a_newer_generation_is_picked_up_and_the_old_answer_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(tmp_path)
    pipeline = open_pipeline(tmp_path)
    before = pipeline.ask(Query("등대 음악회는 무료다"))
    assert all(citation.article_id != "등대" for citation in before.citations)
    build_index(tmp_path, [Article("등대", "등대 음악회", "등대 음악회는 무료다.")])
    monkeypatch.setattr(freshness, "_FRESH_SECONDS", 3600.0)
    assert pipeline.info() == before.index
    monkeypatch.setattr(freshness, "_FRESH_SECONDS", 0.0)
    after = pipeline.ask(Query("등대 음악회는 무료다"))
    assert after.citations[0].article_id == "등대"
    assert after.index is not None
    assert before.index is not None
    assert after.index.generation == before.index.generation + 1
    assert after.index.articles == 5
    pipeline.close()


def test_an_index_that_cannot_be_opened_leaves_the_old_one_answering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build_index(tmp_path)
    pipeline = open_pipeline(tmp_path)
    before = pipeline.info()
    build_index(tmp_path, [Article("등대", "등대 음악회", "등대 음악회는 무료다.")])

    def another_encoder() -> Engine:
        raise EncoderMismatchError("다른 모델", "another encoder")

    monkeypatch.setattr(freshness, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(pipeline._newest, "_open", another_encoder)
    assert pipeline.ask(Query(ASKED)).index == before
    assert "another encoder" in caplog.text
    pipeline.close()


@pytest.mark.parametrize("as_of", [date(2020, 3, 1), None])
def test_relative_days_are_counted_from_the_day_given_or_today(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, as_of: date | None
) -> None:
    counted_from: list[date | None] = []

    def read(text: str, *, as_of: date | None = None) -> Asked:
        counted_from.append(as_of)
        return read_asked(text, as_of=as_of)

    monkeypatch.setattr("rag.pipeline.read_asked", read)
    pipeline.ask(Query("작년 축제에는 몇 명이 왔나?", as_of=as_of))
    assert counted_from == [as_of or datetime.now(UTC).astimezone().date()]


def test_eight_threads_ask_while_a_writer_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer is of one generation: all its quotes are of the one revision that generation was made from.

    Whoever opens the index between a commit and its publication waits for this, on a busy machine for more than a second.
    """
    monkeypatch.setattr(freshness, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr("index.engine._SETTLING_SECONDS", 60.0)
    revisions = 8

    def revision(number: int) -> list[Article]:
        return [
            Article(
                f"글-{place}",
                f"보고 {number}",
                f"올해 축제 {number}판 보고다. {'앞 ' * (number % 3)}손님은 {number}{place}명이 왔다.",
            )
            for place in range(3)
        ]

    build_index(tmp_path, revision(0))
    pipeline = open_pipeline(tmp_path, hand_models(0.01))
    of_generation = {pipeline.info().generation: 0}
    answers: list[Answer] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        try:
            while not done.is_set():
                answers.append(pipeline.ask(Query("올해 축제 손님은 몇 명이 왔나", top_k=20)))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(1, revisions):
        build_index(tmp_path, revision(number))
        of_generation[max(of_generation) + 1] = number
        time.sleep(0.05)
    done.set()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert len({answer.index.generation for answer in answers if answer.index}) > 2
    for answer in answers:
        assert answer.index is not None
        assert answer.answered
        assert_whole(answer, {article.id: article for article in revision(of_generation[answer.index.generation])})
    pipeline.close()


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory, splitter: SentenceSplitter) -> Iterator[Pipeline]:
    """The real thing: packaged encoder, Kiwi, packaged aliases and models, over the five seeds."""
    made = first_ask(tmp_path_factory.getbasetemp())
    settings = Settings(data=made.data, cache=made.cache)
    encoder = QueuedEncoder(BundledEncoder(made.cache))
    pipeline = open_real(settings, Tools(encoder, splitter))
    yield pipeline
    pipeline.close()
    encoder.close()


def seed_articles(pipeline: Pipeline) -> dict[str, Article]:
    ids = ("kt-ms-korean-ai", "kt-ms-alliance", "kt-m360-keynote", "kt-ai-7-trillion", "kt-lg-one-team")
    return {article_id: pipeline.article(article_id) for article_id in ids}


@pytest.mark.model
class TestOverTheSeeds:
    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_the_sample_question(self, seeds: Pipeline, form: str) -> None:
        answer = seeds.ask(Query(unicodedata.normalize(form, "AX 법인의 매출 목표는?")))
        assert_whole(answer, seed_articles(seeds))
        assert answer.answered
        first = answer.citations[0]
        article = seeds.article("kt-ms-korean-ai")
        assert first.article_id == article.id
        assert "4조6000억 원" in first.quote
        assert "4조6000억 원" in [article.text[start:end] for start, end in first.highlights]
        assert (first.source, first.published_at) == ("KPI뉴스", "2024-10-10")
        assert any(expansion.startswith("법인 → ") for expansion in answer.expansions)

    @pytest.mark.parametrize("example", QUERIES.values(), ids=QUERIES)
    def test_the_examples_of_the_http_interface_are_answered(self, seeds: Pipeline, example: dict[str, Any]) -> None:
        body = example["value"]
        filters, context = Filters(**body.get("filters", {})), tuple(body.get("context", ()))
        query = Query(body["question"], body.get("top_k", 5), filters, context=context)
        assert seeds.ask(query).answered

    def test_the_readme_begins_with_its_very_answer(self, seeds: Pipeline) -> None:
        """Word for word; how sure it is may differ by a little from processor to processor."""
        readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
        example = re.search(r'^\$ geungeo ask "(.*?)"\n(.*?)^```', readme, re.M | re.S)
        assert example is not None
        answer = seeds.ask(Query(example[1]))
        show_answer(Console(file=(shown := io.StringIO()), soft_wrap=True), answer, "ko")
        sure = re.compile(r"확신도 (높음|보통|낮음)$", re.M)
        assert sure.sub("", shown.getvalue()).strip() == sure.sub("", example[2]).strip()
        assert len(sure.findall(example[2])) == 1

    @pytest.mark.parametrize(
        "question",
        [
            "김치찌개 맛있게 끓이는 법",
            "서울에서 부산까지 기차로 몇 시간 걸려?",
            "How do I bake sourdough bread?",
            "ㅋㅋㅋㅋ",
        ],
    )
    def test_off_topic_questions_are_not_answered(self, seeds: Pipeline, question: str) -> None:
        answer = seeds.ask(Query(question))
        assert_whole(answer, seed_articles(seeds))
        assert not answer.answered
        assert answer.reason in (Reason.NO_MATCH, Reason.LOW_SUPPORT)
        assert len(answer.passages) == 5

    @pytest.mark.parametrize(
        ("question", "article_id", "words"),
        [
            ("KT와 MS는 어디에서 계약을 체결했나?", "kt-ms-korean-ai", "레드먼드"),
            ("AX 전문기업은 언제 출범하나요?", "kt-ms-korean-ai", "1분기"),
            ("AX법인매출목표는", "kt-ms-korean-ai", "4조6000억"),
        ],
    )
    def test_other_questions(self, seeds: Pipeline, question: str, article_id: str, words: str) -> None:
        answer = seeds.ask(Query(question))
        assert_whole(answer, seed_articles(seeds))
        assert any(words in citation.quote for citation in answer.citations if citation.article_id == article_id)

    def test_marked_text_is_never_cited(self, seeds: Pipeline) -> None:
        for question in ("사진은 어디에서 제공했나?", "KT 김영섭 대표가 발표하고 있다", "이 기사를 쓴 기자는 누구?"):
            for citation in seeds.ask(Query(question)).citations:
                marked = [span for span in seeds.article_view(citation.article_id).spans if not span.kind.is_content]
                assert not any(span.start < citation.end and citation.start < span.end for span in marked)

    def test_the_same_question_is_answered_the_same(self, seeds: Pipeline) -> None:
        first, second = (seeds.ask(Query("KT의 AI 전략은 무엇인가?")) for _ in range(2))
        assert replace(first, timings_ms={}) == replace(second, timings_ms={})

    def test_threads_get_what_one_gets(self, seeds: Pipeline) -> None:
        questions = [f"{word}의 매출 목표는?" for word in ("AX 법인", "KT", "MS", "LG유플러스")]
        alone = {question: seeds.ask(Query(question)) for question in questions}
        together: list[Answer] = []
        threads = [
            threading.Thread(target=lambda: together.extend(seeds.ask(Query(question)) for question in questions))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(together) == 16
        for answer in together:
            assert answer.citations == alone[answer.question].citations


def test_the_engine_of_an_answer_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader left behind must not keep its snapshot, or the write-ahead log would grow for ever."""
    import gc
    import weakref

    monkeypatch.setattr(freshness, "_FRESH_SECONDS", 0.0)
    build_index(tmp_path)
    pipeline = open_pipeline(tmp_path)
    old: weakref.ref[Engine] = weakref.ref(pipeline.snapshot())
    build_index(tmp_path, [Article("새 글", "", "새 글이다.")])
    pipeline.ask(Query("새 글"))
    gc.collect()
    assert old() is None
    pipeline.close()
    assert open_engine(tmp_path).is_current()
