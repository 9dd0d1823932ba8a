"""The packaged pieces through sentencepiece, against Hugging Face's tokenizers over the same pieces."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tokenizers import Tokenizer as HFTokenizer

from index.encoders.tokenizer import Tokenizer, Tokens, build_tokenizer
from index.encoders.weights import Weights, read_weights, weights_path
from index.errors import ModelError
from index.system.cached_file import cached_file
from tests.support.hf_tokenizer import build_hf_tokenizer

pytestmark = pytest.mark.model
DATA = Path(__file__).parents[4] / "shared" / "data"
TEXTS = [
    "query: KT는 2027년까지 AI에 얼마를 투자하나?",
    "what is retrieval augmented generation",
    "두  칸\t과\n줄\u3000바꿈\xa0과\u2028끝",
    "𠮷野家 𠮷😀😀 이모지😀",
    "①번 ㎡ ﬁ ㈜한빛 ＡＢＣ",
    "\u1112\u1161\u11ab\u1100\u1173\u11af 한글",  # the first word in conjoining jamo
    "a" * 300,
    "가나다" * 100,
    "ㅋㅋㅋ ㄱㅅ 樂 Ⅷ",
]
# What stands together whatever the text: letters of Korean pages, spaces of all kinds, marks that NFKC changes.
LETTERS = st.sampled_from(
    [*"가나다라마하는을의 KTai09.,?()“”%‘’·\n\t\xa0\u3000ﬁ㎡①ＡΩ樂é", "\u1100\u1161", "e\u0301", "  "]
)


@pytest.fixture(scope="module")
def packaged() -> Weights:
    return read_weights(weights_path())


@pytest.fixture(scope="module")
def built(packaged: Weights) -> bytes:
    return build_tokenizer(packaged)


@pytest.fixture(scope="module")
def ours(built: bytes) -> Tokenizer:
    return Tokenizer(built, read_weights(weights_path(), vocabulary=False))


@pytest.fixture(scope="module")
def theirs(packaged: Weights) -> HFTokenizer:
    return build_hf_tokenizer(packaged)


def assert_alike(ours: Tokenizer, theirs: HFTokenizer, text: str) -> None:
    (found,) = ours.encode([text])
    expected = theirs.encode(text)
    assert found.ids == expected.ids
    assert len(found.middles) == len(found.ids)
    assert ours.count([text]) == [len(expected.ids) - 2]


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_ids(ours: Tokenizer, theirs: HFTokenizer, text: str) -> None:
    assert_alike(ours, theirs, text)


@given(st.lists(LETTERS, max_size=40).map("".join).map(str.strip))
def test_the_same_ids_for_any_mixture(ours: Tokenizer, theirs: HFTokenizer, text: str) -> None:
    """Of cuts that are equally likely (K|KK, KK|K) each library takes its own."""
    (found,) = ours.encode([text])
    assert sorted(found.ids) == sorted(theirs.encode(text).ids)


@pytest.mark.parametrize("name", ["easylaw_senior_qa", "welfare_qa", "korquad1"])
def test_the_same_ids_for_public_questions(ours: Tokenizer, theirs: HFTokenizer, name: str) -> None:
    path = DATA / name / "queries.jsonl"
    if not path.is_file():
        pytest.skip(f"no data set {name}")
    for line in path.read_text("utf-8").splitlines()[:300]:
        assert_alike(ours, theirs, f"query: {json.loads(line)['text'].strip()}")


@pytest.mark.parametrize(
    "text", ["KT는 2027년까지 AI에  7조 원을\n\n투자하나?", "끝. ㈜한빛의 ①번 ㎡", "앞 \t\n 뒤  ", "가"]
)
def test_places_are_those_of_the_text_as_given(ours: Tokenizer, theirs: HFTokenizer, text: str) -> None:
    (found,) = ours.encode([text.strip()])
    expected = [(start + end) / 2 for start, end in theirs.encode(text.strip()).offsets]
    assert np.abs(found.middles - expected).max() <= 0.5, "the letters of ㈜ are divided otherwise"
    assert found.middles[0] == found.middles[-1] == 0.0


@given(st.lists(st.sampled_from([*"가나다 KT1.,", "\n", "  ", "한국 "]), max_size=40).map("".join).map(str.strip))
def test_the_same_places_where_letters_stay_letters(ours: Tokenizer, theirs: HFTokenizer, text: str) -> None:
    text = f"passage: {text}".strip()
    (found,), expected = ours.encode([text]), theirs.encode(text)
    assume(found.ids == expected.ids)
    assert found.middles.tolist() == [(start + end) / 2 for start, end in expected.offsets]


@pytest.mark.parametrize("text", ["<s>", "</s>", "<pad>", "<mask>", "앞 <mask> 뒤 </s>"])
def test_no_text_is_read_as_a_special_token(packaged: Weights, ours: Tokenizer, text: str) -> None:
    (found,) = ours.encode([text])
    special = {packaged.bos, packaged.eos, packaged.pad, len(packaged.pieces) - 1}
    assert not special & set(found.ids[1:-1])


def test_a_text_cut_short_keeps_its_end() -> None:
    tokens = Tokens([0, 5, 6, 7, 2], np.array([0.0, 0.5, 1.5, 2.5, 0.0]))
    assert tokens.cut(5) is tokens
    cut = tokens.cut(3)
    assert (cut.ids, cut.middles.tolist()) == ([0, 5, 2], [0.0, 0.5, 0.0])


def test_no_text_at_all(ours: Tokenizer) -> None:
    assert ours.encode([]) == []
    assert ours.count([]) == []
    assert ours.count(["", " "]) == [0, 0]


def test_a_model_that_is_none_says_the_cure(packaged: Weights) -> None:
    with pytest.raises(ModelError) as raised:
        Tokenizer(b"torn", packaged)
    assert ".model" in raised.value.korean
    assert "delete the .model file" in raised.value.english


def test_what_is_built_is_the_same_every_time(packaged: Weights, built: bytes) -> None:
    assert build_tokenizer(packaged) == built


def test_it_is_kept_and_made_again_when_damaged(tmp_path: Path) -> None:
    path, made = tmp_path / "pieces.model", []

    def build() -> bytes:
        made.append(1)
        return b"whole"

    assert cached_file(path, build) == cached_file(path, build) == b"whole"
    path.write_bytes(b"torn")
    assert cached_file(path, build) == b"whole"
    assert len(made) == 2
