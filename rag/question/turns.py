"""What a question in a conversation leaves out: its words one by one, and whether it can stand alone."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from index.korean.sentences import Token


class Lacks(StrEnum):
    """What keeps a question from standing alone."""

    NOTHING = "nothing"
    REFERENT = "referent"  # 그건, 그 회사, 거기: what it points at is named in no word of its own
    SUBJECT = "subject"  # 신청 방법은?, 얼마야?: only attributes and words that ask
    PREDICATE = "predicate"  # 2023년은?, 부산은?: only what is put in another's place
    PERHAPS = "perhaps"  # 수거 요일은?: few words, and none that tells whether they are of the same subject


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question, completed, and the sentence and article its answer cited first, where it had one."""

    question: str
    quote: str = ""
    title: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """``question[start:end]`` is a word without its particles, ``last`` the end with them; ``verbal``: 결제되나요, 신청할."""

    text: str
    start: int
    end: int
    last: int
    sort: "Sort"
    nouns: tuple[str, ...] = ()
    proper: bool = False
    verbal: bool = False


class Sort(StrEnum):
    """What a word does in its question."""

    TOPIC = "topic"
    ATTRIBUTE = "attribute"
    ASKS = "asks"
    POINTS = "points"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Pointer:
    """그 회사, 거기: ``question[start:end]`` points at ``noun`` of an earlier turn; ``particle`` is fused into it (그건)."""

    start: int
    end: int
    noun: str
    particle: str = ""


