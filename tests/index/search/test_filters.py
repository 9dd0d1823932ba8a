"""One filter, three readers of it: SQLite, tantivy and a predicate in Python must let the same articles through."""

from dataclasses import dataclass

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.search.filters import EVERYTHING, And, In, Range, Where, date_number, to_sql
from index.search.lexical import LexicalIndex, LexicalQuery
from index.store.store import IndexRow

SOURCES = (
    "부산일보",
    "매일신문",
    "부산",
    "KPI뉴스",
    "O'Neil's \"뉴스\"",
    "가; DROP TABLE articles",
    "a OR b",
    "*",
    "％",
)
DATES = ("1999-12-31", "2023-05-20", "2024-02-29", "2024-10-03", "2025-01-15")
INEXACT = {"2024-10": "2024-10-01", "2024": "2024-01-01"}  # to the day they count as


@dataclass(frozen=True)
class Row:
    """What a filter sees of an article."""

    article_id: str
    source: str | None
    published_at: str | None
    collection: str | None


ROWS = [
    Row(f"글/{number}:{source}", source, date, (None, "민원", "민 원")[number % 3])
    for number, (source, date) in enumerate(
        (source, date) for source in (*SOURCES, None) for date in (*DATES, *INEXACT, None)
    )
]


def matches(where: Where, row: Row) -> bool:
    """The meaning of a filter, said once more."""
    if isinstance(where, In):
        return getattr(row, where.field) in where.values
    if isinstance(where, Range):
        value = getattr(row, where.field)
        return value is not None and (where.low or "") <= INEXACT.get(value, value) <= (where.high or "9999-12-31")
    return all(matches(part, row) for part in where.parts)


@pytest.fixture(scope="module")
def database() -> apsw.Connection:
    db = apsw.Connection(":memory:")
    db.execute(
        "CREATE TABLE articles (seq INTEGER PRIMARY KEY, id TEXT, source TEXT, published_at TEXT, collection TEXT)"
    )
    db.executemany(
        "INSERT INTO articles VALUES (?, ?, ?, ?, ?)",
        [(seq, row.article_id, row.source, row.published_at, row.collection) for seq, row in enumerate(ROWS)],
    )
    return db


@pytest.fixture(scope="module")
def lexical(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    folder = tmp_path_factory.mktemp("filters") / "lexical"
    LexicalIndex.build(
        folder,
        [
            IndexRow(seq, row.article_id, row.source, row.published_at, "글", "", row.collection)
            for seq, row in enumerate(ROWS)
        ],
    )
    return LexicalIndex(folder)


VALUES = {
    "article_id": st.sampled_from([*(row.article_id for row in ROWS), "없음"]),
    "source": st.sampled_from([*SOURCES, "없음"]),
    "collection": st.sampled_from(["민원", "민 원", "없음"]),
    "published_at": st.sampled_from([*DATES, "2000-01-01"]),
}
MEMBERSHIP = st.sampled_from(sorted(VALUES)).flatmap(
    lambda field: st.lists(VALUES[field], max_size=4).map(lambda values: In(field, tuple(values)))
)
BOUND = st.none() | st.dates().map(str) | st.sampled_from(DATES)
WHERES = st.recursive(
    MEMBERSHIP | st.builds(Range, st.just("published_at"), BOUND, BOUND),
    lambda parts: st.lists(parts, max_size=3).map(lambda found: And(tuple(found))),
    max_leaves=5,
)


@settings(deadline=None, max_examples=80)
@given(WHERES)
def test_all_three_agree(database: apsw.Connection, lexical: LexicalIndex, where: Where) -> None:
    expected = {seq for seq, row in enumerate(ROWS) if matches(where, row)}
    clause, parameters = to_sql(where)
    assert {seq for (seq,) in database.execute(f"SELECT a.seq FROM articles a WHERE {clause}", parameters)} == expected
    assert {seq for seq, _ in lexical.search(LexicalQuery({"글": 1.0}, ()), len(ROWS), where)} == expected


def test_everything_is_everything(database: apsw.Connection, lexical: LexicalIndex) -> None:
    clause, parameters = to_sql(EVERYTHING)
    assert len(list(database.execute(f"SELECT 1 FROM articles a WHERE {clause}", parameters))) == len(ROWS)
    assert len(lexical.search(LexicalQuery({"글": 1.0}, ()), 100, EVERYTHING)) == len(ROWS)


@given(WHERES)
def test_no_word_of_the_user_is_part_of_the_sql(where: Where) -> None:
    clause, parameters = to_sql(where)
    assert clause.count("?") == len(parameters)
    assert not any(char in clause for char in "'\";*")
    assert clause.isascii()


@pytest.mark.parametrize(
    ("date", "number"),
    [("2024-10-03", 20241003), ("0999-01-02", 9990102), ("2024-10", 20241001), ("2024", 20240101), (None, 0), ("", 0)],
)
def test_date_numbers_sort_as_dates(date: str | None, number: int) -> None:
    assert date_number(date) == number
