"""Where something begins and where it ends: a line that says the one alone does not answer a question for the other."""

import re

from rag.evidence.evidence import Evidence
from rag.evidence.standing import MARKER
from rag.question.asked import Asked, Asks

_ASKS_END = re.compile(
    r"언제\s?까지|몇\s?시\s?까지|며칠\s?까지|(?:언제|몇\s?시에|며칠에)\s?(?:끝나|끝납|마치|마칩|종료|닫|폐[장관막회])"
)
_ASKS_START = re.compile(
    r"언제\s?부터|몇\s?시\s?부터|며칠\s?부터|(?:언제|몇\s?시에|며칠에)\s?(?:시작|열[리어려]|여[나는]|개[장관막회시강통])"
)
_RANGE = re.compile(
    r"[~∼～〜–]|\d\s?-\s?\d|부터[^.]*까지|에서[^.]*까지|부터\s[^.]{0,8}?(?:\d|[한두세네]\s?)(?:년|개월|달|주|일|시간|분)(?![가-힣]*\s?(?:까지|부터|오[전후]|\d))|동안|간(?![가-힣])|하루|종일|당일|연중|상시"
)
_SAYS_END = re.compile(r"까지|이내|안에|전에|기한|마감|종료|마[치칩친감]|끝|닫|폐|막차|퇴|만료|해산|[^가-힣]한\b")
_SAYS_START = re.compile(
    r"부터|이후|시작|개[시장관막회강통업학원점]|시행|출발|오픈|열|여[는습]|첫차|착수|일시|적용|발효|입[장실주]"
)
_SAYS_LAST = re.compile(r"까지|기한|마감")
_ONE_MOMENT = re.compile(
    rf"{MARKER}(?:일\s?시|일\s?자|시작[가-힣\s]{{0,4}}|개[막회장식][가-힣\s]{{0,4}}|날\s?짜)\s?[:：|\t]"
)


def other_end(read: Asked, sentence: Evidence) -> bool:
    """Return whether a day or time is asked for and the sentence says the other end of the time: see the next."""
    if not read.kinds & {Asks.DATE, Asks.TIME}:
        return False
    return says_other_end(read.core, sentence.text)


def says_other_end(question: str, text: str) -> bool:
    """Return whether ``text`` says when a thing begins where its end is asked for, or the other way round.

    >>> says_other_end("음악회는 몇 시에 끝나나요?", "일시: 8월 16일(토) 오후 7시 30분")
    True
    """
    if _RANGE.search(text):
        return False
    end, start = _ASKS_END.search(question), _ASKS_START.search(question)
    if bool(end) == bool(start):
        return False
    if end:
        return not _SAYS_END.search(text) and bool(_ONE_MOMENT.search(text) or "부터" in text)
    return not _SAYS_START.search(text) and bool(_SAYS_LAST.search(text))
