"""What people are told, with the particle that fits what it stands behind."""

import pytest

from index.text.messages import say


@pytest.mark.parametrize(
    ("asked", "held", "told"),
    [
        ("2023년", "총무과", "물은 2023년은 없고, 글에는 총무과가 있습니다."),
        ("버스", "3", "물은 버스는 없고, 글에는 3이 있습니다."),
        ("KT", "2", "물은 KT은(는) 없고, 글에는 2가 있습니다."),
        ("트위터은(는)", "{값}", "물은 트위터은(는)은(는) 없고, 글에는 {값}이(가) 있습니다."),
    ],
)
def test_a_particle_follows_the_sound_of_the_value_and_the_value_stays(asked: str, held: str, told: str) -> None:
    assert say("absent", "ko", asked=asked, held=held) == told


def test_english_has_none() -> None:
    assert say("absent", "en", asked="2023", held="2021") == "2023 is not there; the articles have 2021."
