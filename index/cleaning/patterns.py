"""What the cleaning rules are made of: parts of patterns, word lists, and the tests that take more than a pattern.

Every test sees one stripped line whose length its rule has already bounded.
"""

import re
from collections.abc import Callable

# Words that stand before 기자 and are no one's name: 시민 기자 모집, 어린이 기자.
_NO_NAME = r"(?!(?:시민|주민|어린이|청소년|대학생|학생|명예|외신|출입|담당|우수|올해의?|전문|여러)\s?(?:기자|[가-힣]))"
NAME = rf"{_NO_NAME}[가-힣]{{2,4}}"
ROLE = (
    r"(?:(?:선임|수석|인턴|수습|전문|객원|사진|영상)\s?)?"
    r"(?:기자|특파원|통신원|리포터|논설위원|편집위원|에디터)"
)
_PLACE = r"(?:[가-힣]{2,4}\s)?"
REPORTERS = (
    rf"{NAME}(?:\s?[·,/&]\s?{_PLACE}{NAME}){{0,3}}\s?{ROLE}"
    rf"(?:\s?[·,/&]\s?{_PLACE}{NAME}\s?{ROLE}){{0,2}}"
)
DESK = rf"{NAME}\s(?:[가-힣A-Za-z]{{1,8}}\s){{0,2}}{ROLE}"  # ○○○ 디지털뉴스 기자
EMAIL = r"[\[(<]?\s?(?:[\w.+-]{1,40}@[\w.-]{1,60}|\[?email\s?protected\]?)\s?[\])>]?"
BULLET = r"[•·\-■▶◆*\s\[(<【]{0,4}"
CLOSE = r"[\])>】·\s]{0,3}"
CLOCK = r"\d{1,2}(?::\d{2}|시\s?\d{1,2}분)"
DATE = r"\d{4}\s?[.\-/년]\s?\d{1,2}\s?[.\-/월]\s?\d{1,2}\s?[.일]?"
STAMP = r"(?:기사\s?)?(?:입력|송고|승인|최종\s?수정|수정|등록|업데이트)\s?(?:시간|일시|일자|일)?\s?[:：]?\s?"
STAMP_REST = (  # no ~: 등록 3. 1. 10:00 ~ 3. 5. 18:00 is a period in a notice
    r"(?:[\d\s|/,·:：().\-\]]|오전|오후|댓글|좋아요|조회|입력|최종|수정|등록|승인|업데이트|기사원문|[월화수목금토일])*"
)
PHOTO = r"(?:사진|이미지|그래픽|일러스트|삽화|인포그래픽|포토)"
SIGN = r"(?:ⓒ|©|\(c\)|copyrights?|저작권자)"
PRESS = r"(?:뉴스\d?|통신|일보|신문|경제|저널|방송)"  # how the names of outlets and agencies end
_AGENCY = r"(?:제공|DB|자료\s?사진|캡처|캡쳐|갈무리|뉴스|일보|신문|통신|기자)"
RELATED_HEADS = (
    r"(?:(?:관련|추천|인기|최신|주요|랭킹|핫)\s?(?:기사|뉴스)|핫\s?이슈|(?:가장\s)?많이\s?본\s?(?:뉴스|기사)|헤드라인"
    r"|다른\s?기사\s?(?:더\s?)?보기|이\s?시각\s?(?:주요|헤드라인)\s?뉴스|실시간\s?(?:인기|주요)?\s?(?:기사|뉴스|랭킹)"
    r"|함께\s?(?:볼|보면 좋은)\s?(?:만한\s?)?기사|에디터스?\s?(?:픽|추천))"
)

_BUTTON_WORDS = """
공유 공유하기 기사공유 인쇄 인쇄하기 프린트 스크랩 글자크기 글자크기조정 글씨크기 댓글 추천 구독 구독하기 좋아요 sns
페이스북 트위터 카카오톡 카카오스토리 네이버 네이버밴드 밴드 블로그 라인 텔레그램 핀터레스트 링크복사 복사하기 복사
바로가기 url url복사 주소복사 메일 이메일 가 가+ 가- 크게 작게 확대 축소 본문 글씨 글자 크기 줄이기 키우기 닫기 목록
이전 다음 top 북마크 로그인 회원가입 로그인회원가입 마이페이지 홈 검색 구독신청 기사 저장 기사보내기
"""
_SECTION_WORDS = """
정치 경제 사회 문화 국제 세계 스포츠 연예 오피니언 사설 칼럼 지역 전국 산업 금융 증권 부동산 과학 생활 라이프 건강
포토 영상 기획 특집 인물 교육 여행 날씨 모바일 pc버전 pc화면 전체메뉴 전체기사 메뉴 뉴스홈 홈으로 기사제보 제보
회사소개 매체소개 광고문의 개인정보처리방침 청소년보호정책 이용약관 이메일무단수집거부 저작권보호정책 고객센터
사이트맵 rss 로그아웃 후원 후원하기 신문보기 지면보기 이전기사 다음기사 첨부파일 상단영역 본문영역 현재위치
"""
_MENU = frozenset((_BUTTON_WORDS + _SECTION_WORDS).split())


