"""``geungeo eval init`` and ``check``: a set to begin with, and everything that is wrong with one."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.datasets.check import check_folder, longest_copy
from eval.datasets.commands import check, init
from eval.datasets.kinds import KINDS
from eval.datasets.written import read_folder
from eval.entry import run
from index.errors import ReadError, UsageError
from rag.settings import Settings

Write = Callable[..., Path]
GOOD: dict[str, list[object]] = {
    "corpus.jsonl": [{"id": "d1", "title": "가", "text": "장서는 4만 권이다."}],
    "queries.jsonl": [{"id": "q1", "text": "장서는?"}, {"id": "q2", "text": "관장은?", "answerable": False}],
    "qrels.tsv": ["q1\td1\t1"],
    "answers.jsonl": [{"qid": "q1", "answers": ["4만 권"]}],
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str = "", *lines: object) -> Path:
        for file, content in {**GOOD, **({name: list(lines)} if name else {})}.items():
            text = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in content)
            (tmp_path / file).write_text(text, "utf-8")
        return tmp_path

    return make


def test_a_good_folder_has_no_faults(write: Write) -> None:
    checked = check_folder(write())
    assert (checked.articles, checked.questions, checked.faults) == (1, 2, ())


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("queries.jsonl", {"id": "q1", "text": "?", "answerabel": False}, "did you mean answerable?"),
        ("queries.jsonl", {"id": "q1", "text": "?", "answerable": False}, "answerable is false, and there are answers"),
        ("queries.jsonl", {"id": "q3", "text": "?"}, "no judgement"),
        ("queries.jsonl", {"id": "q3", "text": "?", "answerable": True}, "no article is judged"),
        ("queries.jsonl", {"text": "?"}, "id must be a string"),
        ("corpus.jsonl", {"id": "d1", "titel": "가", "text": "장서"}, "did you mean title?"),
        ("qrels.tsv", "q9\td1\t1", "no such question: q9"),
        ("qrels.tsv", "q1\td9\t1", "no such article: d9"),
        ("answers.jsonl", {"qid": "q9", "answers": ["가"]}, "no such question: q9"),
        ("answers.jsonl", {"qid": "q1", "answer": ["가"]}, "did you mean answers?"),
        ("meta.jsonl", {"qid": "q1", "mustnot": ["가"]}, "did you mean must_not?"),
    ],
)
def test_each_fault_is_named_with_its_line(write: Write, name: str, line: object, says: str) -> None:
    folder = write(name, line)
    faults = [fault for fault in check_folder(folder).faults if says in fault.english]
    assert faults, [fault.english for fault in check_folder(folder).faults]
    assert f"{name}:1: " in faults[0].english
    assert f"{name}:1: " in faults[0].korean


def test_a_question_given_twice_and_a_row_that_is_none(write: Write) -> None:
    folder = write("queries.jsonl", *GOOD["queries.jsonl"], {"id": "q1", "text": "또"})
    (folder / "qrels.tsv").write_text("query\tdoc\tgrade\nq1\td1\t1\nq1 d1 1\n", "utf-8")
    assert [fault.english.partition(".jsonl")[2] or fault.english for fault in check_folder(folder).faults] == [
        ":3: question id repeated: q1.",
        f"{folder / 'qrels.tsv'}:3: not qid<TAB>docid<TAB>grade.",
    ]


def test_answers_in_other_words_are_counted(write: Write) -> None:
    checked = check_folder(write("answers.jsonl", {"qid": "q1", "answers": ["사만 권", "4만권"]}))
    assert (checked.faults, checked.paraphrased) == ((), 1)


def test_the_longest_copy() -> None:
    assert longest_copy("장서는 몇 권?", "관장은박씨다장서는많다") == "장서는"
    assert longest_copy("가", "나") == ""


def test_written_questions_that_copy_or_repeat(tmp_path: Path) -> None:
    text = "@doc d\ntitle: 가\n---\n장서는 사만 권이다\n@end\n"
    question = "q: 장서는 사만 권이다?\nkind: prose\ne: 장서는 사만 권이다\na: 사만\n"
    (tmp_path / "a.txt").write_text(text + question * 2, "utf-8")
    said = [fault.english for fault in check_folder(tmp_path).faults]
    assert [line.partition(": ")[2].partition(":")[0] for line in said] == [
        "the question copies a sentence",
        "the same question is at " + str(tmp_path / "a.txt"),
        "the question copies a sentence",
    ]


def test_splits_share_nothing(tmp_path: Path) -> None:
    for split, number in (("train", 1), ("test", 2)):
        (tmp_path / split).mkdir()
        document = f"@doc d{number}\ntitle: 제목 {number}\nsource: 가람시\n---\n글 {number}\n@end\n"
        (tmp_path / split / "a.txt").write_text(document, "utf-8")
    where = tmp_path / "test" / "a.txt"
    assert [fault.english for fault in check_folder(tmp_path).faults] == [
        f"{where}:1: this source is in train too: '가람시'."
    ]


def test_init_writes_one_question_of_each_kind_without_faults(tmp_path: Path) -> None:
    said: list[str] = []
    assert init(tmp_path / "own", said.append) == 0
    assert sorted(each.kind for each in read_folder(tmp_path / "own").questions) == sorted(KINDS)
    assert check(tmp_path / "own", said.append) == 0
    assert said[-1].endswith("질문 33개, 글 5건, 잘못 0개")
    with pytest.raises(UsageError):
        init(tmp_path / "own", said.append)


def test_check_speaks_both_languages_and_its_code_says_whether_there_are_faults(write: Write) -> None:
    folder, said = write("queries.jsonl", {"id": "q1", "text": "?", "tpye": "who"}), []
    assert check(folder, said.append, "en") == 1
    assert said == [
        f"{folder / 'queries.jsonl'}:1: unknown key: tpye (did you mean type?).",
        f"{folder}: 1 questions, 1 articles, 1 faults",
    ]
    check(folder, said.append)
    assert "type인가요?" in said[2]


def test_the_command_sends_no_terminal_what_it_would_obey(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write("qrels.tsv", "q1\t\x1b[2J\u202ed9\t1")
    arguments = argparse.Namespace(datasets=["check", str(folder)], lang="en")
    assert run(arguments, Settings()) == 1
    said = capsys.readouterr().out
    assert "␛[2J⟨U+202E⟩d9" in said
    assert not {"\x1b", "\u202e"} & set(said)


def test_the_command_takes_one_folder(tmp_path: Path) -> None:
    arguments = argparse.Namespace(datasets=["check"], lang="ko")
    with pytest.raises(UsageError, match="폴더 하나"):
        run(arguments, Settings())
    arguments.datasets = ["check", str(tmp_path / "none")]
    with pytest.raises(ReadError):
        run(arguments, Settings())
    arguments.datasets = ["init", str(tmp_path / "new")]
    assert run(arguments, Settings()) == 0
