"""What a question asks for: the type of value, its unit, the clause it names, its parts, and the sentence that asks."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rag.values.qualifiers import Qualifier, find_qualifiers
from rag.values.typed_values import Value, ValueKind, find_clauses, find_values


class Asks(StrEnum):
    """What kind of thing would answer; a question may ask for several."""

    PERSON = "person"
    ORGANISATION = "organisation"
    PLACE = "place"
    TIME = "time"
    DATE = "date"
    PERIOD = "period"
    MONEY = "money"
    COUNT = "count"
    RATE = "rate"
    AGE = "age"
    ORDINAL = "ordinal"
    MEASURE = "measure"
    PHONE = "phone"
    CLAUSE = "clause"
    WHAT_NUMBER = "what_number"
    YES_NO = "yes_no"
    REASON = "reason"
    METHOD = "method"
    LIST = "list"
    COMPARISON = "comparison"
    DEFINITION = "definition"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, read: 몇 명 asks for a COUNT with ``unit`` 명, 쓸 수 없는 곳은? for what is not (``negative``).

    ``values`` and ``qualifiers`` are what it names itself, with places in ``core``; ``parts`` its several questions,
    each with the topic; ``core`` the sentences that ask, without the circumstances.
    """

    kinds: frozenset[Asks]
    unit: str
    negative: bool
    values: tuple[Value, ...]
    qualifiers: tuple[Qualifier, ...]
    clause: str
    parts: tuple[str, ...]
    core: str


def read_asked(question: str, *, as_of: date | None = None) -> Asked:
    """Read a question; ``as_of`` is the day from which 올해 and 지난달 are counted.

    >>> sorted(kind.value for kind in read_asked("참가자는 몇 명이고 언제까지 신청하나요?").kinds)
    ['count', 'date', 'time']
    """
    core = find_core(question)
    values = find_values(core, published=as_of)
    clause = max((value.key for value in find_clauses(core)), key=len, default="")
    kinds = _kinds(core, values, clause)
    return Asked(
        kinds=kinds,
        unit=_unit(core) if kinds & _NUMERIC else "",
        negative=Asks.YES_NO not in kinds and _asks_what_is_not(core),
        values=values,
        qualifiers=find_qualifiers(core, as_of=as_of),
        clause=clause,
        parts=find_parts(core) if core != question or len(core) <= _LONG else (core,),
        core=core,
    )


