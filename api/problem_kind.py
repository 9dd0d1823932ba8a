"""What a problem is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """Titles and details by language; ``retry_after`` is in seconds."""

    status: int
    title: dict[str, str]
    detail: dict[str, str]
    retry_after: int | None = None


def problem_kind(
    status: int, title: tuple[str, str], detail: tuple[str, str], retry_after: int | None = None
) -> ProblemKind:
    """Texts in pairs, Korean and English; a detail may hold ``{line}``, ``{column}`` and ``{limit}``."""
    korean, english = zip(title, detail, strict=True)
    return ProblemKind(status, {"ko": korean[0], "en": english[0]}, {"ko": korean[1], "en": english[1]}, retry_after)
