"""The parser that every command adds its flags to, and the flags that every command has."""

import argparse
import datetime
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from index.text.characters import safe
from rag.answers import Mode
from rag.help_layout import HelpLayout

MODES = tuple(map(str, Mode))
_DAY = 86_400  # seconds
_MAX_COLLECTION = 100  # characters, as in index.reading.plain_text.fitting, which is slow to import


class CommandParser(argparse.ArgumentParser):
    """A parser that speaks one language, ``"ko"`` or ``"en"``: what it shows is given to :meth:`say` in both."""

    def __init__(self, *, lang: str = "ko", **options: object) -> None:
        self.lang = lang
        super().__init__(formatter_class=partial(HelpLayout, lang=lang), **options)  # type: ignore[arg-type]  # as argparse's own
        self.color = False  # newer Pythons' help has some, which take no columns

    def say(self, korean: str, english: str) -> str:
        """Return the text in the parser's language."""
        return english if self.lang == "en" else korean

    def _get_value(self, action: argparse.Action, arg_string: str) -> object:
        """Return what was given; no empty path, as of a variable that is not set: it would be the folder one is in."""
        if action.type is Path and not arg_string:
            raise argparse.ArgumentError(action, self.say("경로가 비어 있습니다", "the path is empty"))
        return super()._get_value(action, arg_string)

    def error(self, message: str) -> NoReturn:
        """End with 2 and one line: what is wrong, and where it says how it goes."""
        end = "" if message.endswith((".", "?")) else "."
        usage = self.say("쓰는 법", "Usage")
        self.exit(2, safe(f"{self.prog}: {message}{end} {usage}: {self.prog} --help") + "\n")


def add_common_flags(parser: CommandParser) -> None:
    """Add what every command takes, under a heading of its own."""
    group = parser.add_argument_group(parser.say("모든 명령에 쓰는 옵션", "options of every command"))
    _add_places(parser, group)
    _add_models(parser, group)
    _add_lang(parser, group)
    group.add_argument(
        "--debug",
        action="store_true",
        help=parser.say("오류가 난 곳의 호출 기록을 모두 보여 줍니다", "show the traceback of an error"),
    )


def _add_places(parser: CommandParser, group: argparse._ArgumentGroup) -> None:
    """Add where articles are kept and searched."""
    say = parser.say
    group.add_argument(
        "--data",
        type=Path,
        metavar=say("폴더", "DIR"),
        help=say(
            "자료 폴더 (GEUNGEO_DATA; 지금 쓰는 폴더는 geungeo status가 보여 줍니다)",
            "data folder (GEUNGEO_DATA; geungeo status shows the one in use)",
        ),
    )
    group.add_argument(
        "--truth",
        metavar=say("주소", "URI"),
        help=say(
            "글을 두는 PostgreSQL, postgresql://…; 자료 폴더는 캐시가 됩니다 (GEUNGEO_TRUTH)",
            "the PostgreSQL that articles are kept in, postgresql://…; the data folder is a cache then (GEUNGEO_TRUTH)",
        ),
    )
    group.add_argument(
        "--engine",
        metavar=say("주소", "URI"),
        help=say(
            "찾는 데 쓸 Milvus, milvus://…; embedded면 자료 폴더에서 찾습니다 (GEUNGEO_ENGINE)",
            "the Milvus that is searched, milvus://…; embedded: in the data folder (GEUNGEO_ENGINE)",
        ),
    )


def _add_models(parser: CommandParser, group: argparse._ArgumentGroup) -> None:
    """Add what reads texts and questions, and the words it is told of."""
    say = parser.say
    file = say("파일", "FILE")
    group.add_argument(
        "--model",
        metavar=say("이름", "NAME"),
        help=say(
            "sentence-transformers 모델 이름이나 폴더 (GEUNGEO_MODEL)",
            "a sentence-transformers model by name or folder (GEUNGEO_MODEL)",
        ),
    )
    group.add_argument(
        "--reader",
        choices=("auto", "off", "always"),
        help=say(
            "질문과 글을 함께 읽는 작은 모델: auto는 확실하지 않을 때 더 읽고, off는 읽지 않습니다 (GEUNGEO_READER)",
            "the small model that reads question and document together: auto reads more where unsure, off never (GEUNGEO_READER)",
        ),
    )
    group.add_argument(
        "--user-words",
        type=Path,
        metavar=file,
        help=say("사용자 사전, 한 줄에 한 낱말", "words to keep whole, one a line"),
    )
    group.add_argument(
        "--aliases",
        type=Path,
        metavar=file,
        help=say("별칭 묶음, 한 줄에 한 묶음, 쉼표로 나눔", "alias groups, one a line, joined by commas"),
    )