def full(pattern: str) -> Callable[[str], bool]:
    """Return a test that the whole line matches ``pattern``, whatever the case."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda line: compiled.fullmatch(line) is not None


_STOP = re.compile(r"\.[\"'”’)\]」』》>]*$")
_STOP_OR_ASK = re.compile(r"[.?!][\"'”’)\]」』》>]*$")


def ends_sentence(line: str, head_chars: int) -> bool:
    """Return whether the line ends as a sentence does; up to ``head_chars`` a ``?`` or ``!`` may end a headline."""
    return (_STOP if len(line) <= head_chars else _STOP_OR_ASK).search(line[-8:]) is not None


_INNER_STOP = re.compile(r"[다요까죠]\.")
_RIGHTS = full(
    rf"\W*{SIGN}.*(?:무단|전재|재배포|복제|reserved).*|\W*저작권자\s*(?:ⓒ|©|\(c\)).*|.{{0,40}}all rights reserved\W*"
    rf"|.{{0,70}}{SIGN}.{{0,40}}(?:전재|배포|복제).{{0,20}}금지\W*"
)


def is_copyright(line: str) -> bool:
    """Return whether it is a notice of rights and nothing else: no sentence stands in it, neither about 저작권 nor before the notice."""
    return _RIGHTS(line) and not _INNER_STOP.search(line)


_SENTENCES = re.compile(r"[다요까죠]\.[\"'”’)]*(?:\s|$)")
_SPEECH = re.compile(r"(?:말|밝|설명|강조|덧붙|전)[가-힣]{0,2}다\.\s")  # whoever is quoted is not in a caption
_IS_SEEN = r"(?<!수\s)있다"  # how captions end; not what one 할 수 있다
_SEEN = rf"(?:{_IS_SEEN}|모습|전경|장면)"
_CREDIT_ENDS = (
    # … 답변하고 있다./사진=○○○ 기자
    full(rf".*[/\[(<|.\s]{PHOTO}\s?(?:제공|출처)?\s?=\s?[^=]{{1,40}}"),
    # … 기념촬영을 하고 있다. /○○, … 검사 장비. /○○DB
    full(rf".*(?:{_IS_SEEN}\.?|(?:모습|전경|장면)\.)\s?/\s?[^/.=]{{1,20}}|.*[가-힣)]\.\s?/\s?[^/.=]{{0,15}}{_AGENCY}"),
    # … 열리고 있다. [○○ 제공], … 있다. ○○○ 기자
    full(rf".*(?:{_SEEN}|했다)\.?\s?[\[(<]\s?[^\[\]()<>]{{1,25}}{_AGENCY}\s?[\])>]"),
    full(rf".*{_SEEN}\.\s?[^\[\]()<>.]{{1,15}}\s?{_AGENCY}"),
)


def is_credited_caption(line: str) -> bool:
    """Return whether the line is one sentence or phrase that ends in a photo credit.

    A longer line keeps its body (see INLINE_SUFFIXES).
    """
    if len(_SENTENCES.findall(line)) > 1 or _SPEECH.search(line):
        return False
    return any(test(line) for test in _CREDIT_ENDS)


_CAPTION_END = re.compile(r"(?:고 있다|모습|전경|장면|기념촬영)[.\s]*$")


def ends_as_caption(line: str) -> bool:
    """Return whether the line ends in what a picture shows: … 하고 있다, … 모습."""
    return _CAPTION_END.search(line[-12:]) is not None


def is_pointed_cell(line: str) -> bool:
    """Return whether the line is ``| ▲ … |``: one cell, opened by a pointer at the picture; a data row has several."""
    return line.startswith("|") and line.rstrip("| ").count("|") == 1 and line[1:].lstrip()[:1] in tuple("▲△▼◀▶")


def is_caption_cell(line: str) -> bool:
    """Return whether it is a cell, with a credit or a caption's ending: ``| ▲ 증가 |`` may be of a table."""
    cell = line.strip("| ")
    credited = _CREDIT_IN_CELL.search(cell) is not None or is_credited_caption(cell)
    return is_pointed_cell(line) and (credited or ends_as_caption(cell))


_CREDIT_IN_CELL = re.compile(rf"[\[(<][^\[\]()<>]{{1,25}}{_AGENCY}\s?[\])>]$|{PHOTO}\s?(?:제공)?\s?=[^=]{{1,40}}$")


def _tokens(line: str) -> list[str]:
    words = (word.strip("()[]") for word in re.split(r"[\s|·/,>•]+", line.casefold()))
    return [word for word in words if word and not word.isdigit()]


def is_menu(line: str) -> bool:
    """Return whether the line holds nothing but names of sections and buttons."""
    tokens = _tokens(line)
    return bool(tokens) and all(token in _MENU for token in tokens)


_IMPRINT = re.compile(
    r"(발행인|편집인|등록번호|청소년\s?보호\s?책임자|대표전화|인터넷신문\s?등록|사업자\s?등록번호)\s?[:：]"
)


def is_imprint(line: str) -> bool:
    """Return whether the line has two or more of the particulars that the press law has a publisher print."""
    return len(set(_IMPRINT.findall(line))) >= 2
