"""The forms of a question change what they say they change, and what is searched of them is the same question."""

import unicodedata

import pytest

from eval.gold import GOLD_FILE, load_gold
from eval.question_forms import forms, one_typo
from index.articles import Article
from index.readers import read_articles
from index.sentences import SentenceSplitter
from rag.aliases import Aliases
from rag.keyboard import take_apart
from rag.question import Question, read_question

pytestmark = pytest.mark.model
ASKED = "KT와 MS가 한국에 4조6000억 원을 투자하는 이유는?"


@pytest.fixture(scope="module")
def made(splitter: SentenceSplitter) -> dict[str, str]:
    return {name: form(ASKED) for name, form in forms(splitter).items()}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("particles dropped", "KT와 MS 한국에 4조6000억 원 투자하는 이유?"),
        ("full width", "ＫＴ와　ＭＳ가　한국에　４조６０００억　원을　투자하는　이유는？"),
        ("no spaces", "KT와MS가한국에4조6000억원을투자하는이유는?"),
        ("Korean mode", "ㅏㅆ와 ㅡㄴ가 한국에 4조6000억 원을 투자하는 이유는?"),
        ("English mode, one word", "KT와 MS가 한국에 4조6000억 원을 xnwkgksms 이유는?"),
        ("numbers written out", "KT와 MS가 한국에 4,600,000,000,000 원을 투자하는 이유는?"),
        ("numbers with units", "KT와 MS가 한국에 4조 6000억 원을 투자하는 이유는?"),
        ("마이크로소프트", "KT와 마이크로소프트가 한국에 4조6000억 원을 투자하는 이유는?"),
        ("Hanja", "KT와 MS가 韓國에 4조6000억 원을 投資하는 理由는?"),
    ],
)
def test_a_form(made: dict[str, str], name: str, text: str) -> None:
    assert made[name] == text


def test_a_typo_is_one_jamo_of_one_syllable() -> None:
    typed = one_typo(ASKED)
    ((old, new),) = [(a, b) for a, b in zip(ASKED, typed, strict=True) if a != b]
    before, after = take_apart(old), take_apart(new)
    assert abs(len(before) - len(after)) <= 1
    assert sum(a != b for a, b in zip(before, after, strict=False)) + abs(len(before) - len(after)) == 1
    assert one_typo("뭐?") == "뭐?"


SAME = ("NFD", "full width", "no-break space", "ideographic space")
MENDED = ("English mode", "English mode, one word", "Korean mode")


@pytest.fixture(scope="module")
def questions() -> list[str]:
    from importlib.resources import as_file, files

    with as_file(files("seeds")) as folder:
        articles = [read for read in read_articles([folder]) if isinstance(read, Article)]
    return [question.text for question in load_gold(articles, GOLD_FILE).questions if question.answerable]


def test_forms_that_only_look_different_are_one_question(splitter: SentenceSplitter, questions: list[str]) -> None:
    aliases = Aliases([], splitter)
    made = forms(splitter)
    for text in questions[::7]:
        plain = searched(read_question(text, splitter, aliases))
        for name in SAME:
            assert searched(read_question(made[name](text), splitter, aliases)) == plain, name


def searched(question: Question) -> tuple[object, ...]:
    return " ".join(question.text.split()), question.words, question.bigrams, question.kind


def test_gold_questions_in_the_wrong_mode_are_read_as_meant_and_right_ones_are_left(
    splitter: SentenceSplitter, questions: list[str]
) -> None:
    """Against an index that knows the gold questions' own words."""
    aliases = Aliases([], splitter)
    known = {word for text in questions for word in read_question(text, splitter, aliases).words}

    def frequency(word: str) -> int:
        return int(word in known)

    made, wrong, mended = forms(splitter), 0, 0
    for text in questions[::3]:
        assert read_question(text, splitter, aliases, frequency).text == unicodedata.normalize("NFC", text)
        for name in MENDED:
            typed = made[name](text)
            if typed != text:
                wrong += 1
                mended += read_question(typed, splitter, aliases, frequency).text.casefold() == text.casefold()
    assert wrong > 100
    assert mended / wrong > 0.5  # letter for letter; the search needs less
