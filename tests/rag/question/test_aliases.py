"""Alias groups: what a word is searched as too, and where the groups come from."""

import re
from pathlib import Path

import pytest

from index.errors import ReadError
from index.korean.sentences import SentenceSplitter, Token
from index.korean.terms import word_terms
from rag.question.aliases import (
    Aliases,
    Expansion,
    describe,
    load_aliases,
    load_groups,
    load_translations,
    packaged_terms,
)
from tests.support.fakes import RegexSplitter


def expand(groups: list[list[str]], *words: str) -> list[tuple[str, str]]:
    return [(expansion.asked, expansion.alias) for expansion in Aliases(groups, RegexSplitter()).expand(words)]


def test_each_member_finds_every_other() -> None:
    groups = [["법인", "회사", "기업"]]
    assert expand(groups, "법인") == [("법인", "회사"), ("법인", "기업")]
    assert expand(groups, "기업") == [("기업", "법인"), ("기업", "회사")]
    assert expand(groups, "학교") == []
    assert expand([], "법인") == []


def test_a_word_of_two_groups_finds_both_and_each_once() -> None:
    groups = [["월급", "급여"], ["보조금", "급여"], ["급여", "월급"]]
    assert expand(groups, "급여") == [("급여", "월급"), ("급여", "보조금")]


def test_the_longest_run_wins_and_its_words_are_taken() -> None:
    groups = [["전환", "변경"], ["AI 전환", "AX"], ["AI", "인공지능"]]
    assert expand(groups, "ai", "전환", "전환") == [("AI 전환", "AX"), ("전환", "변경")]
    assert expand(groups, "ai", "계획", "전환") == [("AI", "인공지능"), ("전환", "변경")]


def test_what_the_question_says_already_is_no_expansion() -> None:
    assert expand([["AX", "AI 전환", "인공지능 전환"]], "ax", "ai", "전환") == [
        ("AI 전환", "인공지능 전환"),
        ("AX", "인공지능 전환"),
    ]


def test_words_of_an_expansion_are_search_terms() -> None:
    (found,) = Aliases([["AX", "AI 전환"]], RegexSplitter()).expand(["ax"])
    assert found == Expansion("AX", "AI 전환", ("ai", "전환"), ("ax",))
    assert describe(found.asked, found.alias) == "AX → AI 전환"


def test_a_member_without_letters_is_no_alias() -> None:
    assert expand([["R&D", "…"], ["…", "···"]], "r", "d") == []


def _as_asked(name: str, splitter: SentenceSplitter) -> tuple[str, ...]:
    alone = word_terms(splitter.tokenize(name), name)
    return alone or word_terms(splitter.tokenize(f"{name}에 대해"), f"{name}에 대해")


@pytest.mark.model
def test_the_packaged_list_is_whole(splitter: SentenceSplitter) -> None:
    groups = load_groups()
    aliases = Aliases(groups, splitter)
    assert len(groups) > 60
    for group in groups:
        assert len(set(group)) == len(group)
        for name in group:
            asked = _as_asked(name, splitter)
            others = {expansion.alias for expansion in aliases.expand(asked)}
            missing = [
                alias for alias in group if alias not in others and not set(asked) >= set(_as_asked(alias, splitter))
            ]
            assert asked, f"{name} is never found"
            assert not missing, f"{name} does not find {missing}"
    found = [describe(expansion.asked, expansion.alias) for expansion in aliases.expand(("법인", "매출"))]
    assert "법인 → 전문기업" in found
    assert "매출 → 매출액" in found


def named(aliases: Aliases) -> tuple[object, object]:
    """All that it knows of the names of groups."""
    return aliases._by_terms, aliases._spelling


def test_an_english_word_is_read_when_it_is_asked_with() -> None:
    class Counting(RegexSplitter):
        read = 0

        def tokenize(self, text: str) -> list[Token]:
            self.read += 1
            return super().tokenize(text)

    splitter = Counting()
    aliases = Aliases([["hb", "한빛"]], splitter, {"seats": ["좌석", "자리"], "hb": ["한빛", "희망"]})
    before = splitter.read
    found = [describe(expansion.asked, expansion.alias) for expansion in aliases.expand(("seats", "hb"))]
    assert found == ["seats → 좌석", "seats → 자리", "hb → 한빛", "hb → 희망"]
    after = splitter.read
    assert after > before
    assert len(aliases.expand(("seats", "hb", "좌석"))) == 3, "what the question holds is not searched twice"
    assert splitter.read == after, "once"


def test_an_english_word_of_several_lines_means_all_of_them() -> None:
    translations = load_translations()
    assert len(translations) > 4000
    assert all(re.fullmatch("[a-z0-9-]+", word) and korean for word, korean in translations.items())
    assert {"임대료", "월세"} & set(translations["rent"])


@pytest.mark.model
def test_what_names_are_read_as_is_kept(splitter: SentenceSplitter, tmp_path: Path) -> None:
    class Unused(SentenceSplitter):
        def tokenize(self, text: str) -> list[Token]:
            pytest.fail(f"{text} was read again")

    fresh = Aliases(load_groups(), splitter, load_translations())
    first = load_aliases(None, splitter, tmp_path)
    again = load_aliases(None, Unused(), tmp_path)
    assert named(first) == named(fresh) == named(again)
    (kept,) = tmp_path.glob("alias-terms-*.json")
    kept.write_bytes(kept.read_bytes()[:-9])
    assert named(load_aliases(None, splitter, tmp_path)) == named(fresh), "a damaged file is made again"


def test_another_analysis_reads_the_names_again(tmp_path: Path) -> None:
    class Other(RegexSplitter):
        fingerprint = "other"

    for reader in (RegexSplitter(), Other(), RegexSplitter()):
        packaged_terms(reader, tmp_path)
    assert len(list(tmp_path.glob("alias-terms-*.json"))) == 2


def test_where_nothing_can_be_kept_the_names_are_read_every_time(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    aliases = load_aliases(None, RegexSplitter(), tmp_path / "file" / "cache")
    assert named(aliases) == named(Aliases(load_groups(), RegexSplitter(), load_translations()))


def test_a_users_file_adds_to_the_packaged_list(tmp_path: Path) -> None:
    path = tmp_path / "별칭.txt"
    path.write_text("# 우리 말\n  # 들여 쓴 설명, 쉼표가 있는\n\n한빛, 한빛전자 ,HB\n홀로\n, ,\n", encoding="utf-8")
    assert load_groups(path) == [*load_groups(), ["한빛", "한빛전자", "HB"]]


def test_a_users_file_may_be_cp949_or_carry_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for data in ("회사, 우리 회사\n".encode("cp949"), "회사, 우리 회사\n".encode("utf-8-sig")):
        path.write_bytes(data)
        assert load_groups(path)[-1] == ["회사", "우리 회사"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    garbled = tmp_path / "garbled.txt"
    garbled.write_bytes(b"\xff\xfe\xfa\xfb\xfc")
    for path in (tmp_path / "없음.txt", tmp_path, garbled):
        with pytest.raises(ReadError) as caught:
            load_groups(path)
        assert str(path) in caught.value.korean
        assert str(path) in caught.value.english