# --- kinds
_NOT_LENGTH = r"(?!\s?(?:간|동안|이나|걸|안|만|을|전|쯤|치|짜리|정도|이내|내|씩|뒤|후|이 걸|남|더|쉬|이고|일찍))"
_COUNT_UNITS = (
    "명|사람|집|분(?=이|의|\\s|을)|곳|군데|개소|개교|개국|개사|개(?!월|년)|건|대(?!학|\\s?1)|권|가구|세대|회|차례|종류|종|부|석|팀|마리|그루|장|매|편|쪽|페이지|줄|점|표|필지|병|상자"
    "|박스|포기|포대|봉지|봉|켤레|벌|채|척|량|칸|면|자리|좌석|학급|강좌|과목|경기|승|패|골|마을|학점|쌍|세트|통|잔|끼|알|송이|묶음|가지|항목|문항|문제|품목|인분|구좌|차선"
    "|글자|판|곡|점포|업체|농가|노선|호(?!봉)|그릇|인|개국|톨|식|군|학교|환|캔|팩|보|번(?!으로|에|이|\\s?(?:버스|출구|창구|게이트|홈))"
)
_COUNT = re.compile(rf"몇\s?(?:십\s?|백\s?|천\s?|만\s?)?(?P<unit>{_COUNT_UNITS})")
_ATTRIBUTE = r"(?:[은는이가을를]|[?.\s]|$|도(?=\s|$)|요|좀|알려|얼마|어떻게|궁금|맞|뭐|하고|랑|와|과|인가|임|이요)"
_TABLE: tuple[tuple[Asks, str], ...] = (
    (
        Asks.PERSON,
        r"누구|누가|누굴|누굽|누군|뉘신|누가요|성함|성명|\bwho(?:m|se)?\b|이름\s?(?:이|은|을|좀|도|들|이요|아|알)?[\s?]*(?:뭐|뭔|뭡|무엇|어떻게|알|좀|$|궁금|다|모두|말|대)"
        r"|(?:사람|담당자|선생님|위원장|대표|팀장|의원|교수|강사|책임자|회장|사장|기자|지은이|저자|감독|주인공|보유자|당선자|수상자|이사장|과장|국장|소장|원장|센터장|점장)\s?(?:은|는|이|이요|은요|는요|누구|알려\S*|좀)?\s*[?]*$"
        r"|which (?:person|teacher|official)|name of the (?:person|head|teacher|director|manager|instructor)",
    ),
    (
        Asks.ORGANISATION,
        r"(?:어느|무슨|어떤|어디)\s?(?:과(?!목|정|일)|부서|팀|기관|회사|업체|은행|대학|학교|병원|단체|센터|조합|재단|협회|신문|보험사|법인|구청|시청|도서관|지점|지사|나라|출판사|기업)"
        r"|(?:부서|기관|업체|회사|은행|단체|시공사|제조사|운영사|보험사|법인|주최|주관|소속|관할|공급사|수행사|발주처|시행사|낙찰자|거래처|출판사)\s?(?:은|는|이|가)?\s?(?:어디|어느|누구|무엇|뭐|[?]|$|알려)"
        r"|어디(?:서|에서|가|에)?\s?(?:맡|주관|주최|담당|관할|운영|관리|만드|만들|지었|공급|시공|접수받)|which (?:department|team|company|office|bank|agency|organi[sz]ation|school|university)",
    ),
    (
        Asks.PLACE,
        r"어디|어딨|어딘|어디어디|장소|위치|소재지|주소(?!록|지\s?동)|몇\s?(?:층|호실|호(?!선|기|차|봉)|동(?!안))|어느\s?(?:방|층|역|건물|회의실|곳|교실|홀|강당|쪽에|동네|마을|동|지역|도시|정류장|출구)"
        r"|무슨\s?(?:역|동네|건물|방)|\bwhere\b|which (?:room|floor|building|station|hall|place|venue|exit)|address\b|약도",
    ),
    (
        Asks.TIME,
        r"몇\s?시(?!간)|시각|언제|(?:운영|영업|개방|진료|관람|이용|근무|업무|상담|개관|점심|접수|면회|방송|출발|도착|시작|막차|첫차|공연|수업|마감|식사|입장)\s?시간(?!표|제)"
        r"|막차|첫차|시간대|몇시|\bwhat time\b|\bwhen\b|(?:opening|business|visiting) hours|until what time|closing time",
    ),
    (
        Asks.DATE,
        rf"언제|며칠{_NOT_LENGTH}|몇일{_NOT_LENGTH}|날짜|몇\s?월|몇\s?일{_NOT_LENGTH}|(?:무슨|어느|어떤|몇)\s?요일|(?:어느|무슨|어떤)\s?날|몇\s?년도|몇\s?년(?:에(?!\s?[한두세몇]\s?번)|부터|까지|도|이|생)|연도|일자|기한"
        rf"|(?:개강|개장|개막|개관|개원|개최|개통|마감|시행|발표|휴관|휴무|휴일|쉬는|지급|납부|창립|설립|준공|착공|출발|시작|종료|면접|시험|행사|폐장|입금|결혼|생|퇴원|접수|합격자 발표|선거|투표|입주|발매|출시)\s?[일날]{_ATTRIBUTE}"
        rf"|(?:접수|신청|모집|운영|행사|공사|휴관|계약|전시|투표|개방|이용|지원|사업|교육|공고|신고|방학|휴가|점검)\s?(?:기간|일정){_ATTRIBUTE}|마감(?:이|은)|시기|발표날|몇\s?째|when\b|what (?:day|date|year|month)|which (?:day|date|month|year)|deadline|due date|일정{_ATTRIBUTE}|시행일",
    ),
    (
        Asks.PERIOD,
        r"(?:며칠|몇일)(?!\s?(?:부터|에|날))|(?:며칠|몇일)\s?(?:간|동안|이나|걸|안|만|을|전|쯤|치|정도|이내|내|뒤|후|이 걸|남|더|쉬|일찍)|얼마나\s?(?:걸|오래|있|기다)|얼마\s?(?:동안|만에|뒤|후에)|몇\s?(?:년(?!도|생|째|부터|에(?!\s?[한두세몇]\s?번)|\s?몇\s?월)|개월|달|주(?!\s?차)|시간|분(?!\s?(?:의|이나|께|은))|초|박|해|밤)"
        r"|기간|임기|유효\s?기간|보존\s?연한|얼마간|\bhow long\b|how many (?:days|weeks|months|years|hours|minutes|nights)|소요\s?시간|몇\s?일\s?(?:간|동안|이나|걸|안|만|전|까지)",
    ),
    (
        Asks.MONEY,
        rf"얼마(?!나\s?(?:걸|오래|자주|많|멀|크|큰|넓|높|있|줄|늘|약|빨|커|차이|필요|기다|남|자라|떨어|오르)|\s?(?:동안|만에|간|뒤))|금액|액수|비용|가격|요금|값{_ATTRIBUTE}|돈을?\s|돈이|보증금|상금|과태료|벌금|예산|사업비|공사비|회비|월급|급여|시급|연봉|임금|보상금|매출|지원금|단가|총액|잔액|수당{_ATTRIBUTE}"
        rf"|(?:수강|수수|사용|이용|입장|참가|관람|대관|대여|보험|임대|통행|주차|진료|위약|연체|보관|접종|숙박|가맹|관리|시설|등록|수업|원고|과태|위탁|택배|배송|수거|발급|입학|월세|전세)[료금비]{_ATTRIBUTE}|(?<=[가-힣])(?<![재자치의완종음만무원유준대장설정소낭슬새무변])[료비](?!\s?(?:규정|조례|규칙|지침|세칙)){_ATTRIBUTE}|월세|몇\s?(?:원|만\s?원|천\s?원|억|백만|십만|만원|푼|달러)"
        r"|how much|\b(?:cost|fee|price|fare|salary|fine|budget|rent|deposit|charge)\b|얼마임|얼만|한도",
    ),
    (
        Asks.COUNT,
        rf"몇\s?(?:십\s?|백\s?|천\s?|만\s?)?(?:{_COUNT_UNITS})|인원|명수|개수|갯수|건수|대수|횟수|권수|정원{_ATTRIBUTE}|[가-힣]\s수(?:[는가를]|\s?[?]|$|\s?알)|[원자객생]\s?수(?=[는가를\s?]|$)|\bhow many\b|number of|점수|몇\s?개(?!월|년)",
    ),
    (
        Asks.RATE,
        rf"몇\s?(?:%|퍼센트|퍼|프로(?!그램)|배|할|대\s?몇|대\s?1)|비율|[가-힣][율률]{_ATTRIBUTE}|퍼센트|비중|금리|이자|percent|\brate\b|경쟁률|얼마나\s?(?:감면|할인|깎|줄|늘|오르|올|내려|싸)",
    ),
    (Asks.AGE, r"몇\s?(?:살|세(?!대|트))|나이|연령|\bhow old\b|what age|minimum age"),
    (
        Asks.ORDINAL,
        r"몇\s?(?:차(?!례|선)|위(?!원)|등(?!록)|번째|등급|급|학년|회째|호선|기(?!간|관)|단계|반|번\s?(?:출구|창구|버스|게이트|홈|문)|학기|교시|주차|종\s?(?:면허)|번째|순위|호차|호기|호봉)|순위|제\s?몇|몇\s?회(?:인|째|입|이)|어느\s?(?:등급|단계|학년)|which (?:grade|round|rank|level|exit)",
    ),
    (
        Asks.MEASURE,
        rf"몇\s?(?:미터|킬로|㎡|m\b|km|kg|cm|mm|g\b|L\b|톤|평|제곱|헥타르|리터|도(?!\s?있)|그램|센티|와트|kw|인치|데시벨|기가|파스칼|밀리|암페어|볼트|ppm)|(?:크기|면적|넓이|길이|높이|무게|중량|거리|용량|규격|온도|속도|너비|폭|깊이|두께|소음|규모){_ATTRIBUTE}|얼마나\s?(?:멀|크|큰|넓|높|무거|길)|how (?:far|big|tall|heavy|large|wide|deep|high)",
    ),
    (
        Asks.PHONE,
        r"전화\s?번호|연락처|(?:대표|팩스|내선|휴대전화|핸드폰|휴대폰|직통|상담|문의|센터|사무실|교무실|실)\s?번호|몇\s?번(?:으로|에|이|로)?\s?(?:전화|걸|눌|연락|문의|에요|이에요|인가요|인지)|어디(?:로|에|다)?\s?(?:전화|연락|문의|신고전화)|전화\s?(?:는|를|할|하려|해야)?\s?(?:어디|몇)|내선|팩스|전화(?:를|는|요|좀)?\s?[?]*$|(?<!비밀)(?<!계좌)(?<!일련)(?<!우편)(?<!등록)번호(?:요|도요|는요|좀|도|를?\s?알려.*|가\s?(?:뭐|어떻|몇|무엇).*)?\s*[?]*$|전화\s?(?:좀|를)?\s?(?:알려|부탁|주세요)|전화할\s?(?:데|곳)|몇\s?번으로\s?거|번호는\s?(?:무엇|뭐)"
        r"|\bphone\b|\btelephone\b|\bcall\b|contact number|\bfax\b|extension number|전화번",
    ),
    (
        Asks.REASON,
        r"왜|이유|까닭|(?<![만억천백십\d])(?<![만억천백십\d]\s)원인|사유|때문|계기|어째서|\bwhy\b|how come|reason\b",
    ),
    (
        Asks.METHOD,
        r"어떻게(?!\s?(?:되|됩|돼|된|됐|생))|방법|절차|어찌|어떡|(?:하|받으|쓰|가|내|신청하|등록하|버리|타|보)려면\s?(?:어떻게|뭘|뭐부터|[?]|$)|순서는|\bhow (?:do|can|to|should|does|would|is|are)\b|\bhow did\b",
    ),
    (
        Asks.LIST,
        r"모두|전부|누구누구|누구\s?누구|무엇무엇|뭐뭐|뭐\s?뭐|어디어디|어디\s?어디|어떤\s?경우|뭘\s?(?:들고|붙|챙|준비|가져|갖고|내야)|[가-힣]\s(?:두|세|네|다섯)\s?(?:가지|개|곳)(?:가|는|를)?\s?(?:뭐|무엇|알려|[?]|$)|어떤\s?것들|목록|명단|종류|각각|다\s?(?:알려|말|적|대\s?(?:봐|줘)|써|보여|뭐|나열)|나열|(?<![가-힣])(?:두|세|네|셋|둘|다섯)\s?(?:명|사람|곳|가지|분|개)?의?\s?(?:이름|알려|은|는|의\s?이름|다)|이름들|\ball\b|\blist\b|what are the"
        r"|(?:준비물|서류|품목|메뉴|과목|항목|조건|자격|혜택|프로그램|종목)\s?(?:은|는|이|가|들|에는|엔)?\s?(?:뭐|무엇|뭔|어떤|뭘|어떻게)|(?:뭐|무엇|뭘|누구|어디)(?:가|이|를)?\s?있",
    ),
    (
        Asks.COMPARISON,
        r"더\s?(?:[싼싸비많적높낮크큰작길긴짧빠느먼가오늦이일유좋나넓])|(?:^|\s)(?:더|가장|제일|젤)\s|최다|[가-힣0-9]보다|중(?:에서|에|의)?\s?(?:어느|누가|누구|뭐|무엇|어디|어떤|제일|가장)|가운데|비교|차이|견주|어느\s?(?:쪽|게|것이|편)|이랑\s?[^?]{1,30}(?:중|달라|다른|차이)|다른\s?점|다른가|늘었|줄었|올랐|내렸|몇\s?배|달라졌|\bthan\b|\bmore\b|\bmost\b|difference|compare|\b(?:largest|biggest|cheapest|highest|lowest|longest)\b",
    ),
    (
        Asks.DEFINITION,
        r"(?:이란|란|이라는\s?(?:게|건|것)|라는\s?(?:게|건|것))\s?(?:무엇|뭐|뭔|무슨|[?]|$)|뜻|의미|정의|무슨\s?말|약자|줄임말|풀이|무엇을\s?말하|뭘\s?말하|뭐를\s?말하|what does .{1,40} mean|stand for|definition|what is an? ",
    ),
)
_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _TABLE)
_WH = re.compile(
    r"누구|누가|누굴|누굽|누군|어디|어딨|어딘|언제|며칠|몇|얼마|무엇|무슨|뭐|뭘|뭔|뭡|무얼|어느|어떤|어떻|어찌|왜|어째|이유"
    r"|\b(?:who|whom|whose|what|when|where|which|why|how)\b",
    re.IGNORECASE,
)
_KOREAN_WH = re.compile(_WH.pattern.split(r"|\b")[0])
_YES_NO_END = re.compile(
    r"(?:[나가]요|까요?|니까|[어아여해돼워와져려줘]요?|죠|(?<!가)지요?|[는은을인한된할될던]지(?:요|\s?궁금\S*|\s?알\S*|\s?여부)?|을지|[나니냐까]|래요?|여부(?:는|를|가)?|맞(?:음|아요?|나요?|습니까|죠|지)?|[있없맞][음]|[되하]나|데요|거야|건가|예요|에요|이야|야|다던데|다며|라며|다면서요?|요)\s*[?？!.\s]*$"
)
_KEYWORD_YES_NO = re.compile(
    r"[는은을ㄹ할될볼]\s?(?:건|거)?지[,\s?]*(?:[^?.]{0,10}(?:걱정|궁금|알고|모르|알려))|(?:건지|는지)[?\s]*$|(?:가능|여부|되는지|맞는지|있는지|없는지|인지)\s*[?]*$|맞(?:아|나|습|죠|지|음|는)|(?:되|있|없|하|가능한)(?:나요|는지|는가|습니까|을까요)"
)
_YES_NO_ENGLISH = re.compile(
    r"^\s*(?:is|are|was|were|can|could|do|does|did|may|must|should|will|would|has|have|am)\b|[.?!]\s+(?:is|are|can|do|does|did|may|must|should|will)\b",
    re.IGNORECASE,
)
_WHAT = re.compile(
    r"무슨|뭐|뭘|뭔|뭡|무엇|무얼|어떤|일정|행사|회의는|메뉴|점검은|교육은|수업|\bwhat\b|\bwhich\b|누가|누구|어느|어디",
    re.IGNORECASE,
)
_OPEN_END = re.compile(r"[은는]\s*[?？]*$")
_NEGATIVE = re.compile(
    r"없는|못\s?[가-힣]{0,4}[는한할된]\s|못하는|못\s?하는|않는|않아도|않은|않을|[가-힣]지\s?마|(?:^|\s)안\s[가-힣]{1,5}[는은된한]\s|(?:^|\s)안(?:되|하|나오|받|쓰|파|걸리|내|가)는\s|안\s?되는|안되는|안돼는|아닌|제외(?:되|한|하|대상)|빠지는|빠진|빼는|빼고|뺀|금지(?:된|되는|인|하는|\s?(?:품목|물품|사항|행위|대상|구역))|불가능?한|못\s?들어|못\s?받|못\s?쓰|못\s?가져|안\s?받는|안\s?쓰는|안\s?해도|안\s?내도"
    r"|\bcannot\b|\bcan't\b|\bnot\b|\bexcept\b|\bwithout\b|\bexcluded?\b|\bprohibited\b|\bbanned\b|\bn't\b|n't\b|\bnot allowed\b",
    re.IGNORECASE,
)


