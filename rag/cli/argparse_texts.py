"""argparse's own words in Korean: headings of help, and what is wrong with a command line."""

import argparse
from collections.abc import Mapping

KOREAN: Mapping[str, str] = {
    "usage: ": "쓰는 법: ",
    "options": "옵션",
    "positional arguments": "인자",
    "show this help message and exit": "이 도움말을 보이고 끝냅니다",
    "%(prog)s: error: %(message)s\n": "%(prog)s: %(message)s\n",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s: %(message)s",
    "the following arguments are required: %s": "빠진 것이 있습니다: %s",
    "unrecognized arguments: %s": "모르는 말입니다: %s",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r은(는) 쓸 수 없습니다. 쓸 수 있는 것: %(choices)s",
    "invalid %(type)s value: %(value)r": "알맞은 값이 아닙니다: %(value)r",
    "expected one argument": "뒤에 값 하나가 와야 합니다",
    "expected at most one argument": "뒤에는 값이 하나까지만 올 수 있습니다",
    "expected at least one argument": "뒤에 값이 하나는 와야 합니다",
    "expected %s argument": "뒤에 값 %s개가 와야 합니다",
    "expected %s arguments": "뒤에 값 %s개가 와야 합니다",
    "ignored explicit argument %r": "값을 받지 않는 옵션입니다: %r",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s만으로는 알 수 없습니다. 가능한 것: %(matches)s",
    "not allowed with argument %s": "%s와(과) 함께 쓸 수 없습니다",
    "one of the arguments %s is required": "%s 가운데 하나가 있어야 합니다",
}


def speak(lang: str) -> None:
    """Make parsers built from now on speak ``lang``. argparse looks its words up in gettext by these two names of it."""
    texts = {} if lang == "en" else KOREAN
    vars(argparse).update(
        _=lambda message: texts.get(message, message),
        ngettext=lambda one, many, count: texts.get(one, one) if count == 1 else texts.get(many, many),
    )
