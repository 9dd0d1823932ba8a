"""Bytes to text (reliability rows T2, T3): the right encoding, or a refusal that names the byte. Never a guess."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import EncodingError, ReadError
from index.reading.plain_text.decoding import decode

NEWS = "KT는 21일 “똠방각하”를 다시 방영한다고 밝혔다. 아햏햏 세대와 펲시콜라도 반겼다.\n"
PLAIN = "서울시는 10일 새 도서관의 문을 열었다고 밝혔다."  # every syllable of it is in EUC-KR's 2,350

CHINESE = [
    "中华人民共和国",
    "公司发布了新产品，价格为一百元。",
    "今天天气很好，我们去公园散步吧。",
    "北京",
    "你好",
]
TAIWANESE = ["中華民國", "公司發布了新產品，價格為一百元。", "你好", "今天天氣很好，我們去公園散步吧。"]
JAPANESE = [
    "こんにちは",
    "これはペンです",
    "ありがとうございます",
    "東京",
    "カタカナ",
    "株式会社日立製作所は新製品を発表した。",
]
FOREIGN = [
    *(("gb18030", text) for text in CHINESE),
    *(("big5", text) for text in TAIWANESE),
    *(("shift_jis", text) for text in JAPANESE),
    *(("euc_jp", text) for text in JAPANESE),
    ("latin-1", "Le café est très cher à Besançon."),
    ("latin-1", "Ärger mit der Straßenbahn in München"),
    ("koi8-r", "Москва слезам не верит"),
]


def refusal(data: bytes, encoding: str | None = None) -> str:
    """The English message of the refusal."""
    with pytest.raises(ReadError) as caught:
        decode(data, encoding)
    return caught.value.english


@pytest.mark.parametrize(
    ("codec", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
        ("cp949", b""),
    ],
)
def test_korean_files_read_back_whole_and_without_their_mark(codec: str, mark: bytes) -> None:
    assert decode(mark + NEWS.encode(codec)) == NEWS


def test_euc_kr_is_read_as_the_part_of_cp949_that_it_is() -> None:
    assert decode(PLAIN.encode("euc_kr")) == PLAIN


@pytest.mark.parametrize(
    "text", ["똠방각하", "서울", "한국어", "아햏햏 그리고 펲시", "대한민국 大韓民國", "ㅋㅋㅋㅋ 좋다"]
)
def test_short_cp949_texts_that_detectors_take_for_something_else(text: str) -> None:
    assert decode(text.encode("cp949")) == text


def test_a_text_of_rare_syllables_alone_is_refused_and_read_when_its_encoding_is_named() -> None:
    """A lone 햏 is the same two bytes as other encodings' everyday letters."""
    data = "햏".encode("cp949")
    assert "byte 0" in refusal(data)
    assert decode(data, "cp949") == "햏"


def test_korean_counts_bytes_from_the_first() -> None:
    for encoding, korean, english in ((None, "4번째 바이트", "byte 3"), ("utf-8", "4번째 바이트", "byte 3")):
        with pytest.raises(EncodingError) as raised:
            decode(b"KT \xff", encoding)
        assert korean in raised.value.korean
        assert english in raised.value.english


@pytest.mark.parametrize(("codec", "text"), FOREIGN)
def test_other_encodings_are_refused_at_their_first_byte_beyond_ascii(codec: str, text: str) -> None:
    data = b"title: " + text.encode(codec)
    first = next(place for place, byte in enumerate(data) if byte > 0x7F)
    assert f"at byte {first}." in refusal(data)


@pytest.mark.parametrize("codec", ["gb18030", "big5"])
def test_cp949_is_never_taken_for_chinese_though_these_codecs_decode_it(codec: str) -> None:
    data = "똠방각하 다시 방영".encode("cp949")
    assert data.decode(codec, "replace") != "똠방각하 다시 방영"
    assert decode(data) == "똠방각하 다시 방영"


def test_utf8_cut_inside_a_syllable_is_refused_where_the_syllable_begins() -> None:
    whole = "한국어 문장이다".encode()
    for cut in (1, 2):
        data = whole[:-cut]
        assert f"at byte {len(whole) - 3}." in refusal(data)


def test_one_bad_byte_in_a_long_utf8_text_is_found() -> None:
    data = "가나다라".encode() * 1000 + b"\xff" + "마바사".encode()
    assert "at byte 12000." in refusal(data)


@pytest.mark.parametrize("text", ["¾È³çÇÏ¼¼¿ä, ´ëÇÑ¹Î±¹", "¾È³ç", "ì\x95\x88ë\x85\x95í\x95\x98ì\x84¸ì\x9a\x94"])
def test_korean_once_read_as_latin_1_and_saved_as_utf8_is_refused(text: str) -> None:
    assert "at byte 3." in refusal(b"KT " + text.encode())


@pytest.mark.parametrize(
    "text",
    ["Le café à 25°C, ±3 µm", "naïve résumé «été»", "Ärger über Öl", "½ £5 ©2024", "서울의 café", "Привет", "日本語"],
)
def test_real_text_in_utf8_is_never_taken_for_garbled_korean(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        ("KT plan".encode("utf-16-le"), 1),
        ("KT plan".encode("utf-16-be"), 0),
        ("KT는 세계로".encode("utf-16-le"), 4),
        ("KT 안녕하세요".encode("iso2022_kr"), 3),
        ("KT こんにちは".encode("iso2022_jp"), 3),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 0),
        (b"text\x00\x01\x02", 4),
    ],
)
def test_unmarked_utf16_iso_2022_and_binary_files_are_refused(data: bytes, offset: int) -> None:
    assert f"at byte {offset}." in refusal(data)


def test_a_marked_file_cut_in_half_a_character_is_refused() -> None:
    assert "utf-16 at byte" in refusal("한글".encode("utf-16")[:-1])


class TestNamedEncoding:
    """``--encoding`` is obeyed, and nothing else is tried."""

    def test_reads_what_the_rules_would_refuse(self) -> None:
        assert decode("你好，世界".encode("gb18030"), "gb18030") == "你好，世界"

    def test_overrules_the_rules(self) -> None:
        assert decode("¾È³ç".encode(), "utf-8") == "¾È³ç"

    @pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
    def test_a_mark_is_no_part_of_the_text(self, codec: str) -> None:
        assert decode("\ufeff한글".encode(codec), codec) == "한글"

    def test_bytes_that_do_not_fit_are_refused(self) -> None:
        assert "not valid utf-8 at byte 3." in refusal("KT 한글".encode("cp949"), "utf-8")

    @pytest.mark.parametrize("name", ["klingon", "hex", "base64", "undefined", ""])
    def test_a_name_that_is_no_text_encoding(self, name: str) -> None:
        if name:
            assert name in refusal("한글".encode(), name)
        else:
            assert decode("한글".encode(), name) == "한글"


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00\x0e\x0f\x1b\ufeff"), max_size=40))
def test_utf8_with_a_letter_of_hangul_always_reads_back(text: str) -> None:
    assert decode(f"{text}한".encode()) == f"{text}한"


@given(st.binary(max_size=60))
def test_bytes_give_text_or_a_refusal_and_nothing_else(data: bytes) -> None:
    try:
        text = decode(data)
    except ReadError:
        assert "byte" in refusal(data)
    else:
        assert decode(text.encode(), "utf-8") == text.removeprefix("\ufeff")
