"""People, places and organisations, as far as their form tells: a surname beside a title, a suffix, a floor."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from typing import Concatenate, NamedTuple, ParamSpec, TypeVar, cast

from rag.values.base import Value, ValueKind, words

K = ValueKind
_SURNAMES = frozenset(
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구라나진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육"
    "인맹제모탁국어은편용예경봉사부가복태목형피두감호음빈동온시범좌팽승간견당화계초돈만묵단갈지감민뇌엽묘옹빙"
)
_DOUBLE = frozenset(["남궁", "황보", "제갈", "선우", "독고", "사공", "서문", "동방", "어금", "망절"])
TITLES = words(
    "대표 대표이사 사장 부사장 회장 부회장 명예회장 수석부회장 장관 차관 총장 부총장 학장 교수 조교수 부교수 명예교수 의원 위원 위원장 부위원장 간사 본부장 단장 부단장 부문장 기자 씨 님 박사 감독 코치 대통령 총리"
    " 의장 부의장 시장 부시장 지사 도지사 청장 구청장 군수 부군수 국장 과장 팀장 계장 실장 부장 차장 대리 사원 주임 선임 책임 수석 매니저 파트장 그룹장 센터장 지점장 지사장 소장 점장 원장 부원장 이사 이사장 상임이사 전무 상무 감사 고문 판사 검사 재판관 재판장"
    " 변호사 변리사 회계사 세무사 노무사 법무사 목사 부목사 전도사 신부 수녀 스님 장로 권사 집사 장군 대령 중령 소령 대위 작곡가 작가 배우 가수 화백 여사 선수 주장 주무관 사무관 서기관 전문관 연구관 연구사 지도사 주사 서기 담당관 소통담당관 교장 교감 교사 부장교사"
    " 담임 선생님 선생 강사 조교 간호사 수간호사 의사 전문의 약사 한의사 수의사 영양사 물리치료사 사회복지사 상담사 상담원 관장 부관장 사서 학예사 학예연구사 학예관 큐레이터 해설사 이장 통장 반장 동장 면장 읍장 구장 총무 서무 부녀회장 청년회장 노인회장 입주자대표 동대표 관리소장 관리사무소장"
    " 반장 기사 기장 조합장 지회장 지부장 분회장 협회장 조합원 연구원 책임연구원 선임연구원 수석연구원 연구소장 소방관 소방장 소방위 소방교 경찰관 경위 경감 경사 경정 순경 서장 파출소장 대장 부대장 후보 대변인 보좌관 비서 비서관 PD 피디 CEO CTO CFO 팀원 명창 명인 장인 셰프 주방장 디자이너 개발자 엔지니어"
    " 회원 정회원 준회원 당직사령 해녀 선장 농부 대원 봉사자 진행자 발표자 사회자 발제자 토론자 담당자 신청인 대표자 책임자 위원회장 학생회장 부학생회장 학생 훈련사 정비사 조리사 조리원 보육교사 요양보호사 활동가 훈장 시인 소설가 평론가 편집장 편집자 특파원 논설위원 해설위원 심판 어르신 할머니 할아버지 군 양 옹 대주교 주교 단원 부기장 승무원 역장 부역장 기관사 차장 안내원 총괄 총괄팀장 회계 서기"
)
_LABELS = words(
    "담당 담당자 성명 이름 강사 대표자 대표 작성자 작성 문의 사회 발표 발표자 참석 참석자 불참 책임자 기안 검토 결재 수신 발신 보낸이 받는이 보고자 보고 진행 저자 지은이 글쓴이 글 사진 감독 위원장 위원 팀장 간사 기록 신청인 예금주 인솔 인솔자"
    " 당직 당직자 근무자 운전 점검자 확인자 의장 접수자 출연 연출 극본 옮긴이 기자 회장 총무 감사 교사 담임 부회장 연락처 작성인 수상자 당선자 합격자 운영자 관리자 심사위원 멘토 강연자 강연 지휘 반주 인도 설교 기도 사서 주례 신고자 보호자 서명"
)
_COMMON = words(
    "동아리 민방위 예비군 섭씨 온라인 도토리 은가비 가온길 온새벽 이사회 위원회 사무실 주차장 지원금 신청서 신청자 정기권 이용자 안내문 공휴일 장애인 공무원 이용권 수수료 사용료 이용료 지하철 정류장 기본급 지원자 전화번 신입생 재학생 임산부 주민세 연락처 성명은 여러분 전체는 관계자 책임자"
    " 주민들 시민들 학생들 회원들 위원들 의원들 직원들 이상의 이하의 임명한 선출한 위촉한 회의를 회의에 주재로 포함한 인사말 연구실 교무실 사무국 사무소 운영위 선거일 선거는 한국어 영어로 국어과 수학과 정보과 문화과 경제과 도서관 복지관 체육관 기념관 박물관 미술관 어린이 유치원 대학교 고등학 중학교"
    " 지난해 지난달 오전에 오후에 올해는 내년도 이번주 다음주 오늘은 제외한 전원이 이외의 선임된 선임한 임기는 정원은 정원이 자격은 명단은 호선한 호선하 회의실 강의실 시간표 현재의 연임할 유고시 간담회 공청회 기자회 세미나 신규로 이후에 전화로 문의는 방문해 직접 함께 모두가 서명이 본인이 본인은 사용자 소비자 이의를 의견을 도움을 사유로 허가를 동의를 승인을 결정한 정하는 제안한 주장한 지적한 지시한 강조한 요청한"
    " 이라고 이라는 이었다 입니다 한다는 하였다 하지만 그러나 그리고 또한은 아니라 제외하 우선으 심사를 심의를 조사를 안건을 추천을 추천한 지명한 지명하 임명하 임명을 선출하 위촉하 겸임한 대리로 대신해 대행한 담당은 성명 여비는 수당은 급여는 성과급 이름은 이름이 주소는 인원은 인원수 인원이 전입생 지도로 유고일 정수는 기준은 기타는 구성은 구성한 이내로 경우는 경우에 차량은 차량을 주소지 소재지 전용석 기자단 공석인 공석이"
    " 총회의 총회에 감사는 이사는 회장은 위원은 의장은 부회장 부위원 부단장 부기장 이사장 이상인 이하인 가운데 연장자 유공자 신청인 해당자 대상자 보호자 참가자 참석자 수상자 합격자 당선자 후보자 전임자 후임자 동행자 선정된 안전모 안전화 차기는 정기적 임시로 임시회 정기회 서류를 서면으 서면을 연락해 연락하 배정은 배치는 전담은 조정은 주관은 지원은 지정은 지정한 진료는 진료일"
)
_GIVEN_LAST = frozenset(
    "호라우봄람늘솔별온하빛결율진현서영수민준연아은희숙철훈석경윤주성미선혜태환빈찬겸안재섭규용길복순옥란린슬음름새샘채담나리이지원유훤달들샛솜헌혁범균근엽필택열웅익걸곤광국권기남녀덕동두례모배백봉상설세소손송승신실심애양언여예오완왕요욱운위을인자장정중창천초춘충치평표학한해향형홍화회효후흠흥함루롬벗다든몽뜰숲"
)
_NOT_LAST = frozenset("팀과국계처청층원실장부회단")
_WORD = re.compile(r"[가-힣A-Za-z0-9㈜ㄱ-ㅎ○]+")
_JOSA = re.compile(
    r"(?:님께서|님께|님은|님이|님도|님의|으로부터|에게서|에서는|에서도|에서|에게|께서는|께서|한테|으로|이라고|이라|입니다|이에요|예요|이며|이고|인가요|이나|까지|부터|처럼|보다|마다|이란|은|는|이|가|을|를|의|와|과|도|로|에|랑|만|님|씨)$"
)


_NO_NAME_ENDS = frozenset("은는을를의에와과도로며면고반소형줄데번급권증")


def is_name(word: str, *, beside_title: bool = False) -> bool:
    """Return whether a word can be a whole Korean name: 표가람, 남궁솔; 주차장 and 민원팀 cannot.

    Beside a title or label any last syllable will do, elsewhere one that names end in.
    """
    if (
        not 2 <= len(word) <= 4
        or not word.isalpha()
        or word[0] not in _SURNAMES
        or word in _COMMON
        or word in TITLES
        or word in _LABELS
    ):
        return False
    if len(word) == 4:
        return word[:2] in _DOUBLE
    if len(word) == 3 and word[:2] not in _DOUBLE:
        fits = word[-1] not in _NO_NAME_ENDS if beside_title else word[-1] in _GIVEN_LAST
        return fits and not (word[-1] in _NOT_LAST and word[-2:] in _NOT_GIVEN)
    return len(word) == 3


_AS_GIVEN = words(
    "지원 정원 시원 수정 선정 인정 소유 여유 자유 하루 조정 공유 우선 이유 수지 보람 마음 다음 정도 이상 유치 수현 재정 미정 지정 이동 아동"
)
_SUFFIXES = words(
    "사원 회원 부원 직원 인원 정원 공원 병원 학원 의원 위원 사장 과장 부장 회장 공장 시장 극장 전부 일부 내부 외부 회의 사무 업무 의무 근무 이상 이하 회비 사비 경비 여비 이자 학자 신청 요일 휴일 당일 기간 시간 공간 이용 사용 비용 채용 적용 안전 조정 규정 인정 지정 일정 결정 측정 확정 예정 행정 가정 과정 선정 수정 정보 홍보 운영 안내 상담 접수 조사 심사 검사 행사 회사 인사 공사 기사 이사 감사 관리 처리 정리 수리 거리 전화 평화 문화 변화 강화 대화 지원 시민 주민 국민 농민 관리 계약 예약 제도 지도 연도 정도 속도 온도 농도 출장 현장 주차 절차 하차 승차 기차 자동 이동 활동 행동 노동 운동 공동 아동 수당 식당 강당 성당 회의 심의 협의 동의 건의 강의 문의 유의 주의 의의 인상 대상 이상 보상 시상 수상 예상 현상 세상 비상 세대 무대 시대 기대 확대 최대 부대 학생 인생 재생 발생 위생 학기 정기 초기 장기 시기 분기 주기 자기 전기 경기 악기 용기 후기 제출 지출 수출 대출 연출 추출 방출 검출 매출 장애 마음 다음 처음 모음 대로 도로 경로 통로 진로 피로 별로 바로 서로 주로 새로 따로 스스 오전 이전 개선 우선 노선 직선 하루 이유 사유 자유 소유 보유 공유 여유 위치 조치 설치 배치 유치 방치 정치 이내 안내 국내 시내 실내 관내 미만 불만 다만 기준 수준 표준 비준 영수"
)


_NOT_GIVEN = _SUFFIXES - _AS_GIVEN


_LONGEST_REMEMBERED = 40  # letters: a text without spaces is one word of 2,000
P = ParamSpec("P")
T = TypeVar("T")


def _remembered(find: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
    """Keep what was found in 20,000 words, none of them long."""
    known = cast(Callable[Concatenate[str, P], T], lru_cache(maxsize=20_000)(find))

    @wraps(find)
    def look(word: str, /, *more: P.args, **named: P.kwargs) -> T:
        return known(word, *more, **named) if len(word) <= _LONGEST_REMEMBERED else find(word, *more, **named)

    return look


@_remembered
def _name_in(word: str, *, beside_title: bool = False) -> str:
    """Return the name a word begins with once its 조사 is off; empty where it holds none."""
    if len(word) == 3 and is_name(word, beside_title=beside_title and word[-1] not in "은는을를의에와과"):
        return word
    josa = _JOSA.search(word)
    stem = word[: josa.start()] if josa else word
    return stem if is_name(stem, beside_title=beside_title) else ""


@_remembered
def _title_in(word: str) -> str:
    """Return the title a word is or ends in once its 조사 is off: 팀장은, 농정과장."""
    for stem in dict.fromkeys((word, _JOSA.sub("", word), word.partition("님")[0] + "님" if "님" in word else word)):
        if stem in TITLES:
            return stem
        if len(stem) >= 3:
            for length in (4, 3, 2, 1) if stem[-1] == "님" else (4, 3, 2):
                if (
                    len(stem) > length
                    and stem[-length:] in TITLES
                    and stem[-length:] not in ("선생", "학생", "책임", "대리", "선임", "회계", "감사", "이사", "의사")
                ):
                    return stem[-length:]
    return ""


def _role_in(word: str) -> str:
    """Return the word if a person may be called after it though it is no title: 조사자, 안전요원, 시장지점장, 담당."""
    return word if word in _LABELS or (len(word) > 2 and word[-1] in "자원장") else ""


_PLACE_ENDS = words(
    "회의실 세미나실 상담실 교육실 강의실 자료실 열람실 휴게실 진료실 사무실 민원실 보건실 교무실 행정실 시장실 군수실 프로그램실 동아리방 대기실 수술실 응급실 병동 체육관 박물관 미술관 도서관 기념관 복지관 수련관 문화관 회관 본관 별관 신관 청사 본청 시청 구청 군청 도청 강당 홀 광장 공원 운동장 주차장 경기장 축구장"
    " 수영장 야영장 캠핑장 전시장 공연장 극장 식당 정류장 정류소 승강장 터미널 대합실 공항 센터 로비 창구 접수처 안내소 매표소 데스크 교실 학교 초등학교 중학교 고등학교 대학교 병원 의원 약국 은행 마을회관 경로당 행정복지센터 주민센터 보건소 보건지소 체험관 영화관 쉼터 배움터 놀이터 일터 나루터 정자 캠퍼스 연수원 수목원 휴양림 식물원 동물원 계곡 저수지 해수욕장 항구 부두 시장 상가 빌딩 타워 아파트 호텔 리조트 펜션 카페 서점 옥상 정문 후문 로터리 사거리 네거리 삼거리 출구 입구 농장 공장 창고 작업장 실습실 연구동 기숙사 생활관 성당 교회 사찰 법당 옥외주차장 마당 앞마당 뒷마당 강변 해변 산책로 둘레길 무대 사랑방 모임방 공방 학습관 천문대 과학관 회의장 투표소 우체국 소방서 경찰서 파출소 지구대 법원 세무서 물류센터 현장 경비실 관리사무소 관리실 편의점 마트 빌라 본사 분원 분관 지점 영업점 공영주차장 무더위쉼터 수거함 보관소 임시대합실 터널 다리 교차로 나들목 휴게소 유실물센터 분수대 잔디밭 정원 비닐하우스 게시판"
)
_PLACE_LENGTHS = sorted({len(end) for end in _PLACE_ENDS}, reverse=True)
_PLACE_WHOLE_ONLY = frozenset(["홀", "시장", "의원", "현장", "다리", "정원", "시장실", "정자", "지점", "앞"])
_ORG_ENDS = words(
    "센터 대학교 대학 공단 은행 저축은행 재단 협회 조합 위원회 협의회 운영회 추진단 사업단 연구원 연구소 연구회 신문 신문사 방송 방송사 산업 물산 상사 상회 보험 손해보험 생명 증권 학원 초등학교 중학교 고등학교 복지관 어린이집 유치원 도서관 박물관 미술관 병원 의원 한의원 약국 보건소 사무소 관리사무소 본부 지부 지회 지사 지점 부서 사무국 의회"
    " 시청 구청 군청 도청 교육청 경찰청 경찰서 소방서 소방본부 우체국 세무서 법원 검찰청 공사 전자 건설 정밀 식품 제약 화학 중공업 조선 통상 유통 커머스 소프트 테크 엔지니어링 시스템 로지스틱스 물류 철도 교통 여행사 여행 항공 캐피탈 카드 출판사 출판 서점 극단 합창단 오케스트라 교향악단 동호회 동아리 청년회 부녀회 노인회 학생회 동문회 총동문회 산악회 자치회 주민자치회 입주자대표회의 농협 수협 신협 축협 영농조합 협동조합 법인 학회 총국 문화원 체육회 기획 미디어 네트웍스 에너지 전력 가스공사 수도사업소 사업소 출장소 기상청 구단 배구단 축구단 행정복지센터 주민센터 콜센터 고객센터 성당 교회 사찰 연합회 노동조합 노조 상인회 봉사단 자율방범대 소방대 대책본부 담당관실 감사실 기획실 비서실 상담실 민원실 원무팀 간호부 총무부 영업부 기획부 인사부 관리부 생산부 개발부 홍보부 시설부 재무부 품질부"
)
_ORG_LENGTHS = sorted({len(end) for end in _ORG_ENDS}, reverse=True)
_NOT_ORG = words(
    "도지사 복지사 사회복지사 운전자 사회복지과정 결과 효과 통과 성과 초과 부과 학과 교과 경과 사과 과 전과 내과 외과 안과 치과 소아과 정형외과 피부과 이비인후과 산부인과 일과 방과 하과 다과 여과 투과 백과 문과 이과 인과 각과 간과 팀 한팀 두팀 상대팀 원팀 우리팀 국 천국 전국 결국 외국 한국 중국 미국 영국 태국 귀국 출국 입국 조국 애국 각국 약국 정국 당국 개국 종국 공사 여행 방송 보험 건설 카드 교통 기획 대학 협회 조합 재단 법인 물류 유통 식품 전자 생명 항공 철도 출판 신문 은행 에너지 전력 통상 조선 정밀 시스템 산업"
)
_DIVISION = re.compile(
    r"[가-힣A-Z0-9]{0,8}(?:총무|행정|재무|회계|세무|세정|징수|민원|여권|교통|건설|도시|주택|건축|환경|복지|문화|관광|체육|경제|산업|농업|농정|축산|산림|녹지|순환|자원|공원|안전"
    r"|재난|정보|홍보|기획|예산|감사|자치|위생|보건|건강|지적|토지|도로|하천|수도|청소|여성|가족|아동|청년|교육|평생|소통|인사|시설|운영|관리|지원|정책|일자리|기업|투자|미래|전략|디지털|데이터"
    r"|과학|기술|해양|수산|항만|진흥|협력|사업|서비스|주민|생활|노인|장애인|보육|돌봄|의약|질병|감염병|검진|유통|품질|개발|조사|계약|경리|영업|학사|교무|연구|심사|총괄|사무|편집|보도|총)[과국]$"
    r"|[가-힣A-Z0-9]{1,12}(?:팀|담당관)$"
)
_FLOOR = re.compile(r"(?:지하\s?)?\d{1,3}\s?층|지하(?=\s|$)|B\d층?")
_ROOM = re.compile(r"(?<![제\d.-])\d{3,4}호(?![선기가-힣]{2}|차)|\d{1,4}동(?:\s?\d{3,4}호)?(?![가-힣]{2})")
_ADDRESS = re.compile(
    r"(?<![가-힣])[가-힣0-9·]{1,10}(?:대로|(?<![으따가세별바새서주은])로|길)\s?\d{1,4}(?:번길\s?\d{1,4})?(?:-\d{1,4})?(?![\d%년월일시개명회차건원만천배,.:])"
)
_REGION = re.compile(r"[가-힣]{2,5}(?:마을|[동읍면역굴])$|[가-힣]{1,5}\d[리동가]$")
_NOT_A_REGION = re.compile(
    r"(?:활|운|이|행|노|공|자|아|변|작|감|진|가|수|협|충|기|격|발|출|연|선|부|전|측|반|화|국|대|표|정|서|지|후|단|장|해|내|외|체|이|하|으|라|려|오|쓰|되|가|보|시|르|치|프|그|차|우|니|세|키|끼|서|리|주|하시|구|영|용|무|통|병|방|지하|다|리|는|있으|없으|나|면|동)[동읍면역]$"
)
_COMPANY = re.compile(
    r"㈜\s?[가-힣A-Za-z0-9]+|\(주\)\s?[가-힣A-Za-z0-9]+|[가-힣A-Za-z0-9]+\s?(?:㈜|\(주\))|주식회사\s[가-힣A-Za-z0-9]+"
)


class _Ending(NamedTuple):
    """What a word's last letters tell of it; ``length`` is that without 조사, 0 where they tell nothing."""

    length: int
    is_place: bool
    is_organisation: bool


