"""Search terms: what a particle, an invisible character or a number's form must not hide (T4-T8)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.korean.sentences import SentenceSplitter
from index.korean.terms import bigrams, search_key, strip_ignorable, word_terms
from index.search.lexical import LexicalIndex, LexicalQuery
from index.store.store import IndexRow

CITIES = (
    "서울",
    "부산",
    "대구",
    "인천",
    "광주",
    "대전",
    "울산",
    "전주",
    "춘천",
    "수원",
)  # no 제주: 제주도 is a name too
# 조사 after a consonant, after a vowel, and how the sentence goes on
PARTICLES = (
    ("은", "는", "오래된 도시다."),
    ("이", "가", "가장 붐볐다."),
    ("을", "를", "다시 찾았다."),
    ("에서", "에서", "회의가 열렸다."),
    ("에", "에", "눈이 내렸다."),
    ("의", "의", "인구가 줄었다."),
    ("으로", "로", "기차가 떠났다."),
    ("과", "와", "다른 곳을 비교했다."),
    ("도", "도", "지원을 받는다."),
    ("까지", "까지", "세 시간이 걸린다."),
)


def terms(splitter: SentenceSplitter, text: str) -> tuple[str, ...]:
    return word_terms(splitter.tokenize(text), text)


def sentence(city: str, particle: tuple[str, str, str]) -> str:
    ends_in_vowel = (ord(city[-1]) - ord("가")) % 28 == 0
    after_l = (ord(city[-1]) - ord("가")) % 28 == 8 and particle[0] == "으로"  # 서울로
    return f"{city}{particle[1] if ends_in_vowel or after_l else particle[0]} {particle[2]}"


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory, splitter: SentenceSplitter) -> tuple[LexicalIndex, list[str]]:
    """An index of every city with every particle; passage n is sentence n."""
    sentences = [sentence(city, particle) for city in CITIES for particle in PARTICLES]
    folder = tmp_path_factory.mktemp("cities") / "lexical"
    LexicalIndex.build(
        folder,
        [IndexRow(seq, "글", None, None, " ".join(terms(splitter, text)), text) for seq, text in enumerate(sentences)],
    )
    return LexicalIndex(folder), sentences


@pytest.mark.parametrize("city", CITIES)
def test_a_bare_noun_finds_every_sentence_where_it_carries_a_particle(
    cities: tuple[LexicalIndex, list[str]], splitter: SentenceSplitter, city: str
) -> None:
    index, sentences = cities
    query = LexicalQuery(dict.fromkeys(terms(splitter, city), 1.0), ())
    found = {sentences[seq] for seq, _ in index.search(query, 100)}
    assert found == {sentence(city, particle) for particle in PARTICLES}


@pytest.mark.parametrize("city", CITIES)
def test_bigrams_alone_find_them_too(cities: tuple[LexicalIndex, list[str]], city: str) -> None:
    index, sentences = cities
    found = {sentences[seq] for seq, _ in index.search(LexicalQuery({}, bigrams(city)), 100)}
    assert found == {sentence(city, particle) for particle in PARTICLES}


def test_particles_endings_and_punctuation_are_no_terms(splitter: SentenceSplitter) -> None:
    text = "KT는 지난 21일 서울에서 새로운 사업을 발표했다고 밝혔습니다."
    found = set(terms(splitter, text))
    assert {"kt", "서울", "사업", "발표", "21", "#21", "밝히"} <= found
    assert not found & {"는", "에서", "을", "다고", "습니다", ".", "었", "하"}


@pytest.mark.parametrize(
    "forms",
    [
        ("4조6000억", "4.6조", "4조 6천억", "4,600,000,000,000", "사조 육천억"),
        ("12만3456명", "123,456명", "123456명"),
        ("5천원", "5,000원", "5000 원"),
        ("１５.３%", "15.3%", "15.30%"),
    ],
)
def test_number_forms_share_the_term_of_their_value(splitter: SentenceSplitter, forms: tuple[str, ...]) -> None:
    shared = [{term for term in terms(splitter, form) if term.startswith("#")} for form in forms]
    assert len(shared[0]) == 1
    assert all(found == shared[0] for found in shared)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("서울", ("서울",)),
        ("서울시청", ("서울", "울시", "시청")),
        ("강", ("강",)),
        ("한 강", ("한", "강")),
        ("AI·데이터", ("ai", "데이", "이터")),
        ("ＡＩ", ("ai",)),
        ("가_나", ("가", "나")),
        ("…!? ", ()),
        ("㈜케이티", ("주", "케이", "이티")),
        ("서\u200b울", ("서울",)),
    ],
)
def test_bigrams(text: str, expected: tuple[str, ...]) -> None:
    assert bigrams(text) == expected


class TestSearchKey:
    @pytest.mark.parametrize("text", ["ㅋㅋㅠㅠ", "ㄱㅅ", "ㄱㅏ", "ㅎㅏㄴ글"])
    def test_t4_compatibility_jamo_are_never_composed(self, text: str) -> None:
        assert search_key(text) == text

    @pytest.mark.parametrize("filler", ["\u3164", "\u115f", "\u1160", "\uffa0"])
    def test_t5_fillers_are_nothing(self, filler: str) -> None:
        assert search_key(f"서{filler}울{filler}") == "서울"
        assert strip_ignorable(filler * 3) == ""

    @pytest.mark.parametrize(
        "invisible", ["\u200b", "\u200d", "\u202e", "\u2066", "\u2069", "\u00ad", "\ufeff", "\ufe0f", "\U000e0041"]
    )
    def test_t6_what_nobody_sees_is_nothing(self, invisible: str) -> None:
        assert search_key(f"마이크로{invisible}소프트") == search_key("마이크로소프트")

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("１２３ＡＢ", "123ab"),
            ("㎏", "kg"),
            ("㈜KT", "(주)kt"),
            ("\uf95c", "樂"),
            ("ﾊﾝｸﾞﾙ", "ハングル"),
            ("Microsoft", "MICROSOFT"),
            ("①", "1"),
            ("서울\u00a0시", "서울 시"),
            ("서울\u3000시", "서울 시"),
        ],
    )
    def test_t8_forms_of_one_character_are_one(self, one: str, other: str) -> None:
        assert search_key(one) == search_key(other)

    def test_t1_nfd_is_nfc(self) -> None:
        assert search_key("\u1112\u1161\u11ab\u1100\u1173\u11af") == "한글"

    @given(st.text(max_size=60))
    def test_a_key_of_a_key_is_itself(self, text: str) -> None:
        """Composing may bring a new letter into being (ı, ſ, ligatures), but nothing invisible and no capital A-Z."""
        key = search_key(text)
        assert strip_ignorable(key) == key
        assert not re.search("[A-Z]", key)


@given(text=st.text(alphabet="가나다한국어 AI12조억만,.\u200b\u3164ㅋ漢樂😀\n\x00", max_size=60))
def test_terms_hold_no_space_and_nothing_empty(splitter: SentenceSplitter, text: str) -> None:
    for term in (*terms(splitter, text), *bigrams(text)):
        assert term
        assert term.split() == [term]


def test_terms_are_the_same_for_a_text_with_and_without_invisible_characters(splitter: SentenceSplitter) -> None:
    plain = "마이크로소프트가 서울에서 인공지능을 발표했다"
    hidden = plain.replace("소프트", "\u200b소프트").replace("서울", "\u3164서울")
    assert bigrams(hidden) == bigrams(plain)


def test_the_lexical_folder_is_all_there_is(cities: tuple[LexicalIndex, list[str]]) -> None:
    assert len(cities[0]) == len(CITIES) * len(PARTICLES)
    assert cities[0].document_frequency("서울") == len(PARTICLES)
    assert cities[0].document_frequency("없는말") == 0
