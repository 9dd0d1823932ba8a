"""Coded vectors against their slow twins, and that a number means for good what it means today."""

import numpy as np
import pytest

from index import rows
from index.articles import Sentence
from index.bundled_encoder import BundledEncoder
from index.codings import PLAIN, ByteScale, Coding, ProductCode, coding_for, coding_numbered, packaged_coding, unit
from index.sealing import SealBrokenError
from index.word_basis import WORD_DIM
from tests.fakes import hashed

DRAW = np.random.default_rng(5)
CODE = ProductCode(DRAW.standard_normal((6, 256, 4)).astype(np.float32), 24)
CODINGS = pytest.mark.parametrize("coding", [PLAIN, packaged_coding()], ids=["plain", "packaged"])
DIM = BundledEncoder.dim
TEXTS = [f"{place}번째 글은 {word}에 관한 것이다" for place, word in enumerate("가나다라마바사아자차카타파하")]


def near(scale: ByteScale, rows: int) -> np.ndarray:
    """Unit vectors such as the packaged encoder gives: around the middle of what the scale spans."""
    middle, spread = scale.low + 127.5 * scale.step, 25 * scale.step
    return unit((middle + spread * DRAW.standard_normal((rows, len(middle)))).astype(np.float32))


WORDS = hashed(TEXTS, WORD_DIM)
OF = near(packaged_coding().scale, 4), (5, 0, 2, len(TEXTS) - 7)  # their sentences, and how many each has


