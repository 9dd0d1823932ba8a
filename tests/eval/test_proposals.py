"""Questions proposed from articles: what they are made of, what becomes of them, and that none counts unaccepted."""

import argparse
from pathlib import Path

import pytest

from eval import entry
from eval.datasets.check import check_folder
from eval.datasets.commands import check, keep_proposals, warn
from eval.datasets.datasets import load_folder
from eval.datasets.proposals import Proposal, judged, propose, written
from eval.datasets.written import read_folder
from index.articles import Article, Span, SpanKind
from index.errors import NotFoundError, UsageError
from rag.answers import Answer, Citation, Reason
from rag.settings import Settings

HALL = Article(
    "hall",
    "2025년 별무리회관 대관 안내",
    "별무리회관은 올해부터 주말에도 문을 연다. 신청은 전화로 받는다.\n\n1. 신청 기간: 3월 2일부터 3월 13일까지\n"
    '2. 준비물: 신분증, 신청서\n\n"대관"이란 회관의 방을 하루 안에서 빌리는 것을 말한다.\n\n'
    "□ 쉬는 날\n지붕을 고치느라 5월 12일부터 16일까지 쉽니다.\n",
    source="별무리마을",
    published_at="2025-03-04",
)
OTHER = Article("other", "안내", "1. 문의: 031-555-0142\n최종편집시간: 2025-03-04 10:00\n")


def made(*articles: Article, count: int = 100) -> list[Proposal]:
    return propose([(article, ()) for article in articles], count)


def test_titles_headings_labels_and_definitions_are_asked_about() -> None:
    found = {(each.origin[1], each.question): each for each in made(HALL)}
    label = found["label", "2025년 별무리회관 대관 안내의 신청 기간 알려 주세요"]
    assert (label.evidence, label.answer) == (
        "신청 기간: 3월 2일부터 3월 13일까지", "3월 2일부터 3월 13일까지"
    )  # fmt: skip
    assert found["title", "2025년 별무리회관 대관 안내, 무슨 내용인가요?"].answer == (
        "별무리회관은 올해부터 주말에도 문을 연다."
    )
    assert found["heading", "2025년 별무리회관 대관 안내의 쉬는 날 알려 주세요"].answer.startswith("지붕을 고치느라")
    meaning = found["definition", "대관, 무슨 뜻인가요?"]
    assert meaning.answer == "회관의 방을 하루 안에서 빌리는 것을 말한다"


def test_what_is_never_cited_is_not_asked_about() -> None:
    start = OTHER.text.index("최종편집시간")
    noise = Span(start, len(OTHER.text), SpanKind.NAVIGATION)
    assert [each.question for each in propose([(OTHER, [noise])], 9)] == ["안내의 문의 알려 주세요"]
    assert any("최종편집시간" in each.question for each in made(OTHER))


def test_they_are_spread_over_the_articles_and_the_same_every_time() -> None:
    assert {each.article.id for each in made(HALL, OTHER, count=2)} == {"hall", "other"}
    assert made(HALL, OTHER, count=3) == made(HALL, OTHER, count=3)


def test_each_is_written_with_its_sentence_and_counts_only_once_accepted(tmp_path: Path) -> None:
    path = tmp_path / "01.txt"
    path.write_text(written(made(HALL, OTHER), "ko"), "utf-8")
    read = read_folder(tmp_path)
    assert (read.questions, read.faults, read.proposed) == ((), (), len(made(HALL, OTHER)))
    said: list[str] = []
    warn(tmp_path, said.append, "ko")
    assert said == [f"  제안된 채로 있는 질문 {read.proposed}개는 재지 않습니다. 받아들이려면 p: 줄을 지우세요."]
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("p: ")]
    path.write_text("\n".join(lines), "utf-8")
    accepted = load_folder(tmp_path)
    assert len(accepted.questions) == read.proposed
    assert all(question.answerable and question.evidence for question in accepted.questions)
    assert check_folder(tmp_path).faults == ()


def answer(*cited: tuple[str, str]) -> Answer:
    citations = tuple(Citation(key, "", None, None, None, 0, len(quote), quote, 1.0) for key, quote in cited)
    reason = Reason.ANSWERED if citations else Reason.LOW_SUPPORT
    return Answer("?", bool(citations), reason, None, 0.5, citations, ())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (answer(("hall", "신청 기간: 3월 2일부터 3월 13일까지")), "답이 나옴"),
        (answer(("other", "신청 기간: 3월 2일부터 3월 13일까지")), "다른 문장을 인용함: other:0-23"),
        (answer(("hall", "준비물: 신분증")), "다른 문장을 인용함: hall:0-8 '준비물: 신분증'"),
        (answer(), "답이 나오지 않음: 근거를 찾지 못함"),
    ],
)
def test_each_says_whether_it_is_answered_today_and_where_it_fails(given: Answer, told: str, tmp_path: Path) -> None:
    proposal = judged(next(each for each in made(HALL) if "신청 기간" in each.question), given)
    assert proposal.outcome[0].startswith(told)
    said: list[str] = []
    keep_proposals(tmp_path / "new", [proposal], said.append, "ko")
    assert f"p: 이름표에서 · {told}" in (tmp_path / "new" / "01.txt").read_text("utf-8")
    assert any(told in line and proposal.question in line for line in said) == (told != "답이 나옴")
    assert check(tmp_path / "new", said.append) == 0


def test_a_probe_and_faults_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"id": "1", "text": "?", "answerabel": true}\n', "utf-8")
    said: list[str] = []
    warn(tmp_path, said.append, "en")
    assert "1 faults" in said[0]
    assert "did you mean answerable?" in said[0]
    assert "every question counts as one that nothing answers" in said[1]


def test_nothing_is_proposed_over_what_is_there_or_without_an_index(tmp_path: Path) -> None:
    arguments = argparse.Namespace(datasets=["propose", str(tmp_path)], lang="ko", sample=None)
    settings = Settings(data=tmp_path / "data", cache=tmp_path / "cache")
    (tmp_path / "x").write_text("")
    with pytest.raises(UsageError, match="빈 폴더"):
        entry.run(arguments, settings)
    arguments.datasets[1] = str(tmp_path / "new")
    with pytest.raises(NotFoundError, match="색인이 없습니다"):
        entry.run(arguments, settings)
