"""The packaged model's tokenizer: its pieces as a sentencepiece model, built once into the cache folder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from index.encoders.weights import Weights
from index.errors import ModelError

TOKENIZER_VERSION = 1
_RULE = "nfkc"
_MARK = "▁"  # a blank, as pieces write it
# sentencepiece knows only the blank as a space; to the model all of them are one.
_BLANKS = {code: " " for code in (*range(0x09, 0x0E), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tokens:
    """``ids``, the special ones at both ends, and ``middles`` (n,) float64: code points of the text, 0 for those two."""

    ids: list[int]
    middles: npt.NDArray[np.float64]

    def cut(self, limit: int) -> "Tokens":
        """Return at most ``limit`` of the tokens, the last of all among them."""
        if len(self.ids) <= limit:
            return self
        return Tokens([*self.ids[: limit - 1], self.ids[-1]], np.append(self.middles[: limit - 1], 0.0))


def build_tokenizer(weights: Weights) -> bytes:
    """Build XLM-RoBERTa's tokenizer as sentencepiece stores one: NFKC, runs of spaces folded, unigram.

    ``weights`` must hold the pieces. No text is ever read as one of the special tokens.
    """
    from sentencepiece import SentencePieceNormalizer, sentencepiece_model_pb2

    model: Any = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]  # made when it is imported
    model.ParseFromString(SentencePieceNormalizer(rule_name=_RULE).serialized_model_proto())
    model.normalizer_spec.MergeFrom(
        type(model.normalizer_spec)(add_dummy_prefix=True, remove_extra_whitespaces=True, escape_whitespaces=True)
    )
    trainer = model.trainer_spec
    trainer.model_type = trainer.UNIGRAM
    trainer.bos_id, trainer.eos_id, trainer.pad_id, trainer.unk_id = weights.bos, weights.eos, weights.pad, weights.unk
    special = {weights.bos, weights.eos, weights.pad, len(weights.pieces) - 1}  # the last is <mask>
    kinds = type(model).SentencePiece
    for number, (piece, score) in enumerate(weights.pieces):
        kind = kinds.UNKNOWN if number == weights.unk else kinds.CONTROL if number in special else kinds.NORMAL
        model.pieces.add(piece=piece, score=score, type=kind)
    return bytes(model.SerializeToString())


class Tokenizer:
    """Reads what :func:`build_tokenizer` made. May be shared by threads.

    Raises ModelError for anything else.
    """

    def __init__(self, model: bytes, weights: Weights) -> None:
        from sentencepiece import SentencePieceProcessor

        try:
            self._processor = SentencePieceProcessor(model_proto=model)
        except RuntimeError as error:
            raise ModelError(
                f"토크나이저를 열 수 없습니다: 캐시 폴더의 .model 파일을 지우고 다시 실행하세요. ({error})",
                f"cannot open the tokenizer: delete the .model file in the cache folder and run again. ({error})",
            ) from error
        self._first, self._last = weights.bos, weights.eos

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, as the model reads it."""
        return [self._encode(_readable(text)) for text in texts]  # one by one: a call for many starts threads first

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text, without the special ones."""
        return [len(self._processor.encode(_readable(text))) for text in texts]

    def pieces(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Return the ids without the special ones, and where in ``text`` the letters of each begin and end."""
        readable = _readable(text)
        found = self._processor.encode(readable, return_type="offset_mapping")
        return list(found["ids"]), [_letters(readable, start, end) for start, end in found["offsets"]]

    def _encode(self, text: str) -> Tokens:
        found = self._processor.encode(text, return_type="offset_mapping")
        return Tokens([self._first, *found["ids"], self._last], np.array([0.0, *_middles(text, found), 0.0]))


def _letters(text: str, start: int, end: int) -> tuple[int, int]:
    """Return (start, end) of a piece without the blanks in front of it; none of it is left where it is all blank."""
    covered = text[start:end]
    return min(start + len(covered) - len(covered.lstrip()), end), end


def _middles(text: str, found: Mapping[str, Any]) -> Iterator[float]:
    """Yield the middle of each piece, in code points of ``text``; of the blanks in front of it the last one counts.

    Where NFKC makes several letters of one (㈜), sentencepiece gives it to the last of them, and to a piece with the
    first only the blanks in front, which belong to what was said before: that piece stands where they end.
    """
    for piece, (start, end) in zip(found["pieces"], found["offsets"], strict=True):
        covered = text[start:end]
        blanks = len(covered) - len(covered.lstrip())
        no_letter = blanks == len(covered) and piece != _MARK
        yield end if no_letter else (start + max(0, blanks - 1) + end) / 2


def _readable(text: str) -> str:
    return text.translate(_BLANKS)