_NOUN_TAGS = frozenset({"NNG", "NNP", "NR", "XR", "SL", "SH", "SN", "XPN", "XSN", "NNB", "W_SERIAL"})
_TAIL_TAGS = ("J", "E", "VCP", "VCN", "SF", "SP", "SE", "XSV", "XSA", "SSC", "VX")
_ASKING = re.compile(
    r"(?:누구|누가|누굴|어디|언제|얼마|무엇|무슨|뭐|뭘|뭔|뭡|무얼|어느|어떤|어떠|어떻|어떡|어찌|왜|어째|몇|며칠|어딘|얼만)"
)
_OPENERS = re.compile(r"^\s*(?:그럼|그러면|그렇다면|그런데|근데|그리고|아니|아|참|또|혹시)[,\s]+")
_SIGNALS = re.compile(r"^\s*(?:그럼|그러면|그렇다면|그런데|근데|그리고)[,\s]")
_ATTRIBUTES = frozenset(
    [
        "방법",
        "절차",
        "순서",
        "기간",
        "기한",
        "날짜",
        "일자",
        "일정",
        "시간",
        "시각",
        "시기",
        "시점",
        "연도",
        "장소",
        "위치",
        "주소",
        "소재지",
        "전화",
        "전화번호",
        "번호",
        "연락처",
        "담당",
        "담당자",
        "담당자분",
        "부서",
        "담당부서",
        "소관",
        "금액",
        "비용",
        "요금",
        "가격",
        "값",
        "단가",
        "수수료",
        "이용료",
        "사용료",
        "회비",
        "예산",
        "사업비",
        "총사업비",
        "규모",
        "면적",
        "크기",
        "길이",
        "높이",
        "무게",
        "깊이",
        "인원",
        "정원",
        "명",
        "개수",
        "수",
        "대상",
        "대상자",
        "자격",
        "조건",
        "요건",
        "서류",
        "제출서류",
        "구비서류",
        "준비물",
        "신청",
        "접수",
        "마감",
        "마감일",
        "발표",
        "결과",
        "발표일",
        "이유",
        "까닭",
        "원인",
        "사유",
        "목적",
        "근거",
        "효과",
        "내용",
        "종류",
        "항목",
        "기준",
        "이름",
        "명칭",
        "성함",
        "나이",
        "연령",
        "생일",
        "생년월일",
        "고향",
        "출신",
        "시작",
        "시작일",
        "종료",
        "종료일",
        "끝",
        "개최",
        "개최일",
        "시행",
        "시행일",
        "운영",
        "이용",
        "예약",
        "취소",
        "환불",
        "변경",
        "혜택",
        "지원",
        "지원금",
        "지원액",
        "한도",
        "금리",
        "이자",
        "비율",
        "점수",
        "경쟁률",
        "순위",
        "매출",
        "매출액",
        "영업이익",
        "순이익",
        "이익",
        "대표",
        "대표자",
        "사장",
        "회장",
        "위원장",
        "팀장",
        "책임자",
        "주최",
        "주관",
        "후원",
        "참가비",
        "참가",
        "참여",
        "입장료",
        "수강료",
        "관람료",
        "대여료",
        "대관료",
        "등록비",
        "교통편",
        "휴무",
        "휴무일",
        "휴관일",
        "휴관",
        "홈페이지",
        "누리집",
        "이메일",
        "메일",
        "팩스",
        "문의",
        "문의처",
        "제출",
        "제출처",
        "벌칙",
        "과태료",
        "벌금",
        "예외",
        "차이",
        "가능",
        "여부",
        "정도",
        "때",
        "것",
        "거",
        "게",
        "곳",
        "데",
        "사람",
        "분",
        "경우",
        "전체",
        "총",
        "합계",
        "평균",
        "최대",
        "최소",
        "최고",
        "최저",
        "처음",
        "마지막",
        "다음",
        "나머지",
        "하나",
        "둘",
        "모두",
        "전부",
        "각각",
        "설명",
        "질문",
        "답",
        "말",
        "좀",
        "더",
        "일",
        "날",
        "요일",
        "오늘",
        "지금",
        "현재",
        "접수처",
        "접수기간",
        "신청기간",
        "운영시간",
        "이용시간",
        "개장시간",
        "보증금",
        "계약금",
        "위약금",
        "할인",
        "할인율",
        "감면",
        "면제",
        "보상",
        "보상금",
        "배상",
        "상금",
        "상품",
        "선발",
        "선정",
        "심사",
        "심사기준",
        "면접",
        "합격",
        "합격자",
        "합격자발표",
        "채용",
        "급여",
        "월급",
        "연봉",
        "시급",
        "근무",
        "근무지",
        "근무시간",
        "계약",
        "계약기간",
        "임기",
        "효력",
        "유효기간",
        "보존기간",
        "처리기간",
        "소요시간",
        "목표",
        "실적",
        "성과",
        "계획",
        "전망",
        "배경",
        "취지",
        "의미",
        "뜻",
        "정의",
        "특징",
        "장점",
        "단점",
        "문제",
        "문제점",
        "해결",
        "대책",
        "방안",
        "주의",
        "주의사항",
        "유의사항",
        "참고",
        "추가",
        "제한",
        "금지",
        "허용",
        "의무",
        "책임",
        "권한",
        "역할",
        "업무",
        "개설",
        "개강",
        "개강일",
        "종강",
        "수업",
        "강사",
        "교재",
        "장비",
        "시설",
        "작성",
        "작성자",
        "저자",
        "감독",
        "주연",
        "승인",
        "허가",
        "등록",
        "신고",
        "발급",
        "발행",
        "배송",
        "배송비",
        "배달",
        "교환",
        "반품",
        "수리",
        "점검",
        "교체",
        "설치",
        "공사",
        "공사비",
        "착공",
        "준공",
        "완공",
        "개통",
        "개장",
        "폐장",
        "개관",
        "폐관",
        "출발",
        "도착",
        "소요",
        "거리",
        "막차",
        "첫차",
        "배차",
        "배차간격",
        "인상",
        "인하",
        "증가",
        "감소",
        "보관",
        "보관료",
        "대리",
        "본인",
        "지급",
        "지급일",
        "납부",
        "납부기한",
        "연체",
        "연체료",
        "이자율",
        "수령",
        "배부",
        "교부",
        "우편",
        "방문",
        "온라인",
        "인터넷",
        "연장",
        "재신청",
        "갱신",
        "해지",
        "해약",
        "탈퇴",
        "가입",
        "규정",
        "규칙",
        "본사",
        "지점",
        "시공사",
        "제조사",
        "발주처",
        "주최자",
        "기관",
        "회사",
        "업체",
        "요구",
        "근거법",
    ]
)
_ATTRIBUTE_END = re.compile(
    r"(?:[가-힣](?:비용|금액|요금|기간|일정|시간|방법|번호|장소|자격|인원|서류|담당자|연락처|날짜|기한|마감일|예정일|시행일|이유|절차|요건|조건|대상|가격|기준|주소))$"
)
_DEMONSTRATIVES = frozenset({"그", "이", "그런", "이런", "해당", "위"})
_PEOPLE = frozenset(
    [
        "대통령",
        "후보",
        "의원",
        "장관",
        "총리",
        "시장",
        "교수",
        "대표",
        "사장",
        "회장",
        "팀장",
        "감독",
        "선수",
        "씨",
        "군",
        "양",
        "박사",
        "위원",
        "과장",
        "부장",
        "차장",
        "대리",
    ]
)
_POINTING = {
    "그것": "", "그거": "", "이것": "", "이거": "", "저것": "", "저거": "", "거기": "곳", "여기": "곳", "그곳": "곳", "이곳": "곳",
    "그분": "사람", "이분": "사람", "그이": "사람", "그녀": "사람", "그": "사람", "그들": "사람", "그쪽": "곳", "이쪽": "곳", "걔": "사람", "게": "",
}  # fmt: skip
_POINTING_TIMES = re.compile(r"(?:그때|그날|그해|그달|이때|그당시|그다음|그담|그전|그후|그뒤)$")
_TOPIC_LIMIT = 2  # words of a question that may still belong to the turn before