@_remembered
def _ending(word: str) -> _Ending:
    """Return whether a word is a place or an organisation by its last letters."""
    if word[0] == "제" and len(word) > 1 and word[1].isdigit():
        return _Ending(0, False, False)
    for stem in dict.fromkeys((word, _JOSA.sub("", word))):
        place = (
            any(len(stem) >= n and stem[-n:] in _PLACE_ENDS for n in _PLACE_LENGTHS) and stem not in _PLACE_WHOLE_ONLY
        )
        place = place or (_REGION.match(stem) is not None and _NOT_A_REGION.search(stem) is None)
        if place or _is_organisation(stem):
            return _Ending(len(stem), place, _is_organisation(stem))
    return _Ending(0, False, False)


def _is_organisation(stem: str) -> bool:
    if stem in _NOT_ORG or len(stem) < 2:
        return False
    if _DIVISION.match(stem):
        return True
    return any(len(stem) > n and stem[-n:] in _ORG_ENDS for n in _ORG_LENGTHS) or (stem in _ORG_ENDS and len(stem) >= 3)


def find_names(text: str) -> Iterator[Value]:
    """Yield people, places and organisations of a text, each as form alone tells."""
    words = [(match.group(), match.start()) for match in _WORD.finditer(text)]
    yield from _people(text, words)
    yield from _by_ending(words)
    if "층" in text or "지하" in text or "B" in text:
        yield from (_place(match) for match in _FLOOR.finditer(text))
    if "호" in text or "동" in text:
        yield from (_place(match) for match in _ROOM.finditer(text))
    if "로" in text or "길" in text:
        yield from (_place(match) for match in _ADDRESS.finditer(text))
    if "주" in text or "㈜" in text:
        for match in _COMPANY.finditer(text):
            yield Value(K.ORGANISATION, *match.span(), re.sub(r"㈜|\(주\)|주식회사|\s", "", match.group()))


