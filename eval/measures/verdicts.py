"""Whether the first citation is right, for the sets whose questions have kinds: by letters alone, as anyone can check.

Texts are compared in NFKC without tags, entities and white space, so that a quote is right however it was typeset. A
question is answered where a citation comes with the answer; a wrong first citation and a refusal are told apart.
"""

import html
import re
import unicodedata
from collections.abc import Sequence

from eval.datasets.datasets import GoldQuestion, GoldSpan

SURE = "high"  # the certainty that promises to be right
MEASURES = (
    "first_right",
    "any_right",
    "wrong_first",
    "refused_answerable",
    "refused_unanswerable",
    "refusal_precision",
    "right_overall",
    "sure_and_wrong",
    "sure_right",
    "must_not_cited",
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,199}>")  # not <표 3>, which is what the text says


def squash(text: str) -> str:
    """Return the text in NFKC without tags, entities and white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", html.unescape(_TAG.sub("", text))))


def must_not_cited(question: GoldQuestion, quotes: Sequence[str]) -> tuple[str, ...]:
    """Return what the first quote holds and must not; nothing where it also holds an answer."""
    if not quotes or _holds(question, quotes[0]):
        return ()
    first = squash(quotes[0])
    return tuple(text for text in question.must_not if _is_in(text, first))


def verdicts(question: GoldQuestion, quotes: Sequence[str], certainty: str | None) -> dict[str, float]:
    """Return the measures of :data:`MEASURES` that one question defines; none for a question without a kind.

    ``quotes`` are those of an answer, none where it refused. Each measure is a mean over the questions that define it:
    ``refusal_precision`` over those refused, ``sure_right`` over those answered with the highest certainty.
    """
    if question.kind is None:
        return {}
    answered, right = bool(quotes), bool(quotes) and question.answerable and _holds(question, quotes[0])
    found = _of_answerable(question, quotes, right) if question.answerable else {"refused_unanswerable": not answered}
    found["right_overall"] = right or not (question.answerable or answered)
    if not answered:
        found["refusal_precision"] = not question.answerable
    if certainty is not None:
        found["sure_and_wrong"] = answered and certainty == SURE and not right
        if answered and certainty == SURE:
            found["sure_right"] = right
    if question.must_not:
        found["must_not_cited"] = bool(must_not_cited(question, quotes))
    return {key: float(value) for key, value in found.items()}


def _of_answerable(question: GoldQuestion, quotes: Sequence[str], right: bool) -> dict[str, bool]:
    return {
        "first_right": right,
        "any_right": any(_holds(question, quote) for quote in quotes),
        "wrong_first": bool(quotes) and not right,
        "refused_answerable": not quotes,
    }


def _holds(question: GoldQuestion, quote: str) -> bool:
    answers = (answer.text if isinstance(answer, GoldSpan) else answer for answer in question.answers)
    squashed = squash(quote)
    return any(_is_in(answer, squashed) for answer in answers)


def _is_in(text: str, squashed: str) -> bool:
    """Return whether the quote holds the text; one of no letters is in none."""
    letters = squash(text)
    return bool(letters) and letters in squashed