def words_of(question: str, tokens: Sequence[Token]) -> list[Word]:
    """Return the words of a question between its spaces, each without what is glued to its end."""
    return [
        _word(question, match.start(), match.end(), [t for t in tokens if match.start() <= t.start < match.end()])
        for match in re.finditer(r"\S+", question)
    ]


def _word(question: str, start: int, last: int, tokens: Sequence[Token]) -> Word:
    kept = list(tokens)
    while kept and ((kept[-1].tag.startswith(_TAIL_TAGS) and _is_tail(kept)) or kept[-1].form == "요"):
        kept.pop()
    end = max((token.end for token in kept), default=start)
    end = min(end, last)
    first = min((token.start for token in kept), default=start)
    text = question[first:end].strip("?!.,~'\"‘’“”")
    nouns = tuple(token.form for token in kept if token.tag.split("-")[0] in _NOUN_TAGS)
    proper = any(token.tag == "NNP" for token in kept)
    verbal = any(token.tag.startswith(("XSV", "XSA", "VX")) for token in tokens)
    return Word(text, first, max(end, first), last, _sort(text, kept, nouns), nouns, proper, verbal)


def _is_tail(kept: Sequence[Token]) -> bool:
    """Return whether the word ends in a tail: a closing bracket is one only where none of the word opens it: 요가(저녁)."""
    return kept[-1].tag != "SSC" or all(token.tag != "SSO" for token in kept)


def _sort(text: str, kept: Sequence[Token], nouns: tuple[str, ...]) -> Sort:
    if not text:
        return Sort.OTHER
    if _ASKING.match(text):
        return Sort.ASKS
    if kept and (kept[0].tag == "NP" or _POINTING_TIMES.match(text)):
        return (
            Sort.POINTS if text in _POINTING or kept[0].form in _POINTING or _POINTING_TIMES.match(text) else Sort.OTHER
        )
    if not nouns or any(token.tag.startswith(("VV", "VA", "MAG")) for token in kept):
        return Sort.OTHER
    if text in _ATTRIBUTES or _ATTRIBUTE_END.search(text) or all(noun in _ATTRIBUTES for noun in nouns):
        return Sort.ATTRIBUTE
    return Sort.TOPIC


def find_pointer(question: str, words: Sequence[Word], tokens: Sequence[Token]) -> Pointer | None:
    """Return the first word that points at another turn; None where what it points at stands before it in the question."""
    named = False
    for word in words:
        inside = [token for token in tokens if word.start <= token.start < word.last]
        if not named and (pointer := _pointer(question, word, words, inside)):
            return pointer
        named = named or word.sort is Sort.TOPIC
    return None