def _place(match: re.Match[str]) -> Value:
    return Value(K.PLACE, *match.span(), re.sub(r"\s", "", match.group()))


def _by_ending(words: list[tuple[str, int]]) -> Iterator[Value]:
    for word, start in words:
        ending = _ending(word)
        if ending.is_place:
            yield Value(K.PLACE, start, start + ending.length, word[: ending.length])
        if ending.is_organisation:
            yield Value(K.ORGANISATION, start, start + ending.length, word[: ending.length])


_BETWEEN = re.compile(r"[\s|:：()/,·\[\]=\t]{0,6}")
_ANONYMOUS = re.compile(
    r"(?<![가-힣])[가-힣A-Zㄱ-ㅎ]\s?(?:모\s?)?씨(?![가-힣]{2}|앗)|[가-힣][○O*]{1,2}(?=\s|$|[가-힣])"
)


def _people(text: str, words: list[tuple[str, int]]) -> Iterator[Value]:
    seen: set[int] = set()
    for at, (word, _) in enumerate(words):
        title = _title_in(word) or _role_in(word)
        if title:
            yield from _beside(text, words, at, title, seen)
    yield from _after_labels(text, words, seen)
    if "씨" in text or "○" in text:
        for match in _ANONYMOUS.finditer(text):
            if name := match.group().replace("씨", "").strip():  # 125씨씨 holds none
                yield Value(K.PERSON, *match.span(), name, "씨")


