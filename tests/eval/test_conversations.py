"""Conversations are read whole, and stay within the part whose documents they are about."""

from pathlib import Path

import pytest

from eval.datasets.conversations import Said, read_conversations
from eval.datasets.written import read_file
from index.errors import ReadError

DATA = Path("eval/data")
PARTS = ("train", "tune", "test")


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "# 덧붙임\nc: w1 w2\nq: 언제야?\nq: 장소는?\nf: 행사 장소는?\n\nc: w1\nq: 가?\nq: 나?\n", "utf-8"
    )
    first, second = read_conversations(tmp_path)
    assert first.documents == ("w1", "w2")
    assert first.said == (Said("언제야?"), Said("장소는?", "행사 장소는?"))
    assert second.where.endswith("a.txt:7")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("q: 언제야?\n", 1),
        ("c: w1\nq: 가?\nf: 가는?\nq: 나?\n", 3),
        ("c: w1\nq: 가?\nq: 나?\nf: 다?\nf: 라?\n", 5),
        ("c: w1\nq: 가?\n", 1),
        ("c:\nq: 가?\nq: 나?\n", 1),
        ("c: w1\nx: 가?\n", 2),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "a.txt").write_text(text, "utf-8")
    with pytest.raises(ReadError, match=rf"a\.txt:{line}"):
        read_conversations(tmp_path)


@pytest.mark.parametrize("part", PARTS)
def test_each_is_about_documents_of_its_part(part: str) -> None:
    known = {document.id for path in (DATA / "office" / part).rglob("*.txt") for document in read_file(path).documents}
    for conversation in read_conversations(DATA / "conversations" / part):
        assert set(conversation.documents) <= known, conversation.where


def test_there_are_two_hundred_with_changes_of_topic() -> None:
    conversations = [
        conversation for part in PARTS for conversation in read_conversations(DATA / "conversations" / part)
    ]
    turns = [len(conversation.said) for conversation in conversations]
    changes = [conversation for conversation in conversations if any(not said.whole for said in conversation.said[1:])]
    assert len(conversations) >= 200
    assert {2, 3} <= set(turns)
    assert len(changes) >= 15
