"""sentence-transformers on the packaged weights gives the default encoder's vectors; and what it refuses."""

import json
import shutil
import socket
import sys
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest

from index.encoders.base import EncoderInput
from index.encoders.bundled import BundledEncoder
from index.encoders.sentence_transformers import SentenceTransformerEncoder
from index.errors import ModelError
from tests.support.st_model import Float32Encoder, write_model

pytestmark = pytest.mark.torch

SEEDS = Path(__file__).parents[3] / "seeds"
NAME = "multilingual-e5-small"
REVISION = "0123456789abcdef0123456789abcdef01234567"
CURE = "pip install 'geungeo[sentence-transformers]'"
QUERIES = [
    "KT는 2027년까지 AI에 얼마를 투자하나?",
    "대한민국의 수도는?",
    "가",
    "what is retrieval-augmented generation",
    "MS와 KT가 맺은 partnership의 내용은?",
    "한국형 AI를 만드는 까닭과 그 일정, 그리고 여기에 참여하는 회사를 모두 알려 주세요.",
]
MIXED = [
    "KT and Microsoft announced a five-year strategic partnership on cloud and AI.",
    "AX 전문기업(AXD)이 GPT-4o 기반 모델을 Azure에서 fine-tuning한다.",
    "네.",
    "100% 3.5조원, 2,027년 7월 21일 09:30",
    "漢字混用文과 ｆｕｌｌｗｉｄｔｈ, e\u0301, ㈜케이티 😀",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The packaged weights as a sentence-transformers folder; 0.5 GB, gone when the module is done."""
    pytest.importorskip("sentence_transformers", reason="needs the sentence-transformers extra")
    path = write_model(tmp_path_factory.mktemp("models") / NAME)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def encoder(folder) -> SentenceTransformerEncoder:
    encoder = SentenceTransformerEncoder(str(folder))
    encoder.warm()
    return encoder


@pytest.fixture(scope="module")
def float32(model_cache) -> Float32Encoder:
    return Float32Encoder(model_cache)


@pytest.fixture(scope="module")
def int8(model_cache) -> BundledEncoder:
    return BundledEncoder(model_cache)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Paragraphs and whole articles (cut at 512 tokens) of the seeds, and texts of mixed script."""
    articles = [path.read_text() for path in sorted(SEEDS.glob("*.txt"))]
    lines = [line.strip() for article in articles for line in article.split("\n")]
    return [*MIXED, *articles[:2], *[line for line in lines if len(line) >= 20][::9]]


def passages(encoder, texts) -> np.ndarray:
    return np.stack(
        [
            encode_passage.passage
            for encode_passage in encoder.encode_passages([EncoderInput("", text, ()) for text in texts])
        ]
    )


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(axis=1)


@pytest.fixture(scope="module")
def vectors(encoder, float32, int8, texts) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Passages and questions, as each encoder sees them."""
    encoders = {"torch": encoder, "float32": float32, "int8": int8}
    return {
        name: (passages(encoder, texts), np.concatenate([encoder.encode_queries([question]) for question in QUERIES]))
        for name, encoder in encoders.items()
    }


# the same vectors


@pytest.mark.parametrize(("other", "least"), [("float32", 0.9999), ("int8", 0.99)])
def test_agrees_with_the_default_encoder(vectors, texts, other, least):
    """Its float32 graph and the int8 one that is used."""
    assert len(texts) >= 20
    for found, expected in zip(vectors["torch"], vectors[other], strict=True):
        assert cosines(found, expected).min() >= least


@pytest.mark.parametrize(("other", "least"), [("float32", 0.999), ("int8", 0.95)])
def test_ranks_like_the_default_encoder(vectors, other, least):
    """Of all pairs of passages, for every question: which of the two is nearer."""
    scores, expected = (questions @ found.T for found, questions in (vectors["torch"], vectors[other]))
    agree = np.sign(scores[:, :, None] - scores[:, None, :]) == np.sign(expected[:, :, None] - expected[:, None, :])
    assert agree[:, ~np.eye(scores.shape[1], dtype=bool)].mean() >= least
    assert np.array_equal(scores.argmax(axis=1), expected.argmax(axis=1))


def test_counts_the_same_tokens(encoder, int8, texts):
    assert encoder.count_tokens([*texts, *QUERIES, ""]) == int8.count_tokens([*texts, *QUERIES, ""])
    assert encoder.count_tokens([]) == []


def test_shape_dtype_and_unit_rows(encoder):
    assert (encoder.dim, encoder.max_tokens) == (384, 512)
    query = encoder.encode_queries([QUERIES[0]])
    (result,) = encoder.encode_passages([EncoderInput("제목", "첫 문장이다. 둘째.", ((0, 7), (8, 11)))])
    assert query.shape == (1, 384)
    assert result.passage.shape == (384,)
    assert result.sentences.shape == (2, 384)
    assert query.dtype == result.passage.dtype == result.sentences.dtype == np.float32
    for rows in (query, result.passage[None], result.sentences):
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_sentence_is_encoded_on_its_own(encoder, float32):
    text = "KT가 간담회를 열었다. 이 회사는 7조 원을 투자한다."
    (result,) = encoder.encode_passages([EncoderInput("KT 간담회", text, ((0, 13), (14, len(text))))])
    alone = passages(float32, [text[:13], text[14:]])
    whole = float32.encode_passages([EncoderInput("KT 간담회", text, ())])[0].passage
    assert cosines(result.sentences, alone).min() >= 0.9999
    assert result.passage @ whole >= 0.9999


def test_blank_sentences_and_none_and_nothing(encoder):
    blank, none = encoder.encode_passages([EncoderInput("", "가나 다", ((2, 3), (1, 1))), EncoderInput("", "", ())])
    assert np.array_equal(blank.sentences, np.stack([blank.passage] * 2))
    assert none.sentences.shape == (0, 384)
    assert encoder.encode_passages([]) == []


def test_it_has_no_vectors_of_words(encoder):
    assert encoder.encode_words("수도는 어디", ((0, 2), (4, 6))).shape == (2, encoder.word_dim) == (2, 0)
    assert encoder.expect_words([("수도", "어디"), ("서울",)], np.zeros((2, encoder.dim), np.float32)).shape == (3, 0)


def test_order_is_kept_over_batches(encoder):
    short = [f"{number}번 문장" for number in range(70)]
    inputs = [EncoderInput("", text, ((0, len(text)),)) for text in short]
    for position, result in enumerate(encoder.encode_passages(inputs)):
        assert result.passage @ result.sentences[0] > 0.99999
        if position % 23 == 0:
            assert result.passage @ passages(encoder, [short[position]])[0] > 0.99999


# what it is


def test_the_fingerprint_names_model_files_and_prefixes(encoder, folder, tmp_path):
    assert encoder.fingerprint.startswith(f"{NAME}@")
    assert encoder.fingerprint.endswith("/384/512/'query: '-'passage: '")
    moved = linked(folder, tmp_path / NAME)
    assert SentenceTransformerEncoder(str(moved)).fingerprint == encoder.fingerprint
    rewrite(moved / "1_Pooling" / "config.json", {"word_embedding_dimension": 384, "pooling_mode_cls_token": True})
    assert SentenceTransformerEncoder(str(moved)).fingerprint != encoder.fingerprint


@pytest.mark.parametrize(
    ("name", "prompts", "query", "passage"),
    [
        ("some-model", {"query": "질문: ", "document": "문서: "}, "질문: ", "문서: "),
        ("some-model", {"query": "search: "}, "search: ", ""),
        ("multilingual-e5-base", {}, "query: ", "passage: "),
        ("KURE-v1", {}, "", ""),
        pytest.param("bge-m3", {}, "", "", marks=pytest.mark.full),  # half a gigabyte is read for each
        pytest.param("made5-model", {}, "", "", marks=pytest.mark.full),
    ],
)
def test_prefixes(folder, float32, tmp_path, name, prompts, query, passage):
    model = linked(folder, tmp_path / name)
    rewrite(model / "config_sentence_transformers.json", {"prompts": prompts})
    encoder = SentenceTransformerEncoder(str(model))
    assert encoder.fingerprint.endswith(f"{query!r}-{passage!r}")
    for prefix, found in ((query, encoder.encode_queries(["수도는?"])), (passage, passages(encoder, ["수도는?"]))):
        (tokens,) = float32.tokenizer.encode([prefix + "수도는?"])
        mean = float32._states([tokens.ids])[0].mean(axis=0)
        assert found[0] @ (mean / np.linalg.norm(mean)) >= 0.9999


def test_an_instruct_model_of_the_e5_family(folder, tmp_path):
    model = linked(folder, tmp_path / "multilingual-e5-large-instruct")
    rewrite(model / "config_sentence_transformers.json", {"prompts": {}})
    fingerprint = SentenceTransformerEncoder(str(model)).fingerprint
    assert "'Instruct: " in fingerprint
    assert fingerprint.endswith("Query: '-''")


def test_the_longest_passage_is_the_smaller_of_model_and_limit(folder, tmp_path):
    assert SentenceTransformerEncoder(str(folder), max_tokens=64).max_tokens == 64
    model = linked(folder, tmp_path / NAME)
    rewrite(model / "sentence_bert_config.json", {"max_seq_length": 128, "do_lower_case": False})
    short = SentenceTransformerEncoder(str(model))
    assert short.max_tokens == 128
    cut, whole = passages(short, ["가나다라 " * 300, "가나다라 " * 600])
    assert cut @ whole > 0.99999


# where it comes from


def test_a_hub_model_is_read_from_the_cache_without_network(folder, encoder, tmp_path, monkeypatch):
    hub(tmp_path, monkeypatch, folder)
    found = SentenceTransformerEncoder(f"intfloat/{NAME}")
    assert found.fingerprint.startswith(f"intfloat/{NAME}@{REVISION[:12]}/")
    assert cosines(found.encode_queries([QUERIES[0]]), encoder.encode_queries([QUERIES[0]]))[0] > 0.99999
    pinned = SentenceTransformerEncoder(f"intfloat/{NAME}@{REVISION}")
    assert pinned.fingerprint == found.fingerprint


@pytest.mark.parametrize("name", ["intfloat/multilingual-e5-large", f"intfloat/{NAME}@other"])
def test_a_hub_model_that_is_not_here(tmp_path, monkeypatch, name):
    hub(tmp_path, monkeypatch, tmp_path)
    refused(name, name, "HF_HUB_OFFLINE")


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "no-such-model", "a/b/c", "https://example.org/m"])
def test_a_missing_folder_is_named(name, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a folder must not reach the network"))
    refused(name, name)


def test_a_missing_extra_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "model.safetensors").touch()
    for module in ("torch", "sentence_transformers"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            refused(str(tmp_path), str(tmp_path), CURE)


def test_pickled_weights_are_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    refused(str(tmp_path), str(tmp_path), "safetensors")
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "pytorch_model.bin").touch()
    refused(str(tmp_path), str(tmp_path), "safetensors")


def test_code_of_the_model_is_never_run(tmp_path, monkeypatch):
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "geungeo_evil.py").write_text("raise SystemExit('ran')")
    (tmp_path / "modules.json").write_text(json.dumps([{"idx": 0, "path": "", "type": "geungeo_evil.Transformer"}]))
    monkeypatch.syspath_prepend(tmp_path)
    refused(str(tmp_path), str(tmp_path), "geungeo_evil.Transformer")


@pytest.mark.parametrize("content", ["", "{}x", "[1]", '{"a": 1}', "\udcff"])
def test_broken_settings_are_named(tmp_path, content):
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "modules.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    refused(str(tmp_path), "modules.json")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_damaged_model_is_named(folder, tmp_path, name):
    model = linked(folder, tmp_path / NAME)
    (model / name).unlink()
    (model / name).write_text("{")
    refused(str(model), str(model))


def refused(source: str, *words: str) -> None:
    with pytest.raises(ModelError) as caught:
        SentenceTransformerEncoder(source).warm()
    for word in words:
        assert word in caught.value.korean
        assert word in caught.value.english


def linked(folder: Path, target: Path) -> Path:
    """The same model in another folder, its files links, so that one can be replaced."""
    return Path(shutil.copytree(folder, target, copy_function=lambda source, link: Path(link).symlink_to(source)))


def rewrite(path: Path, content: object) -> None:
    path.unlink()
    path.write_text(json.dumps(content), encoding="utf-8")


def hub(cache: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A hub cache that holds the model as ``intfloat/multilingual-e5-small``, and no network."""
    model = cache / f"models--intfloat--{NAME}"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(REVISION)
    (model / "snapshots").mkdir()
    (model / "snapshots" / REVISION).symlink_to(folder, target_is_directory=True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