def _beside(text: str, words: list[tuple[str, int]], at: int, title: str, seen: set[int]) -> Iterator[Value]:
    """Yield the name before or after a title, or both in one word: 이기봄님, 표 차장."""
    word, start = words[at]
    joined = word[: word.find(title)] if word.startswith(title) is False else ""
    if (
        joined
        and title in _PERSONAL
        and not word.startswith("주차장", len(joined) - 1)
        and _name_in(joined) == joined
        and start not in seen
    ):
        seen.add(start)
        yield Value(K.PERSON, start, start + len(joined) + len(title), joined, title)
        return
    if at and _near(text, words[at - 1], start):
        yield from _one(words[at - 1], title, seen, alone=True)
    if at + 1 < len(words) and word.endswith(title) and _near(text, words[at], words[at + 1][1]):
        yield from _one(words[at + 1], title, seen, alone=False)


_PERSONAL = words(
    "님 씨 대표 기자 교수 팀장 과장 부장 차장 대리 위원 의원 선생님 주무관 선수 감독 회장 사장 원장 박사 강사 매니저 목사 신부 스님 할머니 할아버지 어르신 군 양"
)


def _one(word: tuple[str, int], title: str, seen: set[int], *, alone: bool) -> Iterator[Value]:
    text, start = word
    sure = title in TITLES
    if not sure and text[-1] in "은는을를의에와과지도로":
        return
    name = _name_in(text, beside_title=sure) if not alone else text if is_name(text, beside_title=sure) else ""
    if (
        not name
        and alone
        and len(text) == 1
        and text in _SURNAMES
        and title not in ("이사", "감사", "의원", "시장", "군", "양")
    ):
        name = text
    if not name and alone is False and len(text) == 4 and text[0] in _SURNAMES and text[-1] in "솔람별늘빛봄결":
        name = text
    if name and start not in seen and (len(name) != 2 or alone):
        seen.add(start)
        yield Value(K.PERSON, start, start + len(name), name, title)


