"""The packaged encoder in a process of its own: the same values, the same errors, and no waiting for the dead."""

from pathlib import Path

import numpy as np
import pytest

from index.bundled_encoder import BundledEncoder
from index.encoder import EncoderInput
from index.encoder_process import EncoderProcess
from index.errors import ModelError, StorageError

pytestmark = pytest.mark.model
PASSAGE = "KT가 새 회사를 세운다. 매출 목표는 4조6000억 원이다."


def test_values_are_those_of_the_encoder_itself(model_cache: Path) -> None:
    here, there = BundledEncoder(model_cache), EncoderProcess(model_cache)
    try:
        there.warm()
        question, words = "매출 목표는 얼마인가?", ((0, 2), (3, 5))
        items = [EncoderInput("제목", PASSAGE, ((0, 14), (15, len(PASSAGE))), ((0, 2), (15, 17)))]
        assert there.fingerprint == here.fingerprint
        assert there.count_tokens([PASSAGE, ""]) == here.count_tokens([PASSAGE, ""])
        np.testing.assert_allclose(there.encode_queries([question]), here.encode_queries([question]), atol=1e-5)
        np.testing.assert_allclose(there.encode_words(question, words), here.encode_words(question, words), atol=1e-5)
        (ours,), (theirs,) = here.encode_passages(items), there.encode_passages(items)
        for name in ("passage", "sentences", "words"):
            np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), atol=1e-5)
    finally:
        there.close()


def test_an_error_comes_back_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("이 이름의 폴더를 만들 수 없다")
    encoder = EncoderProcess(tmp_path / "file")
    try:
        with pytest.raises(StorageError, match="GEUNGEO_CACHE") as caught:
            encoder.warm()
        assert "GEUNGEO_CACHE" in caught.value.english
    finally:
        encoder.close()


def test_a_dead_process_is_an_error_and_not_a_wait(model_cache: Path) -> None:
    encoder = EncoderProcess(model_cache)
    encoder.warm()
    encoder._process.kill()
    encoder._process.join()
    with pytest.raises(ModelError, match="멈췄습니다"):
        encoder.encode_queries(["누가 듣고 있나?"])
    encoder.close()
    encoder.close()
