"""Coded vectors against their slow twins, and that a number means for good what it means today."""

from hashlib import sha256
from importlib.resources import files

import faiss
import numpy as np
import pytest

from index.articles import Article, Passage, Sentence
from index.encoders.bundled import BundledEncoder
from index.store.checksums import SealBrokenError
from index.store.rows import PassageRow, SentenceRow, StoredArticle, code_vectors
from index.store.vector_codecs import (
    PLAIN,
    Coding,
    ProductCode,
    Scale,
    coding_for,
    coding_numbered,
    decoded_passages,
    decoded_sentences,
    pack_sevens,
    packaged_coding,
    unit,
    unpack_sevens,
)

DRAW = np.random.default_rng(5)
CODE = ProductCode(DRAW.standard_normal((6, 256, 4)).astype(np.float32))
CODINGS = pytest.mark.parametrize("coding", [PLAIN, packaged_coding()], ids=["plain", "packaged"])
DIM = BundledEncoder.dim


def near(scale: Scale, rows: int) -> np.ndarray:
    """Unit vectors such as the packaged encoder gives: around the middle of what the scale spans."""
    middle, spread = scale.low + 63.5 * scale.step, 12.5 * scale.step
    return unit((middle + spread * DRAW.standard_normal((rows, len(middle)))).astype(np.float32))


PASSAGES = near(packaged_coding().scale, 30)
SENTENCES = unit((PASSAGES + 0.2 / DIM**0.5 * DRAW.standard_normal(PASSAGES.shape)).astype(np.float32))