class TestProductCode:
    def test_each_part_is_its_nearest_centroid(self) -> None:
        vectors = DRAW.standard_normal((20, 24)).astype(np.float32)
        codes = np.frombuffer(CODE.encode(vectors), dtype=np.uint8).reshape(20, 6)
        for vector, code in zip(vectors, codes, strict=True):
            for part in range(6):
                away = ((CODE.centroids[part] - vector[part::6]) ** 2).sum(axis=1)
                assert away[code[part]] == pytest.approx(away.min(), abs=1e-5)

    def test_decoding_looks_up_each_component(self) -> None:
        codes = DRAW.integers(0, 256, (7, 6), dtype=np.uint8)
        slow = [[CODE.centroids[place % 6, code[place % 6], place // 6] for place in range(24)] for code in codes]
        np.testing.assert_array_equal(CODE.decode(codes.tobytes()), np.array(slow, dtype=np.float32))

    def test_parts_that_lack_a_component(self) -> None:
        """Eleven components in four parts: 0 4 8, 1 5 9, 2 6 10, 3 7."""
        centroids = DRAW.standard_normal((4, 256, 3)).astype(np.float32)
        centroids[3, :, 2] = 0
        code = ProductCode(centroids, 11)
        found = code.decode(bytes([1, 2, 3, 4]))
        assert found.tolist() == [[centroids[place % 4, 1 + place % 4, place // 4] for place in range(11)]]
        assert code.encode(found) == bytes([1, 2, 3, 4])

    def test_nothing_is_no_row(self) -> None:
        assert CODE.decode(b"").shape == (0, 24)


class TestByteScale:
    def test_within_half_a_step_and_cut_off_outside(self) -> None:
        scale = ByteScale(np.array([-1.0, 0.0], dtype=np.float32), np.array([0.01, 0.1], dtype=np.float32))
        vectors = np.array([[-0.996, 0.26], [9.0, -9.0]], dtype=np.float32)
        assert scale.encode(vectors).tolist() == [[0, 3], [255, 0]]
        np.testing.assert_allclose(scale.decode(scale.encode(vectors)), [[-1.0, 0.3], [1.55, 0.0]], atol=1e-6)


@CODINGS
class TestEveryCoding:
    def test_what_is_decoded_encodes_to_the_same_bytes(self, coding: Coding) -> None:
        """So a copy of a copy is the first one: backups, and indexes taken from indexes, lose nothing."""
        vectors = near(packaged_coding().scale, 30)
        for encode, decode in (
            (coding.encode_sentences, lambda data: coding.decode_sentences(data, 30)),
            (coding.encode_passages, lambda data: coding.decode_passages(data, 30)),
        ):
            assert encode(decode(encode(vectors))) == encode(vectors)
        code = coding.encode_words(WORDS, *OF)
        assert coding.encode_words(coding.decode_words(code, WORD_DIM, *OF), *OF) == code

    def test_each_takes_as_many_bytes_as_it_says(self, coding: Coding) -> None:
        vectors = near(packaged_coding().scale, 3)
        assert len(coding.encode_sentences(vectors)) == 3 * coding.sentence_bytes(DIM)
        assert len(coding.encode_passages(vectors)) == 3 * coding.passage_bytes(DIM)
        assert len(coding.encode_words(WORDS, *OF)) == len(WORDS) * coding.word_bytes(WORD_DIM)
        assert coding.encode_words(WORDS[:0], vectors, [0, 0, 0]) == b""
        assert coding.decode_words(b"", WORD_DIM, vectors, [0, 0, 0]).shape == (0, WORD_DIM)

    def test_rows_by_themselves_are_coded_as_together(self, coding: Coding) -> None:
        """Words too: a sentence is written by itself and read beside others."""
        vectors = near(packaged_coding().scale, 5)
        assert b"".join(coding.encode_sentences(row[None]) for row in vectors) == coding.encode_sentences(vectors)
        assert b"".join(coding.encode_passages(row[None]) for row in vectors) == coding.encode_passages(vectors)
        parts = np.split(WORDS, np.cumsum(OF[1])[:-1])
        alone = [coding.encode_words(own, of[None], [len(own)]) for own, of in zip(parts, OF[0], strict=True)]
        assert b"".join(alone) == coding.encode_words(WORDS, *OF)
        read = [
            coding.decode_words(data, WORD_DIM, of[None], [len(own)])
            for data, own, of in zip(alone, parts, OF[0], strict=True)
        ]
        np.testing.assert_allclose(np.concatenate(read), coding.decode_words(b"".join(alone), WORD_DIM, *OF), atol=1e-6)

    def test_a_length_that_is_no_whole_number_of_rows(self, coding: Coding) -> None:
        for decode in (coding.decode_sentences, coding.decode_passages):
            with pytest.raises(SealBrokenError):
                decode(bytes(767), 2)

    def test_is_found_by_its_number(self, coding: Coding) -> None:
        assert coding_numbered(coding.number) is coding

    def test_passages_keep_their_direction(self, coding: Coding) -> None:
        vectors = near(packaged_coding().scale, 50)
        found = coding.decode_passages(coding.encode_passages(vectors), 50)
        assert (found * vectors).sum(axis=1).min() > 0.999
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)  # what FAISS's rows must hold


def test_the_packaged_one_is_the_packaged_encoder_s_alone() -> None:
    packaged = packaged_coding()
    assert coding_for(BundledEncoder.fingerprint) is packaged
    assert coding_for("another/384") is coding_for(None) is PLAIN
    assert packaged.decode_sentences(packaged.encode_sentences(near(packaged.scale, 1)), 1).shape == (1, DIM)
    assert packaged.expected.shape == (DIM, WORD_DIM)


def test_a_word_is_what_its_sentence_leads_to_expect_and_a_rest() -> None:
    packaged = packaged_coding()
    code = packaged.encode_words(WORDS, *OF)
    expected = np.stack([OF[0][of] @ packaged.expected for of, count in enumerate(OF[1]) for _ in range(count)])
    assert code == packaged.words.encode(WORDS - expected)
    np.testing.assert_allclose(
        packaged.decode_words(code, WORD_DIM, *OF), expected + packaged.words.decode(code), atol=1e-6
    )


@CODINGS
@pytest.mark.parametrize("together", [1, 2, 256])
def test_sentences_are_written_alike_however_many_at_once(
    coding: Coding, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "_CODED_TOGETHER", together)
    vectors, counts = OF
    words = np.split(WORDS, np.cumsum(counts)[:-1])
    words[1] = np.empty((0, 0), dtype=np.float32)  # as of a sentence without a word
    expected = []
    for vector, own in zip(vectors, words, strict=True):
        code = coding.encode_sentences(vector[None])
        expected.append((code, coding.encode_words(own, coding.decode_sentences(code, 1), [len(own)])))
    some = [rows.SentenceRow(Sentence("a", 0, 1), (), *both) for both in zip(vectors, words, strict=True)]
    assert list(rows.coded(some, coding)) == expected
    assert list(rows.coded([], coding)) == []


def test_an_unknown_number_is_damage() -> None:
    with pytest.raises(SealBrokenError):
        coding_numbered(2)


def test_no_two_centroids_of_a_part_are_the_same() -> None:
    """Or what is decoded would not encode to the same bytes."""
    assert all(len(np.unique(part, axis=0)) == 256 for part in packaged_coding().words.centroids)
