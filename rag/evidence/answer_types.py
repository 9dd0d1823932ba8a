"""What kind of thing a sentence holds, by how Korean writes it: numbers, dates, people, places, reasons."""

import re
from collections.abc import Mapping
from functools import lru_cache

from rag.question.question import AnswerType

_TITLES = (
    "대표|사장|회장|부사장|장관|차관|총장|교수|의원|위원장|본부장|단장|부문장|기자|씨|박사|감독|대통령|총리|CEO|의장|시장|지사|청장|국장"
    "|과장|팀장|선수|왕|작가|배우|가수|원장|이사|전무|상무|위원|판사|검사|변호사|목사|신부|스님|장군|대령|작곡가|화백|여사|군수|구청장"
)
_NAMED = re.compile(rf"([가-힣]{{2,4}})\s?(?:[가-힣A-Z/]{{1,14}}\s)?(?:{_TITLES})(?![가-힣]{{3}})")
_NUMBER = re.compile(r"\d|[일이삼사오육칠팔구십백천]+(?:만|억|조)|한두|두세|[두세네]\s?가지|절반|여러\s?(?:명|곳|개)")
_DATE = re.compile(
    r"\d{1,4}\s*(?:년|월|일|분기|시)|\d{4}[.\-]\d|지난해|지난달|지난\s달|올해|올\s|내년|작년|금년|이듬해|내달|다음\s?달|이달|오는|이날"
    r"|오전|오후|상반기|하반기|연말|연초|당시|까지|부터|기간|매년|매월|매주|이내"
)
_PERSON = re.compile(
    rf"{_NAMED.pattern}|관계자|[가-힣]+(?:은|는|이|가)\s.*(?:고|며|라고)\s(?:말|밝|강조|설명|전|했|주장)"
)
_PLACE = re.compile(
    r"(?:시|도|군|구|동|읍|면|리|호텔|센터|본사|공항|학교|병원|역|관|원|국|산|강|섬|주)(?:에서|에|의|로|으로|을|를|은|는|이|가)?(?![가-힣])"
    r"|에서|서울|미국|중국|일본|유럽|해외|국내"
)
_REASON = re.compile(
    r"때문|위해|위한|따라|이유|까닭|배경|므로|[아어해]서\s|으로써|덕분|탓|려고|고자|판단|인해|원인|근거|바탕|기 어렵|한계|필요"
)
_PATTERNS: Mapping[AnswerType, re.Pattern[str]] = {
    AnswerType.DATE: _DATE,
    AnswerType.PERSON: _PERSON,
    AnswerType.PLACE: _PLACE,
    AnswerType.REASON: _REASON,
}
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


_FIGURE = r"\d[\d,.]*\s*(?:여\s*)?(?:[십백천만억조]\s*)*"
# What unit a question asks for, and how an answer in that unit is written.
_UNITS = (
    (r"몇\s*명|인원|명수|직원\s*수|how many (?:people|employees|engineers|staff)", rf"{_FIGURE}(?:명|인(?![가-힣]))"),
    (r"퍼센트|몇\s*프로|비율|[가-힣]율(?=[은는이가을를?\s]|$)|%", r"\d\s*(?:%|퍼센트|포인트)|\d\s*배"),
    (r"몇\s*(?:위|등|번째)|순위", r"\d+\s*(?:위|등|번째)|최[대초고다]|선두"),
    (
        r"몇\s*(?:년\s*(?:간|동안|짜리|치|째)|해|개월|달|시간|주)|기간|얼마나\s*(?:걸|오래|되)|how long",
        rf"{_FIGURE}(?:년|개월|달|시간|주|일)|반년|연속|[한두세네]\s?(?:해|달)",
    ),
    (
        r"몇\s*(?:개|곳|건|대|장|가지|군데|종)|[개갯]수|대수",
        rf"{_FIGURE}(?:개|곳|건|대|장|가지|군데|종|척|동|단말)|[한두세네]\s?가지",
    ),
    (
        r"얼마(?!나)|금액|액수|돈을?\s|매출|이익|예산|비용|가격|요금|이용료|연봉|투자액|투자금|월급|급여|몇\s*(?:조|억|만\s*원|천)",
        rf"{_FIGURE}(?:원|달러|유로|엔|위안)|\d\s*[조억]|수\s?[조억]\s?원",
    ),
)
_UNIT_PATTERNS = tuple((re.compile(asked, re.IGNORECASE), re.compile(told)) for asked, told in _UNITS)


@lru_cache(maxsize=64)  # asked for every sentence of a question
def expected_unit(question: str) -> re.Pattern[str] | None:
    """Return the pattern of an answer in the unit that the question asks for, None where it asks for none."""
    return next((told for asked, told in _UNIT_PATTERNS if asked.search(question)), None)


def unit_agreement(question: str, text: str) -> float:
    """Return 1 where the text holds the unit asked for, -1 where it does not, 0 where none is asked for."""
    unit = expected_unit(question)
    if unit is None:
        return 0.0
    return 1.0 if unit.search(text) else -1.0


def has_answer_type(kind: AnswerType, text: str, question: str) -> bool:
    """Return whether the text holds the kind of thing asked for; a number of the question's own does not count."""
    if kind is AnswerType.NUMBER:
        return bool(new_values(text, question)) or bool(_NUMBER.search(_DIGITS.sub("", text)))
    pattern = _PATTERNS.get(kind)
    return pattern is None or bool(pattern.search(text))


def new_values(text: str, question: str) -> set[str]:
    """Return the figures of the text that the question does not name."""
    return set(_DIGITS.findall(text)) - set(_DIGITS.findall(question))


def names_person(text: str, question: str) -> bool:
    """Return whether the text names somebody with a title whom the question does not name."""
    return any(name not in question for name in _NAMED.findall(text))