def _near(text: str, word: tuple[str, int], start: int) -> bool:
    return _BETWEEN.fullmatch(text, word[1] + len(word[0]), start) is not None


_CELLS = re.compile(r"[|:：\t,·(]|  ")
_BEFORE_CELL = re.compile(r"(?:[|\t,·\[(]|  ) ?$")
_BEHIND_CELL = re.compile(r" ?(?:[|\t,·\]()]|\.?$)|  ")


def _after_labels(text: str, words: list[tuple[str, int]], seen: set[int]) -> Iterator[Value]:
    """Yield names behind a label with a colon, in lists, brackets and table cells of their own."""
    if _CELLS.search(text) is None:
        return
    labelled = False
    for word, start in words:
        end = start + len(word)
        if word in _LABELLING and text[end : end + 2].lstrip()[:1] in (":", "："):
            labelled = True
            continue
        name = _name_in(word, beside_title=labelled)
        if len(name) < 3 or start in seen or not (labelled or _in_cell(text, start, start + len(name))):
            continue
        seen.add(start)
        yield Value(K.PERSON, start, start + len(name), name)


def _in_cell(text: str, start: int, end: int) -> bool:
    """Return whether it is alone in a cell, bracket or list, or before a colon at a line's head, as speakers are."""
    if not text[:start].strip(" -·○") and text[end : end + 1] in (":", "："):
        return True
    return bool(_BEFORE_CELL.search(text, max(0, start - 2), start) and _BEHIND_CELL.match(text, end))


_LABELLING = _LABELS | TITLES