class TestProductCode:
    def test_each_part_is_its_nearest_centroid(self) -> None:
        vectors = DRAW.standard_normal((20, 24)).astype(np.float32)
        codes = np.frombuffer(CODE.encode(vectors), dtype=np.uint8).reshape(20, 6)
        for vector, code in zip(vectors, codes, strict=True):
            for part in range(6):
                away = ((CODE.centroids[part] - vector[part::6]) ** 2).sum(axis=1)
                assert away[code[part]] == pytest.approx(away.min(), abs=1e-5)

    def test_a_few_rows_are_coded_by_one_thread(self) -> None:
        """A second one has nothing to do, and waits for its turn by spinning."""
        faiss.omp_set_num_threads(2)
        CODE.encode(DRAW.standard_normal((1, 24)).astype(np.float32))
        assert faiss.omp_get_max_threads() == 1

    def test_decoding_looks_up_each_component(self) -> None:
        codes = DRAW.integers(0, 256, (7, 6), dtype=np.uint8)
        slow = [[CODE.centroids[place % 6, code[place % 6], place // 6] for place in range(24)] for code in codes]
        np.testing.assert_array_equal(CODE.decode(codes.tobytes(), 7), np.array(slow, dtype=np.float32))

    @pytest.mark.parametrize(("data", "rows"), [(bytes(6), 2), (bytes(12), 1), (bytes(7), 1), (b"", 0)])
    def test_anything_but_whole_rows_is_damage(self, data: bytes, rows: int) -> None:
        with pytest.raises(SealBrokenError):
            CODE.decode(data, rows)


class TestScale:
    def test_within_half_a_step_and_cut_off_outside(self) -> None:
        scale = Scale(np.array([-1.0, 0.0], dtype=np.float32), np.array([0.01, 0.1], dtype=np.float32), 255)
        vectors = np.array([[-0.996, 0.26], [9.0, -9.0]], dtype=np.float32)
        assert scale.encode(vectors).tolist() == [[0, 3], [255, 0]]
        np.testing.assert_allclose(scale.decode(scale.encode(vectors)), [[-1.0, 0.3], [1.55, 0.0]], atol=1e-6)


class TestSevens:
    def test_come_back_from_seven_eighths_of_the_bytes(self) -> None:
        codes = DRAW.integers(0, 128, (9, 24), dtype=np.uint8)
        packed = pack_sevens(codes)
        assert packed.shape == (9, 21)
        np.testing.assert_array_equal(unpack_sevens(packed), codes)

    def test_any_bytes_are_numbers(self) -> None:
        packed = DRAW.integers(0, 256, (9, 21), dtype=np.uint8)
        np.testing.assert_array_equal(pack_sevens(unpack_sevens(packed)), packed)


@CODINGS
class TestEveryCoding:
    def test_what_is_decoded_encodes_to_the_same_bytes(self, coding: Coding) -> None:
        """So a copy of a copy is the first one: backups, and indexes taken from indexes, lose nothing."""
        codes = coding.encode_passages(PASSAGES)
        read = coding.decode_passages(codes, 30)
        assert coding.encode_passages(read) == codes
        codes = coding.encode_sentences(SENTENCES, read)
        assert coding.encode_sentences(coding.decode_sentences(codes, read), read) == codes

    def test_each_takes_as_many_bytes_as_it_says(self, coding: Coding) -> None:
        assert len(coding.encode_passages(PASSAGES)) == 30 * coding.passage_bytes(DIM)
        assert len(coding.encode_sentences(SENTENCES, PASSAGES)) == 30 * coding.sentence_bytes(DIM)

    def test_rows_by_themselves_are_coded_as_together(self, coding: Coding) -> None:
        alone = [coding.encode_passages(row[None]) for row in PASSAGES]
        assert b"".join(alone) == coding.encode_passages(PASSAGES)
        alone = [
            coding.encode_sentences(*(row[None] for row in both)) for both in zip(SENTENCES, PASSAGES, strict=True)
        ]
        assert b"".join(alone) == coding.encode_sentences(SENTENCES, PASSAGES)

    def test_a_length_that_is_no_whole_number_of_rows(self, coding: Coding) -> None:
        with pytest.raises(SealBrokenError):
            coding.decode_passages(bytes(767), 2)
        with pytest.raises(SealBrokenError):
            coding.decode_sentences(bytes(767), PASSAGES[:2])

    def test_is_found_by_its_number(self, coding: Coding) -> None:
        assert type(coding_numbered(coding.number)) is type(coding)

    def test_vectors_keep_their_direction(self, coding: Coding) -> None:
        passages = coding.decode_passages(coding.encode_passages(PASSAGES), 30)
        sentences = coding.decode_sentences(coding.encode_sentences(SENTENCES, passages), passages)
        assert (passages * PASSAGES).sum(axis=1).min() > 0.999
        assert (unit(sentences) * SENTENCES).sum(axis=1).min() > 0.97  # noise, of which hardly anything can be coded
        np.testing.assert_allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-3)


def test_the_packaged_one_is_the_packaged_encoder_s_alone() -> None:
    packaged = packaged_coding()
    assert coding_for(BundledEncoder.fingerprint) is packaged
    assert coding_for("another/384") is coding_for(None) is PLAIN


def test_a_sentence_is_its_passage_and_a_rest() -> None:
    """A sentence that is what its passage leads to expect is read as just that, and nearer the nearer it is."""
    packaged = packaged_coding()
    away = []
    for share in (1.0, 0.5, 0.0):
        sentences = unit(PASSAGES + share * (SENTENCES - PASSAGES))
        found = packaged.decode_sentences(packaged.encode_sentences(sentences, PASSAGES), PASSAGES)
        away.append(float(np.linalg.norm(found - sentences, axis=1).mean()))
    assert away[0] > away[1] > away[2]


class TestAnArticle:
    """Three passages, the second beginning with the first's last sentence; a fifth sentence stands in none."""

    def stored(self) -> StoredArticle:
        sentences = [Sentence("글", start, start + 9) for start in range(0, 50, 10)]
        rows = tuple(
            SentenceRow(sentence, (), SENTENCES[place])
            for sentence, place in zip(sentences, (0, 0, 1, 2, 9), strict=True)
        )
        parts = sentences[:2], sentences[1:3], sentences[3:4]
        passages = tuple(
            PassageRow(Passage("글", "", part[0].start, part[-1].end, "", tuple(part)), (), PASSAGES[place])
            for place, part in enumerate(parts)
        )
        return StoredArticle(Article("글", "", "가" * 50), "", (), rows, passages)

    def test_each_sentence_is_kept_with_the_first_passage_that_holds_it(self) -> None:
        kept = self.stored().sentences_of()
        assert [[row.sentence.start for row in own] for own in kept] == [[0, 10], [20], [30]]

    @CODINGS
    def test_what_is_written_is_read(self, coding: Coding) -> None:
        stored = self.stored()
        kept, number = stored.sentences_of(), bytes([coding.number])
        coded = code_vectors(stored.passages, kept, coding)
        passages = decoded_passages([number + own for own, _ in coded])
        read = decoded_sentences([number + of_sentences for _, of_sentences in coded], [2, 1, 1], passages)
        for found, row in zip(read, [row for own in kept for row in own], strict=True):
            assert unit(found[None])[0] @ row.vector > 0.97

    def test_nothing_is_nothing(self) -> None:
        assert code_vectors([], [], packaged_coding()) == []
        assert decoded_passages([]).shape == (0, 0)
        assert decoded_sentences([b"\x02"], [0], PASSAGES[:1]).shape == (0, DIM)


@pytest.mark.parametrize("number", [1, 3])
def test_an_unknown_number_is_damage(number: int) -> None:
    with pytest.raises(SealBrokenError):
        coding_numbered(number)


def test_a_number_is_for_good() -> None:
    """What is written in it is read with these arrays, and with any others every vector in it would be lost."""
    held = sha256()
    with np.load(str(files("index").joinpath("data/vector_codes.npz"))) as arrays:
        for name in ("encoder", "low", "step", "offset", "basis", "rest"):
            held.update(arrays[name].tobytes())
    assert held.hexdigest() == "7d1e919798c6b4d7fde267a95618fcbd58e20a51e39b17826a2dbb8d8381c601"


def test_no_two_centroids_of_a_part_are_the_same() -> None:
    """Or what is decoded would not encode to the same bytes."""
    assert all(len(np.unique(part, axis=0)) == 256 for part in packaged_coding()._rest.centroids)
