"""What the flags of every command have in common; each package adds the flags of its own commands."""

import argparse
import datetime
from collections.abc import Callable
from pathlib import Path

from rag.answers import Mode

MODES = tuple(map(str, Mode))


def add_common_flags(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="자료 폴더 (GEUNGEO_DATA)")
    parser.add_argument("--model", metavar="NAME", help="sentence-transformers 모델 이름이나 폴더 (GEUNGEO_MODEL)")
    parser.add_argument("--user-words", type=Path, metavar="FILE", help="사용자 사전, 한 줄에 한 낱말")
    parser.add_argument("--aliases", type=Path, metavar="FILE", help="별칭 묶음, 한 줄에 한 묶음, 쉼표로 나눔")
    parser.add_argument("--lang", choices=("ko", "en"), default="ko", help="메시지의 언어")
    parser.add_argument("--debug", action="store_true", help="오류의 자취를 모두 보입니다")


def bounded(low: int, high: int) -> Callable[[str], int]:
    """Return the type of a flag that takes a whole number from ``low`` to ``high``."""

    def whole_number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{low}–{high}이어야 합니다: {value}")
        return value

    return whole_number


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"0–1이어야 합니다: {text}")
    return value


def date(text: str) -> str:
    """Read an ISO 8601 date, and keep it as text."""
    return day(text).isoformat()


def day(text: str) -> datetime.date:
    """Read an ISO 8601 date."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"2024-10-10 같은 날짜여야 합니다: {text}") from None