def _kinds(text: str, values: tuple[Value, ...], clause: str) -> frozenset[Asks]:
    found = {kind for kind, pattern in _PATTERNS if _asks(kind, pattern, text, values)}
    found |= _reversed(text, values, found)
    if _is_yes_no(text, found):
        found = (found & _WITH_YES_NO) | {Asks.YES_NO}
    if Asks.PHONE in found and Asks.PLACE in found:
        found = (found - {Asks.PLACE}) | {Asks.ORGANISATION}
    if Asks.REASON in found and not _MORE.search(text):
        found.discard(Asks.COMPARISON)
    if Asks.WHAT_NUMBER in found and Asks.PLACE in found:
        found = (found - {Asks.PLACE}) | {Asks.ORGANISATION}
    if clause and not found - {Asks.LIST, Asks.METHOD, Asks.YES_NO, Asks.DEFINITION}:
        found.add(Asks.CLAUSE)
    return frozenset(found or {Asks.OTHER})


_MORE = re.compile(r"더\s|가장|제일|보다")
_BY_NOUN = frozenset(
    [
        Asks.MONEY,
        Asks.DATE,
        Asks.TIME,
        Asks.PERIOD,
        Asks.RATE,
        Asks.AGE,
        Asks.MEASURE,
        Asks.COUNT,
        Asks.PHONE,
        Asks.PERSON,
    ]
)
_GENERAL = re.compile(
    r"[^?.]{0,4}(?:얼마|뭐|무엇|뭔|뭡|어떻|어느|어떤|몇(?=이|인|[?\s]*$)|언제|\bwhat\b|\bhow\b|\bwhich\b)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[은는이가을를도요좀\s]*(?:알려\S*|궁금\S*|말해\S*|부탁\S*)?[?？.!\s]*$")


