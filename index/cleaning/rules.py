"""The named rules by which one line of a news page is told from the article: what each looks for, and where.

A rule sees one stripped line of at most ``max_chars`` code points, so the cost of any pattern is bounded. No rule
names an outlet or a reporter. What a line alone cannot tell (titles, questions, lists) is in
:mod:`index.cleaning.place`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from index.articles import SpanKind
from index.cleaning.patterns import (
    BULLET,
    CLOCK,
    CLOSE,
    DATE,
    DESK,
    EMAIL,
    NAME,
    PHOTO,
    PRESS,
    RELATED_HEADS,
    REPORTERS,
    ROLE,
    SIGN,
    STAMP,
    STAMP_REST,
    full,
    is_caption_cell,
    is_copyright,
    is_credited_caption,
    is_imprint,
    is_menu,
)


class Where(IntEnum):
    """What must be known of the page before a rule may fire."""

    ANYWHERE = 0  # the line alone is proof
    EDGE = 1  # only before the first or after the last sentence of the page
    FRAME = 2  # the same, and the page carries some proof of being a news page
    CLOSING = 3  # on such a page, after the last sentence and after a line already marked there


@dataclass(frozen=True, slots=True)
class Rule:
    """A line for which ``test`` is true, standing at ``where``, is of ``kind``."""

    name: str
    kind: SpanKind
    test: Callable[[str], bool]
    where: Where = Where.ANYWHERE
    max_chars: int = 120

    def matches(self, line: str) -> bool:
        """Return whether the rule fires on this stripped line."""
        return len(line) <= self.max_chars and self.test(line)


@dataclass(frozen=True, slots=True)
class InlineRule:
    """A stretch at the head or the end of a line whose other part is article body."""

    name: str
    kind: SpanKind
    pattern: re.Pattern[str]


_CAPTION, _BYLINE, _SITE = SpanKind.CAPTION, SpanKind.BYLINE, SpanKind.NAVIGATION
_EDGE, _FRAME, _CLOSING = Where.EDGE, Where.FRAME, Where.CLOSING

# Pictures come first, because a caption may name a reporter or carry a ⓒ.
_PICTURES = (
    # ![](https://…/1.jpg) |  (Markdown made from a caption table)
    Rule("image", _CAPTION, full(r"\|?\s*!\[[^\]]*\]\([^)]*\)[\s|]*"), max_chars=500),
    # | ▲ ○○ 대표가 … 발표하고 있다. [○○ 제공] |
    Rule("caption cell", _CAPTION, is_caption_cell, max_chars=400),
    # photo_20241001.jpg
    Rule("image file", _CAPTION, full(r"\S+\.(?:jpe?g|png|gif|webp|bmp)")),
    # ⓒ○○ⓒ○○: the sign and a name, none of the words of a copyright notice
    Rule("sign credit", _CAPTION, full(r"(?:[ⓒ©]\s?[^\sⓒ©]{1,15}\s*){1,3}"), max_chars=50),
    # [사진=○○], 그래픽=○○○, (사진 제공 = ○○)
    Rule("credit", _CAPTION, full(rf"[\[(<▲△◀▶]?\s?{PHOTO}\s?(?:제공|출처)?\s?=\s?[^=.?!]{{1,40}}"), max_chars=60),
    # [○○ 제공. 재판매 및 DB 금지]; a bare (중식 제공) is an item of a notice
    Rule("supplied", _CAPTION, full(r"[\[(<][^\[\]()<>]{1,30}\s?제공[.,/][^\[\]()<>]{0,30}금지[\])>]"), max_chars=80),
    # a sentence or phrase that ends in one of those
    Rule("credited caption", _CAPTION, is_credited_caption, max_chars=260),
)
_BYLINES = (
    # • 입력 2020.05.26 14:05 | 수정 2020.05.26 14:06
    Rule(
        "time stamp",
        _BYLINE,
        full(rf"{BULLET}(?:(?:기자명\s?)?{REPORTERS}\s+)?{STAMP}{DATE}.{{0,6}}{CLOCK}{STAMP_REST}(?:{NAME})?"),
    ),
    # 2024/03/04 09:31 송고
    Rule("sent", _BYLINE, full(rf"{DATE}\s?{CLOCK}(?::\d{{2}})?\s?(?:송고|입력|수정|승인)")),
    # 수정 2023.11.20: a date without a clock may be a deadline in a notice
    Rule("date stamp", _BYLINE, full(rf"{BULLET}{STAMP}{DATE}{STAMP_REST}"), _FRAME),
    # ○○뉴스 / ○○○ 기자 a@b.kr, • ○○ ○○○ 기자 (a@b.kr), ○○○ 기자 a@b.kr, ○○○ 기자 c@b.kr
    Rule(
        "reporter",
        _BYLINE,
        full(
            rf"{BULLET}(?:\S{{1,15}}\s){{0,3}}(?:(?:{REPORTERS}|{DESK})\s?/?\s?{EMAIL}{CLOSE},?\s?){{1,3}}"
            rf"|{EMAIL}\s{REPORTERS}"
        ),
    ),
    # ○○경제=○○○ 기자 a@b.kr
    Rule("outlet=reporter", _BYLINE, full(rf"{BULLET}[^=/|.]{{1,25}}[=/|]\s?{REPORTERS}{CLOSE}(?:{EMAIL})?{CLOSE}")),
    # ○○○ 기자: without address or outlet it may be an item of a list
    Rule(
        "bare reporter",
        _BYLINE,
        full(rf"{BULLET}(?:기자명\s|\S{{2,12}}\s)?{REPORTERS}(?:\s(?:기자\s)?페이지)?{CLOSE}"),
        _EDGE,
        60,
    ),
    # 글 ○○○ 기자 · 사진 ○○○ 작가
    Rule(
        "staff",
        _BYLINE,
        full(rf"(?:[/,·|\s]*(?:글|사진|정리|취재)\s?[:=·/]?\s?{NAME}\s?(?:{ROLE}|작가)){{1,3}}"),
        _EDGE,
    ),
    # 영상취재 : ○○○ 영상편집 : ○○○ 기자; 사진: 반명함판 is an enclosure, so 사진 is not among them
    Rule(
        "crew",
        _BYLINE,
        full(rf"(?:[/,·|\s]*(?:영상\s?취재|영상\s?편집|촬영|편집|그래픽|자막)\s?[:=/]\s?{NAME}(?:\s?{ROLE})?){{1,4}}"),
        _FRAME,
    ),
    # M 관리자 0 43: poster, comments and views of a bulletin board
    Rule("poster", _BYLINE, full(r"(?:\S\s)?\S{0,6}(?:관리자|운영자|webmaster)(?:\s[\d,]+){1,3}"), _EDGE, 40),
    # a@b.kr alone: a notice may end in its office's address, so only once the page is known as news
    Rule("address", _BYLINE, full(rf"{EMAIL}\W?"), _FRAME),
    # 2023.11.20 (월)
    Rule("date", _BYLINE, full(rf"[\[(]?{DATE}(?:\s?\([월화수목금토일]\))?(?:\s?{CLOCK})?[\])]?"), _FRAME),
    # 지면 9면
    Rule("printed page", _BYLINE, full(r"(?:지면\s)?[A-Z]?\d{1,2}\s?면"), _FRAME),
    # [○○뉴스], <○○통신>: the agency under its article
    Rule("agency", _BYLINE, full(rf"[\[(<〈][가-힣A-Za-z0-9]{{1,8}}{PRESS}[\])>〉]"), _EDGE),
    # <○○>: the same, shortened
    Rule("short agency", _BYLINE, full(r"[\[(<〈][가-힣A-Za-z0-9]{2,8}[\])>〉]"), _CLOSING),
)
_RIGHTS = (
    # 저작권자 © ○○ 무단전재 및 재배포 금지
    Rule("copyright", SpanKind.COPYRIGHT, is_copyright, max_chars=160),
    # 무단전재 및 재배포 금지, on a line of its own
    Rule("no reprint", SpanKind.COPYRIGHT, full(r".{0,40}무단\s?(?:전재|복제|배포).{0,40}금지\W*"), _FRAME),
    # 공공누리 제1유형: 출처표시
    Rule("open licence", SpanKind.COPYRIGHT, full(r"\W*공공누리.{0,5}제?\s?\d\s?유형.{0,60}"), _EDGE),
)
_RELATED = (
    # 관련기사, [많이 본 뉴스], ○○ 헤드라인
    Rule(
        "related head",
        SpanKind.RELATED,
        full(rf"[\W_]{{0,4}}(?:\S{{1,10}}\s){{0,3}}{RELATED_HEADS}(?:\s?더\s?보기)?[\W_]{{0,3}}"),
        max_chars=40,
    ),
    # ▶ 관련기사: …, [관련기사] …, ▶관련기사 17면
    Rule(
        "related line",
        SpanKind.RELATED,
        full(r"[▶☞👉\[<(■◆*]+\s?(?:관련\s?기사|함께\s?보기)\s?(?:[\])>:：].*|.{0,15})"),
        max_chars=150,
    ),
)
_COMMENTS = (
    # 전체 댓글 0, 0 Comments
    Rule(
        "comment count",
        SpanKind.COMMENTS,
        full(r"[•·\-\s]*(?:전체\s?|총\s?|기사\s?)?댓글\s?수?\s?[:：]?\s?[(\[]?\d[\d,]*\s?개?[)\]]?|\d+\s?comments?"),
    ),
    # 로그인 후 댓글을 작성하실 수 있습니다.
    Rule(
        "comment prompt",
        SpanKind.COMMENTS,
        full(r".{0,15}로그인.{0,20}댓글.{0,20}(?:있습니다|하세요|주세요|바랍니다|가능합니다)\W*"),
        max_chars=70,
    ),
    # 댓글쓰기, 0/400: in a notice of a contest 댓글 쓰기 is what to do
    Rule(
        "comment box",
        SpanKind.COMMENTS,
        full(
            r"댓글\s?(?:쓰기|달기|입력|등록|삭제|보기|작성|정책\s?안내|운영\s?규정)|비회원\s?로그인"
            r"|(?:첫\s?(?:번째\s?)?)?댓글을\s.{0,12}(?:주세요|보세요|하세요)\W*|등록된 댓글이 없습니다\W*"
            r"|\d+\s?/\s?[345]00\s?자?"
        ),
        _FRAME,
    ),
)
_AROUND = (
    # 최종편집시간: 2020-07-15 17:01:53
    Rule("edit time", _SITE, full(rf"최종\s?(?:편집|업데이트)\s?(?:시간|일시)?\s?[:：]?\s?{DATE}.{{0,20}}")),
    # 이 기사를 공유합니다, 이 기사는 … 섹션으로 분류했습니다, 이미지 확대
    Rule(
        "site phrase",
        _SITE,
        full(
            r"이 기사를 .{1,6}합니다\W*|이 기사는 .{1,25} 섹션으로 분류.{1,8}|이미지\s?(?:확대|크게 보기)"
            r"|your browser does not support.*"
        ),
        max_chars=60,
    ),
    # 홈 > 경제 > 산업일반: in a manual it is the way to a setting
    Rule("breadcrumb", _SITE, full(r"(?:홈|home)\s?[>〉›»].{1,60}"), _FRAME),
    # 카카오톡(으)로 기사보내기, 본문 글씨 키우기; 글자 크기 11pt is how to write an application
    Rule(
        "button",
        _SITE,
        full(
            r"(?:(?:sns\s?)?(?:\S{1,12}\(으\)로\s)?기사\s?보내기\s?){1,6}.{0,15}|기사\s?공유하기"
            r"|텍스트 음성 변환.{0,12}|sns\s?(?:보내기|공유)|url\s?복사|동영상\s?(?:기사|재생|보기)"
            r"|(?:본문\s?)?(?:글자|글씨)\s?크기\s?(?:조정|조절|변경|설정|크게|작게|키우기|줄이기)(?:하기)?"
            r"|본문\s?(?:글씨\s?(?:키우기|줄이기)|듣기|바로가기|요약봇)"
        ),
        _FRAME,
        150,
    ),
    # 공유 댓글 인쇄, 기사 스크랩, 정치, 모바일
    Rule("menu", _SITE, is_menu, _FRAME, 80),
    # 발행인 : ○○○ 등록번호 : …
    Rule("imprint", _SITE, is_imprint, _FRAME, 400),
    # 20.1℃, 맑음, 미세먼지 좋음
    Rule(
        "weather",
        _SITE,
        full(
            r"(?:\S{2,4}\s)?(?:맑음|흐림|구름\s?(?:많음|조금)|비|눈|소나기|안개)?\s?(?:-?\d{1,2}(?:\.\d)?\s?(?:℃|°C?|도))?"
            r"|초?미세먼지\s?(?:매우\s?)?(?:좋음|보통|나쁨)"
        ),
        _FRAME,
        25,
    ),
    # #암모니아 #수주
    Rule("hashtags", _SITE, full(r"#[^\s#]+(?:[\s,]+#[^\s#]+)+"), _FRAME),
    # 좋아요 27, 구독자 1,204
    Rule("counter", _SITE, full(r"(?:좋아요|추천|조회수?|구독자|응원수|공감|비공감)\s?[\d,]+\s?[건회명]?"), _FRAME, 20),
    # ※ 제보를 기다립니다, 네이버에서 ○○ 구독하기: only after the byline, for an article may itself ask for 제보
    Rule(
        "appeal",
        _SITE,
        full(r".{0,40}(?:제보|구독|채널)(?:하기|하세요|\s?추가.{0,6}|[는가를]\s.{0,30}|\s바로가기)\W*"),
        _CLOSING,
        80,
    ),
    # 17: a counter whose label is a picture
    Rule("number", _SITE, full(r"[\d\W]{1,5}"), _CLOSING),
    # 실시간 … 경기 순위: betting sites' lines under copied articles
    Rule(
        "betting",
        SpanKind.SPAM,
        full(r".*(?:카지노|바카라|토토사이트|먹튀|슬롯|경기\s?순위|무료\s?(?:중계|쿠폰)).*"),
        _CLOSING,
        60,
    ),
)
LINE_RULES: tuple[Rule, ...] = (*_PICTURES, *_BYLINES, *_RIGHTS, *_RELATED, *_COMMENTS, *_AROUND)

INLINE_PREFIXES = (
    # [○○저널=○○○ 기자] KT가 …
    InlineRule(
        "bracketed reporter",
        _BYLINE,
        re.compile(rf"[\[【](?:[^\[\]=/|]{{1,25}}[=/|\s]\s?)?{REPORTERS}[^\[\]]{{0,15}}[\]】]\s?=?"),
    ),
    # (울산=○○통신) ○○○ 기자 = …; (단위=조원) is no dateline
    InlineRule(
        "dateline",
        _BYLINE,
        re.compile(
            rf"[(\[][가-힣·]{{2,12}}=(?:[가-힣A-Za-z0-9]{{0,10}}{PRESS}[)\]](?:\s?{REPORTERS}\s?=)?"
            rf"|[가-힣A-Za-z0-9]{{2,12}}[)\]]\s?{REPORTERS}\s?=)"
        ),
    ),
    # ○○○ 기자 = …, 뉴욕=○○○ 특파원 = …
    InlineRule("reporter =", _BYLINE, re.compile(rf"(?:[가-힣]{{2,8}}\s?=\s?)?{REPORTERS}\s?=(?=\s)")),
)
_AFTER = r"(?<=[.?!\"”’'\])])\s*"
INLINE_SUFFIXES = (
    # … 라고 말했다. ○○○ 기자 a@b.kr, … 말했다. 세종 ○○○ 기자
    InlineRule(
        "closing reporter",
        _BYLINE,
        re.compile(
            rf"{_AFTER}((?:[/\[(]\s?)?(?:\S{{1,15}}\s?[=/]\s?|[가-힣]{{2,5}}\s)?{REPORTERS}\s?/?\s?(?:{EMAIL})?{CLOSE})$"
        ),
    ),
    # … ○○○ 디지털뉴스 기자 a@b.kr (○○본부) 사진=○○ 제공: where a desk stands before 기자, an address must follow
    InlineRule(
        "closing desk",
        _BYLINE,
        re.compile(rf"{_AFTER}({DESK}\s?{EMAIL}\s?(?:\([^()]{{1,15}}\))?\s?(?:{PHOTO}\s?=[^=]{{1,20}})?)$"),
    ),
    # … 말했다. 저작권자 © ○○ 무단전재 및 재배포 금지
    InlineRule(
        "closing rights",
        SpanKind.COPYRIGHT,
        re.compile(rf"(?<=[.?!\"”’'\])a-z])\s*([\[<(]?{SIGN}[^?!]{{0,70}}(?:금지|reserved)\W{{0,3}})$", re.IGNORECASE),
    ),
    # … 말했다. (사진=○○)
    InlineRule(
        "closing credit",
        _CAPTION,
        re.compile(rf"{_AFTER}([\[(<]\s?{PHOTO}\s?(?:제공|출처)?\s?=[^\[\]()<>]{{1,40}}[\])>])$"),
    ),
)

_BY_PLACE = {where: [rule for rule in LINE_RULES if rule.where is where] for where in Where}
_MAX_CHARS = max(rule.max_chars for rule in LINE_RULES)


def find_rule(line: str, where: Where) -> Rule | None:
    """Return the first rule for ``where`` that fires on this stripped line."""
    return _find_rule(line, where) if len(line) <= _MAX_CHARS else None


@lru_cache(maxsize=1 << 14)  # menus and bylines repeat from article to article
def _find_rule(line: str, where: Where) -> Rule | None:
    return next((rule for rule in _BY_PLACE[where] if rule.matches(line)), None)