def add_lang(parser: CommandParser) -> None:
    """Add the flag that :class:`CommandParser` was made by: the language was looked for before the parser was there."""
    _add_lang(parser, parser)


def _add_lang(parser: CommandParser, to: argparse._ActionsContainer) -> None:
    text = parser.say("메시지의 언어 (기본: ko)", "language of messages (default: ko)")
    to.add_argument("--lang", choices=("ko", "en"), default=parser.lang, help=text)


def add_json(parser: CommandParser, korean: str = "JSON으로 씁니다", english: str = "write JSON") -> None:
    """Add the flag of commands whose output a program may read."""
    parser.add_argument("--json", action="store_true", help=parser.say(korean, english))


def add_writer_flags(parser: CommandParser) -> None:
    """Add what lets a language model of one's own write answers."""
    say = parser.say
    parser.add_argument(
        "--writer",
        metavar="URL",
        help=say(
            "언어 모델이 인용문으로 답을 쓰게 할 OpenAI 호환 서비스 (…/v1); 키는 GEUNGEO_WRITER_KEY",
            "an OpenAI-compatible service (…/v1) whose language model writes an answer from the quotes; its key: GEUNGEO_WRITER_KEY",
        ),
    )
    parser.add_argument(
        "--writer-model",
        metavar=say("이름", "NAME"),
        help=say("그 서비스의 언어 모델 이름", "the name of its language model"),
    )


def bounded(low: int, high: int, parser: CommandParser) -> Callable[[str], int]:
    """Return the type of a flag that takes a whole number from ``low`` to ``high``."""

    def whole_number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise _refused(parser, f"{low}–{high} 사이여야 합니다: {value}", f"must be {low}–{high}: {value}")
        return value

    return whole_number


def share(parser: CommandParser) -> Callable[[str], float]:
    """Return the type of a flag that takes a number from 0 to 1."""

    def read(text: str) -> float:
        value = float(text)
        if not 0 <= value <= 1:
            raise _refused(parser, f"0–1 사이여야 합니다: {text}", f"must be 0–1: {text}")
        return value

    return read


def seconds(parser: CommandParser) -> Callable[[str], float]:
    """Return the type of a flag that takes a time of at most a day."""

    def read(text: str) -> float:
        value = float(text)
        if not 0 <= value <= _DAY:
            raise _refused(parser, f"0–{_DAY} 사이여야 합니다: {text}", f"must be 0–{_DAY}: {text}")
        return value

    return read


def day(parser: CommandParser) -> Callable[[str], datetime.date]:
    """Return the type of a flag that takes an ISO 8601 date."""

    def read(text: str) -> datetime.date:
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            korean = f"2024-10-10처럼 쓴, 달력에 있는 날짜여야 합니다: {text}"
            raise _refused(parser, korean, f"must be a date of the calendar, written as 2024-10-10: {text}") from None

    return read


def collection(parser: CommandParser) -> Callable[[str], str]:
    """Return the type of a flag that takes the name of a collection, in NFC."""

    def read(text: str) -> str:
        name = unicodedata.normalize("NFC", text).strip()
        if not 0 < len(name) <= _MAX_COLLECTION or not name.isprintable():
            korean, english = f"모음의 이름은 1–{_MAX_COLLECTION}자입니다", f"a name has 1-{_MAX_COLLECTION} characters"
            raise _refused(parser, korean, english)
        return name

    return read


def date(parser: CommandParser) -> Callable[[str], str]:
    """Return the type of a flag that takes an ISO 8601 date, and keeps it as text."""
    read = day(parser)
    return lambda text: read(text).isoformat()


def _refused(parser: CommandParser, korean: str, english: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(parser.say(korean, english))