def _asks(kind: Asks, pattern: re.Pattern[str], text: str, values: tuple[Value, ...]) -> bool:
    """Return whether a kind is asked for. A noun alone does not ask where another word does: 예산 삭감을 주장한 사람은 누구."""
    found = [match for match in pattern.finditer(text) if not _is_given(text, match.end(), values)]
    if kind not in _BY_NOUN or _KOREAN_WH.search(text) is None:
        return bool(found)
    return any(
        _WH.search(match.group()) or _GENERAL.match(text, match.end()) or _ENDS.match(text, match.end())
        for match in found
    )


def _is_given(text: str, end: int, values: tuple[Value, ...]) -> bool:
    """Return whether what is named up to ``end`` has its value right behind it: 지원금이 360만원인 책방."""
    return any(
        _PARTICLE.fullmatch(text[end : value.start]) and text.startswith(("인 ", "짜리 "), value.end)
        for value in values
        if value.start >= end
    )


_PARTICLE = re.compile(r"\s?[이가은는]?\s?")


_WITH_YES_NO = frozenset([Asks.COMPARISON, Asks.WHAT_NUMBER])


def _reversed(text: str, values: tuple[Value, ...], found: set[Asks]) -> set[Asks]:
    """Return WHAT_NUMBER where a number, day or amount is given and what it belongs to is asked."""
    kinds = {value.kind for value in values}
    if ValueKind.PHONE in kinds:
        found.discard(Asks.PHONE)
        return {Asks.WHAT_NUMBER}
    day = any(value.kind is ValueKind.DATE and len(value.key) > 4 for value in values)
    if day and "언제" not in text and _SCHEDULE.search(text):
        found.discard(Asks.DATE)
    if found & _VALUES:
        return set()
    if (day or ValueKind.MONEY in kinds) and (_WHAT.search(text) or _OPEN_END.search(text)):
        return {Asks.WHAT_NUMBER}
    return {Asks.WHAT_NUMBER} if ValueKind.TIME in kinds and _WHAT.search(text) else set()


