"""What is searched of a gold question in another form is the same question, with the real Kiwi."""

import unicodedata

import pytest

from eval.datasets.gold import GOLD_FILE, load_gold
from eval.robustness.forms import TRANSFORMATIONS
from index.articles import Article
from index.korean.sentences import SentenceSplitter
from index.reading.readers import read_articles
from rag.question.aliases import Aliases
from rag.question.question import Question, read_question

pytestmark = pytest.mark.model
BY_NAME = {each.name: each for each in TRANSFORMATIONS}
SAME = ("nfd", "full_width", "nbsp", "ideographic_space")
MENDED = ("hangul_as_english", "word_as_english", "english_as_hangul")
ASKED = "KT와 MS가 한국에 4조6000억 원을 투자하는 이유는?"


@pytest.fixture(scope="module")
def questions() -> list[str]:
    from importlib.resources import as_file, files

    with as_file(files("seeds")) as folder:
        articles = [read for read in read_articles([folder]) if isinstance(read, Article)]
    return [question.text for question in load_gold(articles, GOLD_FILE).questions if question.answerable]


def test_particles_and_names_as_kiwi_reads_them(splitter: SentenceSplitter) -> None:
    made = {name: each(ASKED, splitter.tokenize) for name, each in BY_NAME.items()}
    assert made["no_particles"] == "KT와 MS가 한국에 4조6000억 원 투자하는 이유?"  # Kiwi takes 가 behind MS for no 조사
    assert made["microsoft_hangul"] == "KT와 마이크로소프트가 한국에 4조6000억 원을 투자하는 이유는?"
    assert made["hanja"] in {
        ASKED.replace("한국", "韓國"),
        ASKED.replace("투자", "投資"),
        ASKED.replace("이유", "理由"),
    }


def test_forms_that_only_look_different_are_one_question(splitter: SentenceSplitter, questions: list[str]) -> None:
    aliases = Aliases([], splitter)
    for text in questions[::7]:
        plain = searched(read_question(text, splitter, aliases))
        for name in SAME:
            typed = BY_NAME[name](text, splitter.tokenize) or text
            assert searched(read_question(typed, splitter, aliases)) == plain, name


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

    wrong = mended = 0
    for text in questions[::3]:
        assert read_question(text, splitter, aliases, frequency).text == unicodedata.normalize("NFC", text)
        for name in MENDED:
            typed = BY_NAME[name](text, splitter.tokenize)
            if typed is not None:
                wrong += 1
                mended += read_question(typed, splitter, aliases, frequency).text.casefold() == text.casefold()
    assert wrong > 100
    assert mended / wrong > 0.5  # letter for letter; the search needs less
