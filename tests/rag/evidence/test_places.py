"""Where in its file a quote stands: page, cell, row of a table, of the value that answers."""

from dataclasses import replace
from pathlib import Path

import pytest

from index.articles import Article, Layout, Place
from index.reading.readers import read_articles
from index.store.store import Store
from rag.answers import Citation, Query
from rag.evidence.citing import make_citation
from rag.question.asked import read_asked
from rag.question.question import AnswerType
from rag.wording import place_of
from tests.support.evidence_support import evidence_of, question_of, scope_of
from tests.support.office_files import data, row, xlsx
from tests.support.rag_support import build_index, hand_models, open_engine, open_pipeline

FEES = "대관 요금\n시설\t인원\t요금\n강당\t300명\t150,000원\n교실\t40명\t45,000원"


def placed(text: str, *found: tuple[str, Place]) -> Layout:
    return Layout(
        places=tuple(
            replace(place, start=text.index(words), end=text.index(words) + len(words)) for words, place in found
        )
    )


def cited(text: str, layout: Layout, words: str, question: str) -> Citation:
    scope = replace(scope_of(text), place_at=layout.place_at)
    return make_citation(question_of(question, AnswerType.OTHER), read_asked(question), evidence_of(scope, words))


def test_of_a_row_the_cell_with_the_value() -> None:
    layout = placed(
        FEES,
        *[
            (words, Place(0, 0, sheet="요금", cell=cell))
            for words, cell in (("교실", "A4"), ("40명", "B4"), ("45,000원", "C4"))
        ],
    )
    citation = cited(FEES, layout, "교실\t40명\t45,000원", "교실 요금은 얼마인가요?")
    assert citation.locator == {"row": "교실", "line": 4, "sheet": "요금", "cell": "C4"}
    assert place_of(citation, "ko").startswith("요금!C4 › ")


def test_a_row_of_a_file_has_its_number_and_its_name_for_a_label() -> None:
    layout = placed(
        FEES, ("교실", Place(0, 0, table=4, row=3, column=1)), ("45,000원", Place(0, 0, table=4, row=3, column=3))
    )
    citation = cited(FEES, layout, "교실\t40명\t45,000원", "교실 요금은 얼마인가요?")
    assert citation.locator == {"label": "교실", "line": 4, "table": 4, "row": 3, "column": 3}


@pytest.mark.parametrize(
    ("place", "located"),
    [
        (Place(0, 0, page=3, line_end="joined"), {"page": 3}),
        (Place(0, 0, section=1, paragraph=12), {"section": 1, "paragraph": 12}),
    ],
)
def test_pages_sections_and_paragraphs(place: Place, located: dict[str, int]) -> None:
    citation = cited("알림\n그는 왔다.", placed("알림\n그는 왔다.", ("그는 왔다.", place)), "그는 왔다.", "무엇?")
    assert citation.locator == {"line": 2} | located


def test_without_places_nothing_is_told() -> None:
    assert cited(FEES, Layout(), "교실\t40명\t45,000원", "교실 요금은?").locator == {"row": "교실", "line": 4}


def test_a_workbook_from_file_to_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And places are read for what is cited, no more."""
    book = tmp_path / "예산.xlsx"
    book.write_bytes(
        xlsx({"예산": data(row(1, "항목", "금액"), row(2, "인건비", "1,200만원"), row(3, "여비", "30만원"))})
    )
    (article,) = read_articles([book])
    assert isinstance(article, Article)
    build_index(tmp_path / "data", [article, Article("글", "인사", "사람을 알린다.")])
    asked: list[str] = []
    honest = Store.layout
    monkeypatch.setattr(
        Store, "layout", lambda self, article_id: (asked.append(article_id), honest(self, article_id))[1]
    )
    answer = open_pipeline(tmp_path / "data", hand_models(0.0)).ask(Query("인건비 금액은 얼마인가요?"))
    found = [citation for citation in answer.citations if citation.article_id == "예산.xlsx"]
    assert [citation.locator["cell"] for citation in found if "인건비" in citation.quote] == ["B2"]
    assert 0 < len(asked) <= len({citation.article_id for citation in answer.citations}) + 1


def test_places_that_another_release_stored_are_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = Layout(places=(Place(0, 2, page=1),))
    build_index(tmp_path, [Article("글", "", "글이다.", layout=layout)])
    place = open_engine(tmp_path).place("글", 0)
    assert place is not None
    assert place.page == 1
    monkeypatch.setattr("index.structure.layouts._VERSION", 99)
    assert open_engine(tmp_path).place("글", 0) is None