_SCHEDULE = re.compile(r"일정|행사")
_VALUES = frozenset(
    [
        Asks.MONEY,
        Asks.COUNT,
        Asks.RATE,
        Asks.DATE,
        Asks.PERIOD,
        Asks.AGE,
        Asks.MEASURE,
        Asks.PHONE,
        Asks.TIME,
        Asks.REASON,
        Asks.METHOD,
    ]
)


def _is_yes_no(text: str, found: set[Asks]) -> bool:
    """Return whether no word asks, but the ending does: 되나요, 있습니까, 맞죠, 가능 여부."""
    if _WH.search(text):
        return False
    stripped = text.rstrip(" ?？!.~")
    if _YES_NO_ENGLISH.search(text) or _KEYWORD_YES_NO.search(stripped):
        return True
    if _TELL.search(stripped) or Asks.WHAT_NUMBER in found:
        return False
    return bool(_YES_NO_END.search(stripped)) and not _NOUN_YO.search(stripped)


_TELL = re.compile(
    r"(?:번호|이름|연락처|시간|가격|장소)(?:은|는|을|를|이|가|좀)?\s?(?:알아|아세|아시|알 수|있)|알려|궁금|말해|가르쳐|주세요|주십시오|줘요?$|부탁|좀요?$|적어|대\s?봐|설명|찾아|싶(?:어|습|은)"
)
_NOUN_YO = re.compile(
    r"(?:[은는이]요|[가-힣]\s?(?:번호|시간|가격|이름|비용|날짜|장소|기간|주소|방법|일정|연락처|내용|금액|이유|수)\s?(?:이?요|는요)?|처요|료요|비요|값이?요)$"
)

