"""Every other form of a question that robustness is measured by; each is a pure function of text and seed.

A transformation gives ``None`` where a question has nothing that it could change.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from eval.robustness import typing as typed
from eval.robustness import wording as worded
from eval.robustness.typist import Change, Tokenize, Typist

SEED = 20241010
_NOTHING = "바꿀 것이 있는 질문이 없음"


@dataclass(frozen=True, slots=True)
class Transformation:
    """``change`` gives the question in its other form, or None; ``skipped`` is said of a set where it changes none."""

    name: str
    korean: str
    change: Change = field(repr=False)
    skipped: str = _NOTHING

    def __call__(self, text: str, tokenize: Tokenize, aliases: Sequence[Sequence[str]] = ()) -> str | None:
        """Return the other form; the same for the same text, None where it would be the text itself."""
        changed = self.change(text, Typist(random.Random(f"{SEED}:{self.name}:{text}"), tokenize, aliases))
        return None if changed == text else changed


TRANSFORMATIONS = (
    Transformation("particle", "조사 바꿈", worded.other_particle),
    Transformation("no_particles", "조사 뺌", worded.no_particles),
    Transformation("nfd", "자모 분리(NFD)", typed.nfd),
    Transformation("full_width", "전각", typed.full_width),
    Transformation("nbsp", "줄바꿈 없는 공백", typed.spaces_as("\u00a0")),
    Transformation("ideographic_space", "전각 공백", typed.spaces_as("\u3000")),
    Transformation("no_spaces", "띄어쓰기 없음", typed.no_spaces),
    Transformation("space_lost", "띄어쓰기 하나 빠짐", typed.space_lost),
    Transformation("space_added", "띄어쓰기 하나 더함", typed.space_added),
    Transformation("hangul_as_english", "한글을 영문 자판으로", typed.hangul_as_english),
    Transformation("word_as_english", "한 낱말만 영문 자판으로", typed.word_as_english),
    Transformation("english_as_hangul", "영문을 한글 자판으로", typed.english_as_hangul),
    Transformation("near_vowel", "비슷한 모음", typed.near_vowel),
    Transformation("other_jamo", "자모 하나 틀림", typed.other_jamo),
    Transformation("number_in_figures", "수를 숫자로만", worded.number_in_figures),
    Transformation("number_with_units", "수를 만·억으로", worded.number_with_units),
    Transformation("alias", "별칭", worded.alias),
    Transformation("ms", "MS로", worded.company_as("MS")),
    Transformation("microsoft_hangul", "마이크로소프트로", worded.company_as("마이크로소프트")),
    Transformation("microsoft", "Microsoft로", worded.company_as("Microsoft")),
    Transformation("hanja", "한자", worded.hanja),
    Transformation("english", "영어", worded.english, skipped="영어로 옮긴 질문이 없음"),
)
