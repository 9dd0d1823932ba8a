"""A question asked after others: completed, answered, and told as it was searched; alone, refused for the right reason."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from index.articles import Article
from index.engine import Engine
from index.korean.sentences import SentenceSplitter
from rag.answers import Answer, Certainty, Query, Reason, Watch
from rag.pipeline import Pipeline
from rag.question.question import MAX_QUESTION
from tests.support.rag_support import build_index, open_pipeline

pytestmark = pytest.mark.model
ROBOTS = Article(
    "로봇", "서울 로봇 박람회 안내", "서울 로봇 박람회는 5월 3일에 열린다.\n서울 로봇 박람회 입장료는 7000원이다."
)
BOOKS = Article(
    "도서", "부산 도서 박람회 안내", "부산 도서 박람회는 9월 9일에 열린다.\n부산 도서 박람회 입장료는 3000원이다."
)
FIRST = "서울 로봇 박람회는 언제 열리나?"


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory, splitter: SentenceSplitter) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("context")
    build_index(folder, [ROBOTS, BOOKS], splitter=splitter)
    pipeline = open_pipeline(folder, splitter=splitter)
    yield pipeline
    pipeline.close()


def test_it_is_answered_as_its_whole_question_is(pipeline: Pipeline) -> None:
    whole = pipeline.ask(Query("서울 로봇 박람회 입장료는?"))
    answer = pipeline.ask(Query("입장료는?", context=(FIRST,)))
    assert whole.citations
    assert answer.citations == whole.citations
    assert (answer.question, answer.completed) == ("입장료는?", "서울 로봇 박람회 입장료는?")
    assert answer.added == ("서울", "로봇", "박람회")


def test_passages_are_found_as_for_its_whole_question(pipeline: Pipeline) -> None:
    whole = pipeline.search(Query("서울 로봇 박람회 입장료는?"))
    found = pipeline.search(Query("입장료는?", context=(FIRST,)))
    assert found.hits == whole.hits
    assert (found.question, found.completed, found.added) == ("입장료는?", whole.question, ("서울", "로봇", "박람회"))
    assert (whole.completed, whole.added) == (None, ())


def test_a_third_question_goes_on_from_the_second(pipeline: Pipeline) -> None:
    answer = pipeline.ask(Query("거기 입장료는?", context=(FIRST, "부산 도서 박람회는?")))
    assert answer.completed == "부산 도서 박람회 입장료는?"
    assert [citation.article_id for citation in answer.citations][:1] == ["도서"]


@pytest.mark.parametrize(
    ("narrow", "certainty", "taken"),
    [
        (None, Certainty.MEDIUM, True),
        (None, Certainty.LOW, False),
        (Certainty.LOW, Certainty.MEDIUM, True),
        (Certainty.LOW, Certainty.LOW, False),
        (Certainty.MEDIUM, Certainty.HIGH, False),
    ],
)
def test_what_a_part_does_not_say_is_asked_of_the_whole_article_and_must_be_surer(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, narrow: Certainty | None, certainty: Certainty, taken: bool
) -> None:
    consider = pipeline._consider_alone
    asked: list[str] = []

    def judged(engine: Engine, query: Query, watch: Watch) -> tuple[Answer, object]:
        answer, findings = consider(engine, query, watch)
        asked.append(query.question)
        if "개막식" in query.question and narrow:
            return replace(answer, answered=True, certainty=narrow), findings
        if "개막식" in query.question:
            return replace(answer, answered=False, reason=Reason.LOW_SUPPORT, citations=(), certainty=None), findings
        return replace(answer, certainty=certainty), findings

    monkeypatch.setattr(pipeline, "_consider_alone", judged)
    answer = pipeline.ask(Query("입장료는?", context=("서울 로봇 박람회 개막식은 언제 열리나?",)))
    whole = "서울 로봇 박람회 입장료는?"
    assert (asked[-1] == whole) is (narrow is not Certainty.MEDIUM)
    assert answer.answered is (taken or narrow is not None)
    assert (answer.completed == whole) is taken
    assert ("개막식" in answer.added) is not taken


def test_alone_it_is_refused_for_what_it_lacks(pipeline: Pipeline) -> None:
    answer = pipeline.ask(Query("그건 누가 왜 없앴어?"))
    assert (answer.answered, answer.reason, answer.completed, answer.added) == (False, Reason.CONTEXT_NEEDED, None, ())


def test_a_whole_question_is_asked_as_it_is_and_nothing_is_asked_again(pipeline: Pipeline) -> None:
    seen: list[str] = []

    class Told(Watch):
        def stage(self, name: str) -> None:
            seen.append(name)

    whole = "부산에서 9월에 열린다는 도서 박람회의 어른 입장료는 한 사람에 얼마인가?"
    answer = pipeline.ask(Query(whole, context=(FIRST,)), Told())
    assert (answer.completed, answer.added) == (None, ())
    assert "context" not in seen
    pipeline.ask(Query("입장료는?", context=(FIRST,)), Told())
    assert seen.count("context") == 1


def test_what_would_become_too_long_is_asked_as_it_is(pipeline: Pipeline) -> None:
    context = (" ".join([*("Robot" + "".join(map(str, range(100, 200))) for _ in range(6)), "입장료는?"]),)
    short, long = Query("그건 언제야?", context=context), Query(f"그건 언제야 {'a' * 300}?", context=context)
    assert len(context[0]) < MAX_QUESTION
    assert pipeline.ask(short).completed
    assert pipeline.ask(long).completed is None