_NUMERIC = frozenset(
    [
        Asks.COUNT,
        Asks.PERIOD,
        Asks.RATE,
        Asks.ORDINAL,
        Asks.AGE,
        Asks.MEASURE,
        Asks.MONEY,
        Asks.DATE,
        Asks.TIME,
        Asks.PLACE,
    ]
)
_PEOPLE = re.compile(
    r"how many (?:people|persons|employees|staff|members|participants|students|volunteers|workers|seats?|books?|cars?|times|places|households)",
    re.IGNORECASE,
)
_ENGLISH_UNITS = {
    "times": "회",
    "place": "곳",
    "places": "곳",
    "book": "권",
    "books": "권",
    "car": "대",
    "cars": "대",
    "seat": "석",
    "seats": "석",
    "households": "가구",
}
_PERIOD_UNIT = re.compile(r"몇\s?(개월|달|주|시간|분|초|년|박|해)")
_OTHER_UNIT = re.compile(
    r"몇\s?(만\s?원|천\s?원|원|%|퍼센트|프로|배|살|세|학년|등급|급|위|등|차|층|호봉|호|시|월|일|요일|번째|번|미터|킬로미터|킬로|kg|km|㎡|평|톤|리터|도|단계|기|회)"
)
_UNIT_NOUNS = re.compile(
    r"(인원|명수|정원|회원\s?수|사람\s?수|학생\s?수|[자객원생]\s?수(?=[는가를\s?]|$)|인원수)|(횟수)|(건수)|(권수)|(대수)|(가구\s?수)|([개갯]수)"
)
_NOUN_UNITS = ("명", "회", "건", "권", "대", "가구", "개")


def _unit(text: str) -> str:
    """Return what is counted: 몇 명 → 명, 인원 → 명, 몇 개월 → 개월; empty where none is named."""
    for pattern in (_PERIOD_UNIT, _COUNT, _OTHER_UNIT):
        if match := pattern.search(text):
            return re.sub(r"\s", "", match.groupdict().get("unit") or match[1])
    if match := _UNIT_NOUNS.search(text):
        return _NOUN_UNITS[(match.lastindex or 1) - 1]
    if match := _PEOPLE.search(text):
        return _ENGLISH_UNITS.get(match.group().split()[-1].lower(), "명")
    return ""