def _pointer(question: str, word: Word, words: Sequence[Word], tokens: Sequence[Token]) -> Pointer | None:
    if not tokens:
        return None
    first = tokens[0]
    if first.tag == "NP" and first.form in _POINTING and first.start == word.start:
        fused = "" if question[first.start : first.end] == first.form else _fused(tokens)
        return Pointer(first.start, tokens[1].end if fused else first.end, _POINTING[first.form], fused)
    if match := _POINTING_TIMES.match(word.text):
        return Pointer(word.start, word.start + match.end(), "때")
    if question[word.start : word.last] in _DEMONSTRATIVES:
        return _demonstrative(first.form, word, words)
    return None


def _fused(tokens: Sequence[Token]) -> str:
    """는 of 그건, 가 of 그게, 를 of 그걸."""
    return {"ᆫ": "는", "ᆯ": "를"}.get(tokens[1].form, "가" if tokens[1].tag == "JKS" else "") if len(tokens) > 1 else ""


def _demonstrative(form: str, word: Word, words: Sequence[Word]) -> Pointer | None:
    following = next((one for one in words if one.start >= word.last), None)
    if following is None or following.sort not in (Sort.TOPIC, Sort.ATTRIBUTE):
        return None
    noun = following.nouns[0] if following.nouns else following.text
    if form == "이" and following.text in _PEOPLE:
        return None  # 이 대통령: a name
    if form == "위" and word.start:
        return None
    if noun in ("전", "후", "뒤", "다음", "당시", "때", "날", "해"):
        return Pointer(word.start, following.end, "때")
    return Pointer(word.start, following.end, following.text)


def lacks(question: str, words: Sequence[Word], pointer: Pointer | None) -> Lacks:
    """Return what the question lacks, told by its form alone."""
    if pointer is not None:
        return Lacks.REFERENT
    topics = [word for word in words if word.sort is Sort.TOPIC]
    if not topics:
        said = any(word.sort in (Sort.ATTRIBUTE, Sort.ASKS, Sort.POINTS) for word in words)
        return Lacks.SUBJECT if said and len(words) <= _LONGEST else Lacks.NOTHING
    if sum(_ROUGH_VALUE.match(word.text) is None for word in topics) > _TOPIC_LIMIT or len(words) > _LONGEST:
        return Lacks.NOTHING
    if _is_fragment(question, words):
        return Lacks.PREDICATE
    return Lacks.PERHAPS


_LONGEST = 8
_ROUGH_VALUE = re.compile(r"\d")
_FRAGMENT_END = re.compile(
    r"(?:은|는|도|은요|는요|도요|에는|에는요|에선|에서는|이면|면|이라면|라면|일\s?때는?요?|의?\s?경우는?요?|의?\s?경우에는?요?|요)\s*[?？.!]*\s*$"
)


def _is_fragment(question: str, words: Sequence[Word]) -> bool:
    """One name or noun with 은, 도 or 면 behind it, and nothing that asks: 부산은?, 그럼 어린이는요?."""
    told = [word for word in words if not _OPENERS.match(question[word.start : word.last] + " ")]
    return (
        bool(told)
        and len(told) <= _TOPIC_LIMIT
        and all(word.sort is Sort.TOPIC or word.text in ("경우", "때") for word in told)
        and all(question[one.end : one.last] == "" or after.text == "경우" for one, after in pairwise(told))
        and _FRAGMENT_END.match(question, told[-1].end) is not None
    )


def goes_on(question: str) -> bool:
    """그럼, 그리고: the question says itself that it goes on from another."""
    return _SIGNALS.match(question) is not None


def topic_words(words: Iterable[Word]) -> list[Word]:
    """Return what a question is about: names and nouns, without what it asks of them and without 발견되면."""
    return [word for word in words if word.sort is Sort.TOPIC and not word.verbal and len(word.text) > 1]
