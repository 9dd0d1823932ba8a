"""Which of our two languages a client reads, by ``Accept-Language`` (RFC 9110, section 12.5.4)."""

import re
from typing import Literal

Language = Literal["ko", "en"]
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_MOST_RANGES = 50  # of a header, which anybody sends with anything: a whole one is 8,000 and 20 ms of the event loop
_RANGE = re.compile(r"\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def choose_language(header: str | None) -> Language:
    """Return the one with the greater weight, the first named of two equals.

    Korean where the header does not decide.
    """
    wanted: dict[str, tuple[float, int]] = {}  # (weight, the earlier the greater)
    for order, (tag, weight) in enumerate(_ranges(header or "")):
        primary = tag.split("-")[0].lower()
        wanted[primary] = max(wanted.get(primary, (0.0, -order)), (weight, -order))
    anything = wanted.get("*", (0.0, -len(wanted)))
    korean, english = wanted.get("ko", anything), wanted.get("en", anything)
    return "en" if english > korean and english[0] > 0 else "ko"


def _ranges(header: str) -> list[tuple[str, float]]:
    """Return (language range, weight) of each well-formed element among the first, in order."""
    ranges = []
    for element in header.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        tag, *parameters = (part.strip() for part in element.split(";"))
        weights = [_WEIGHT.fullmatch(parameter) for parameter in parameters[:1]]
        if _RANGE.fullmatch(tag) and len(parameters) <= 1 and all(weights):
            ranges.append((tag, float(weights[0][1]) if weights and weights[0] else 1.0))
    return ranges