def _asks_what_is_not(text: str) -> bool:
    """Return whether a negated clause stands right before what is asked: 쓸 수 없는 곳은 어디."""
    for match in _NEGATIVE.finditer(text):
        asks = _WH.search(text, match.end())
        gap = (asks.start() if asks else len(text)) - match.end()
        if match.group().isascii() or (
            gap <= 18 and (asks is None or asks.group() not in ("왜", "어떻", "언제", "이유"))
        ):
            return True
    return False


# --- the sentences that ask
_LONG = 60
_WRAPPED = re.compile(
    r"(?:^|\n|\s)(?:user\s|final\s)?(?:question|query|user|질문|문의|질의|사용자|문)\s?(?:내용)?\s?[:：]\s*",
    re.IGNORECASE,
)
_WRAPPER_END = re.compile(
    r"\s*(?:\n|\s)(?:answer|assistant|response|답변|답|도우미)\s?[:：].*$|\s*(?:\[/INST\]|<\|[^|>]*\|>|</?[a-z_]+>).*$",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE = re.compile(r"[^.?!？\n]+(?:\.(?=\d)[^.?!？\n]*)*(?:[?!？.]+|\n|$)")
_COURTESY = re.compile(
    r"^\s*(?:안녕|감사|고맙|수고|부탁|잘\s?부탁|미리|반갑|실례|죄송|여보세요|hello|hi\b|thanks?|thank you|please help|dear|좋은\s?하루)[^?]{0,40}$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\s*(?:안녕하세요|안녕하십니까|여보세요|수고하십니다|수고하세요|실례합니다|hello|hi|저기요|저기)[,!.~\s]+",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"[?？]\s*$|(?:알려|가르쳐|궁금|말씀해|설명해|찾아)[^.]{0,12}\s*[.!]?\s*$|(?:나요|까요|인가요|습니까|[는은을]지요?|뭐예요|얼마예요|누구예요|어디예요|싶습니다|싶어요|모르겠\S*)\s*[.!]?\s*$"
)


def find_core(question: str) -> str:
    """Return the sentences that ask, without circumstances, greetings, thanks and the wrapper of a template."""
    text = _unwrapped(question)
    text = _GREETING.sub("", text).strip() or text.strip()
    sentences = [match.group().strip() for match in _SENTENCE.finditer(text) if match.group().strip()]
    spoken = [sentence for sentence in sentences if not _COURTESY.match(sentence)]
    if not spoken or (len(text) <= _LONG and len(spoken) == len(sentences)):
        return text
    if len(text) <= _LONG:
        return " ".join(spoken)
    asking = [
        sentence
        for sentence in spoken
        if _ASKING.search(sentence) and (sentence[-1] in "?？" or _WH.search(sentence) or len(spoken) < 3)
    ]
    asking = asking or [sentence for sentence in spoken if _ASKING.search(sentence) or _WH.search(sentence)]
    return " ".join(asking or spoken[-1:])


def _unwrapped(question: str) -> str:
    """Return what stands behind the last "Question:" of a template, before its "Answer:"."""
    marks = list(_WRAPPED.finditer(question))
    if not marks:
        return question.strip()
    tail = _WRAPPER_END.sub("", question[marks[-1].end() :]).strip()
    return tail or question.strip()


# --- several questions in one
_JOINED = re.compile(r"(?:이고|이며|으며|하고|[가-힣](?:고|며))(?:요)?[,;]?\s+|,\s+|그리고\s+")
_ITEM_END = re.compile(
    r"(?:[가-힣]*(?:료|비|금|값|기간|시간|일정|일|날짜|장소|위치|대상|방법|정원|인원|번호|연락처|이름|가격|금액|비용|기한|시기|율|률|수|주소|자격|요일|조건|서류|준비물|지은이|저자|담당자|마감|횟수|규모|면적|이유|절차|시각|날))$"
)
_LIST_TAIL = re.compile(
    r"\s?(?:을|를|은|는|이|가|도)?\s?(?:각각|둘\s?다|모두|전부|다|좀|같이|함께)?\s?(?:을|를|은|는)?\s?(?:알려\s?[가-힣]*|말해\s?[가-힣]*|가르쳐\s?[가-힣]*|궁금\S*|어떻게\s?\S+|뭐\S*|얼마\S*|부탁\S*|요|좀요?|각각\S*)?\s?(?:요|주세요|줘|합니다|해요)?\s*[?？.!]*$"
)
_BETWEEN_ITEMS = re.compile(r"\s?[,·、/]\s?(?:그리고\s)?|(?<=[가-힣])(?:이랑|랑|하고|와|과)\s|\s및\s|\s그리고\s")
_MOST_PARTS = 8  # each is answered by itself, which takes as long as a question
_TOPIC_JOSA = re.compile(r"(?:에서는|에서|에는|에|은|는|이|가|을|를|의|도)$")


def find_parts(question: str) -> tuple[str, ...]:
    """Return the questions inside a question, each with its topic; the question alone where it is one or far too many.

    >>> find_parts("보험금은 얼마이고 어디에 청구하나요?")
    ('보험금은 얼마인가요?', '보험금 어디에 청구하나요?')
    """
    parts = _parts(question)
    return parts if len(parts) <= _MOST_PARTS else (question,)


def _parts(question: str) -> tuple[str, ...]:
    sentences = [match.group().strip() for match in _SENTENCE.finditer(question) if match.group().strip()]
    asking = [
        sentence
        for sentence in sentences
        if _WH.search(sentence) or sentence.endswith(("?", "？")) or re.search(r"도요\s*[.?]?$", sentence)
    ]
    if len(asking) > 1 and sum(bool(_WH.search(sentence)) for sentence in asking) + len(asking) > 2:
        return _sentences_with_topic(asking, question)
    return _joined_parts(question, _MOST_PARTS) or _listed_parts(question) or (question,)


def _sentences_with_topic(sentences: list[str], question: str) -> tuple[str, ...]:
    topic = _topic(sentences[0])
    parts = [sentences[0], *(_with_topic(topic, _AFTER_TOO.sub("", sentence)) for sentence in sentences[1:])]
    return tuple(parts) if len(set(parts)) == len(parts) else (question,)


_AFTER_TOO = re.compile(r"^그리고\s|도요(?=\s*[?.]?$)")


def _topic(part: str) -> str:
    """Return what stands before the first word that asks, without its 조사; a verb's object goes with it."""
    match = _WH.search(part)
    before = (part[: match.start()] if match else part).strip(" ,")
    words = before.split()
    if not match and len(words) > 1:
        words.pop()
    return _TOPIC_JOSA.sub("", " ".join(words)) if words else ""


def _joined_parts(question: str, most: int) -> tuple[str, ...]:
    """Split clauses that each ask, as in 얼마이고 언제까지; what stands behind ``most`` of them stays whole."""
    if not most:
        return ()
    for match in _JOINED.finditer(question):
        first, second = question[: match.start()], question[match.end() :]
        asks_first = _WH.search(first)
        if asks_first is None or not (_WH.search(second) or _ITEM_END.search(_LIST_TAIL.sub("", second))):
            continue
        if match.group().startswith("하고") and _WITH.search(first):
            continue
        if "부터" in first[-6:] or not second.strip(" ?"):
            continue
        joint = match.group().strip(" ,;")
        ending = (
            "인가요?"
            if joint in ("이고", "이며", "고", "며") or first.endswith(("얼마", "언제", "누구", "어디"))
            else "나요?"
            if joint
            else "?"
        )
        stem = question[: match.end()].strip(" ,;") if joint and ending == "나요?" else first
        stem = re.sub(r"(?:고|며)요?$", "", stem) if ending == "나요?" else stem
        stem = stem.rstrip("이으") if ending == "인가요?" and joint in ("고", "며") else stem
        topic = _topic(first)
        return (stem + ending, *_joined_rest(topic, second, most - 1))
    return ()


_WITH = re.compile(r"(?:누구|무엇|뭐|어디|(?:어느|무슨|어떤)\s?[가-힣]{1,6})$")  # 누구하고: with whom


def _joined_rest(topic: str, second: str, most: int) -> tuple[str, ...]:
    rest = _joined_parts(second, most)
    return tuple(_with_topic(topic, part) for part in (rest or (second,)))


_OWN_SUBJECT = re.compile(r"\S+[은는]\s")


def _with_topic(topic: str, part: str) -> str:
    """Return a part behind its topic, whose last word goes where the part has a subject of its own: 정원 … 월급은 얼마."""
    if _OWN_SUBJECT.match(part) and " " in topic:
        topic = topic.rpartition(" ")[0]
    return f"{topic} {part}".strip()


def _listed_parts(question: str) -> tuple[str, ...]:
    """Split attributes one after another, the topic before the first: 수강료, 접수기간, 개강일 각각."""
    tail = _LIST_TAIL.search(question)
    body = question[: tail.start()] if tail else question
    items = [item.strip() for item in _BETWEEN_ITEMS.split(body) if item.strip()]
    while len(items) > 1 and not _ITEM_END.search(items[0].split()[-1]):
        items = [" ".join(items[:2]), *items[2:]] if len(items) > 2 else []
        if not items:
            return ()
    if len(items) < 2 or not all(_ITEM_END.search(item.split()[-1]) for item in items) or len(items[-1].split()) > 4:
        return ()
    topic = " ".join(items[0].split()[:-1])
    return (f"{items[0]}?", *(f"{topic} {item}?".strip() for item in items[1:]))
