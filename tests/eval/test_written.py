"""Data sets written by hand in text: every answer located, every fault named."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.datasets.datasets import GoldSpan, load_folder
from eval.datasets.written import read_file, read_folder
from index.errors import ReadError

DOCUMENTS = """\
# 주석
@doc d1
title: 가람시 안내
date: 2025-03-04
source: 가람시
---
1. 요금
  큰방 30,000원
2. 전화 02-123-4567, 팩스 02-123-4568
@end

@doc d2
title: 가람시 작년 안내
---
  큰방 25,000원
2. 전화 02-123-4567, 팩스 02-123-4568
@end
"""
QUESTIONS = """
q: 큰방은 얼마?
kind: table_cell
e: 큰방 30,000원
a: 30,000
n: 25,000

q: 작은방은?
kind: near_miss
x: 작은방
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(text: str, name: str = "w1-01.txt") -> Path:
        (tmp_path / "own").mkdir(exist_ok=True)
        path = tmp_path / "own" / name
        path.write_text(text, "utf-8")
        return path

    return make


def test_answers_and_evidence_are_located_to_the_letter(write: Write) -> None:
    dataset = load_folder(write(DOCUMENTS + QUESTIONS).parent)
    first, second = dataset.questions
    text = dataset.articles[0].text
    start = text.index("큰방")
    assert text.startswith("1. 요금\n  큰방")
    assert first.evidence == (GoldSpan("d1", start, start + 10, "큰방 30,000원"),)
    assert first.answers == (GoldSpan("d1", start + 3, start + 9, "30,000"),)
    assert all(text[span.start : span.end] == span.text for span in first.spans)
    assert (first.id, first.kind, first.must_not, first.relevant) == ("w1-01-01", "table_cell", ("25,000",), {"d1": 1})
    assert (second.answerable, second.why, second.kind, second.spans) == (False, "작은방", "near_miss", ())


def test_headers_come_into_the_article(write: Write) -> None:
    first, second = load_folder(write(DOCUMENTS + QUESTIONS).parent).articles
    assert (first.title, first.source, first.published_at) == ("가람시 안내", "가람시", "2025-03-04")
    assert (second.source, second.published_at) == (None, None)


def test_letters_typed_apart_are_one(write: Write) -> None:
    composed = load_folder(write(DOCUMENTS + QUESTIONS).parent)
    apart = load_folder(write(unicodedata.normalize("NFD", DOCUMENTS + QUESTIONS)).parent)
    assert apart.sha256 == composed.sha256


def test_every_place_of_an_answer_counts(write: Write) -> None:
    question = "\nq: 전화?\nkind: phone\ne: 2. 전화 02-123-4567, 팩스 02-123-4568\na: 02-123-456\nd: d2\n"
    spans = load_folder(write(DOCUMENTS + question).parent).questions[0].answers
    assert [span.article_id for span in spans if isinstance(span, GoldSpan)] == ["d2", "d2"]


def test_a_split_is_named_after_its_set(tmp_path: Path) -> None:
    folder = tmp_path / "office" / "test"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(DOCUMENTS + QUESTIONS, "utf-8")
    assert load_folder(folder).name == "office-test"


@pytest.mark.parametrize(
    ("question", "line", "says"),
    [
        ("q: ?\nkind: prose\ne: 큰방 30.000원\na: 30.000", 19, "is in no document"),
        ("q: ?\nkind: phone\ne: 2. 전화 02-123-4567, 팩스 02-123-4568\na: 4567", 19, "stands in 2 places"),
        ("q: ?\nkind: prose\ne: 큰방 30,000원\na: 40,000", 19, "inside no e:"),
        ("q: ?\nkind: prose\ne: 큰방 30,000원\na: 원", 19, "too short"),
        ("q: ?\nkind: prose\ne: 큰방 30,000원\na: 30,000\nx: 없음", 19, "either e: or x:"),
        ("q: ?\nkind: prose", 19, "either e: or x:"),
        ("q: ?\nkind: prose\ne: 큰방 30,000원", 19, "go together"),
        ("q: ?\nkind: proze\nx: 없음", 19, "kind must be one"),
        ("q: ?\nx: 없음", 19, "kind must be one"),
        ("q:\nkind: prose\nx: 없음", 19, "question is empty"),
        ("q: ?\nkind: prose\nx: 없음\nn: 20,000", 19, "n: is in no document"),
        ("q: ?\nkind: prose\ne: 큰방 30,000원\na: 30,000\nn: 큰방 30,000원", 19, "holds an answer"),
        ("q: ?\nkind: prose\nx: 없음\nd: d9", 19, "no such document"),
        ("q: ?\nkind: prose\nx:", 21, "nothing stands after x:"),
        ("q: ?\nkind: prose\nx: 없음\nee: 큰방", 22, "what is this line"),
        ("@doc d3\ntitle: 가\n글\n@end", 19, "lacks '---' or '@end'"),
        ("@doc d3\ntitle: 가\nauthor: 나\n---\n글\n@end", 21, "no header: 'author'"),
        ("@doc d3\ntitle: 가\ndate: 3월\n---\n글\n@end", 21, "no date"),
        ("@doc d3\n---\n글\n@end", 19, "needs an id, a title"),
    ],
)
def test_a_fault_names_file_and_line_in_both_languages(write: Write, question: str, line: int, says: str) -> None:
    path = write(f"{DOCUMENTS}\n{question}\n")
    faults = read_file(path).faults
    assert any(says in fault.english for fault in faults), [fault.english for fault in faults]
    fault = next(fault for fault in faults if says in fault.english)
    assert fault.english.startswith(f"{path}:{line}: ")
    assert fault.korean.startswith(f"{path}:{line}: ")
    with pytest.raises(ReadError):
        load_folder(path.parent)


def test_files_may_lie_in_folders_and_a_folder_of_splits_asks_which(tmp_path: Path) -> None:
    for split, where in (("train", "train/author"), ("test", "test")):
        (tmp_path / where).mkdir(parents=True)
        document = f"@doc {split}-1\ntitle: 제목\n---\n{split} 글이다.\n@end\nq: 무엇인가?\nkind: faq\ne: {split} 글이다.\na: {split}\n"
        (tmp_path / where / "a.txt").write_text(document, "utf-8")
    assert [article.id for article in load_folder(tmp_path / "train").articles] == ["train-1"]
    with pytest.raises(ReadError, match="train, test"):
        load_folder(tmp_path)


def test_a_document_in_two_files_is_a_fault(write: Write) -> None:
    write(DOCUMENTS + QUESTIONS, "b.txt")
    folder = write(DOCUMENTS + QUESTIONS, "a.txt").parent
    assert next(fault.english for fault in read_folder(folder).faults) == (
        f"{folder / 'b.txt'}:2: document id also in {folder / 'a.txt'}:2: d1."
    )


def test_a_folder_of_other_texts_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("그냥 글", "utf-8")
    with pytest.raises(ReadError, match=r"queries\.jsonl"):
        load_folder(tmp_path)
