"""Kinds of documents and questions that once failed, each with inputs of its own, asked of the real thing.

``None`` stands for a refusal; else the sentence that would be cited first holds the words, and a second test asks whether
the answer is sure enough to be given. What the fitted models do not manage yet is marked with the reason, so that whoever
fits them anew sees what changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.articles import Article
from index.encoders.bundled import BundledEncoder
from index.engine import Engine
from index.ingest import Ingestor
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from rag.answers import Answer, Citation, Query
from rag.pipeline import Pipeline
from rag.question.aliases import load_aliases
from rag.reader.closely import CloseReader

pytestmark = pytest.mark.model


@dataclass(frozen=True)
class Ask:
    """``weak`` says what the fitted models choose instead; ``marked`` is all that is marked in the first citation.

    ``others`` are all the values that other articles are said to give.
    """

    question: str
    first: str | None
    weak: str = ""
    marked: tuple[str, ...] | None = None
    others: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Kind:
    articles: Sequence[Article]
    asks: Sequence[Ask]


def note(name: str, title: str, text: str, published: str | None = None, source: str | None = None) -> Article:
    return Article(name, title, text, source=source, published_at=published)


CONTRADICTED = "another year, day, name or grade is answered with"
POLARITY = "the opposite is chosen"

KINDS: dict[str, Kind] = {
    "topic dropped": Kind(
        [
            note(
                "hire",
                "계약직 사서 채용 공고",
                "은가람도서관은 2025년 계약직 사서를 뽑습니다.\n1. 채용인원: 3명\n2. 원서접수: 2025. 2. 10.(월) 17:00까지\n3. 필기시험 장소: 은가람중학교 1층\n4. 문의: 운영팀 노해인 주임",
                "2025-01-20",
            ),
            note(
                "vaccine",
                "독감 예방접종 안내",
                "물빛군은 독감 예방접종을 무료로 실시합니다.\n접종 기간은 10월 14일부터 11월 29일까지입니다.\n접종은 군 보건소에서 합니다.\n올 때 신분증을 가져오십시오.",
                "2024-09-30",
            ),
        ],
        [
            Ask("계약직 사서 원서접수는 언제까지인가요?", "2025. 2. 10."),
            Ask("사서 필기시험은 어디에서 보나요?", "은가람중학교"),
            Ask("사서는 몇 명을 뽑나요?", "3명"),
            Ask("독감 예방접종은 어디에서 하나요?", "보건소에서"),
            Ask("독감 예방접종 기간은 언제인가요?", "10월 14일부터"),
        ],
    ),
    "questions of a faq": Kind(
        [
            note(
                "locker",
                "사물함 자주 묻는 질문",
                "1. 사물함 신청은 어떻게 하나요?\n학생회 누리집에서 선착순으로 신청합니다.\n2. 사물함 보증금은 얼마인가요?\n한 학기에 2만원입니다.\n3. 열쇠를 잃어버리면 어떻게 하나요?\n관리실에 신고하고 교체비를 냅니다.",
            ),
            note(
                "gym",
                "체력단련실 안내",
                "Q1. 체력단련실은 몇 시에 닫나요?\nA1. 밤 10시에 닫습니다.\nQ2. 운동화를 빌릴 수 있나요?\nA2. 빌려드리지 않습니다.",
            ),
            note(
                "wifi",
                "무선인터넷 문답",
                "문) 무선인터넷 비밀번호는 어디에 있나요?\n답) 안내대 앞 게시판에 붙어 있습니다.\n문) 하루에 몇 시간 쓸 수 있나요?\n답) 4시간입니다.",
            ),
        ],
        [
            Ask("사물함 신청은 어떻게 하나요?", "학생회 누리집"),
            Ask("사물함 보증금은 얼마인가요?", "2만원", marked=("2만원",)),
            Ask("체력단련실은 몇 시에 닫나요?", "밤 10시"),
            Ask("무선인터넷 비밀번호는 어디에 있나요?", "안내대 앞"),
        ],
    ),
    "contradicted qualifiers": Kind(
        [
            note("fair", "김장나눔 안내", "2025년 한들시 김장나눔 참가비는 5천원이다."),
            note("market", "장날 안내", "수요일 새벽시장은 오전 5시에 연다."),
            note("birth", "개교기념일", "솔내중학교 개교기념일은 4월 9일이다."),
            note("pay", "출장비 기준", "7급 직원의 숙박비는 8만원이다."),
            note("camp", "캠프 안내", "가을 별빛캠프 참가비는 3만원이다."),
        ],
        [
            Ask("2024년 한들시 김장나눔 참가비는 얼마인가요?", None),
            Ask("일요일 새벽시장은 몇 시에 여나요?", None),
            Ask("물내중학교 개교기념일은 언제인가요?", None, CONTRADICTED),
            Ask("5급 직원의 숙박비는 얼마인가요?", None),
            Ask("봄 별빛캠프 참가비는 얼마인가요?", None),
            Ask("가을 별빛캠프 참가비는 얼마인가요?", "3만원"),
        ],
    ),
    "negation": Kind(
        [
            note(
                "voucher",
                "농식품 이용권 안내",
                "농식품 이용권으로 채소, 과일, 우유, 달걀을 살 수 있다.\n라면과 과자, 술은 살 수 없다.\n남은 금액은 다음 달로 넘어가지 않는다.",
            ),
            note(
                "pool",
                "수영장 이용 안내",
                "초등학생은 수영장 요금을 절반만 낸다.\n단체 손님은 요금을 할인하지 않는다.\n수영모가 없으면 들어갈 수 없다.",
            ),
        ],
        [
            Ask("농식품 이용권으로 살 수 없는 것은 무엇인가요?", "살 수 없다", POLARITY),
            Ask("농식품 이용권으로 살 수 있는 것은 무엇인가요?", "살 수 있다"),
            Ask("수영장 요금을 할인받지 못하는 사람은?", "할인하지 않는다"),
            Ask("이용권의 남은 금액은 다음 달로 넘어가나요?", "넘어가지 않는다"),
        ],
    ),
    "dates": Kind(
        [
            note(
                "week",
                "주간 일정('25.6월 2주)",
                "□ 이번 주 일정\n ㅇ '25. 6. 10.(화) 15:00 안전 교육(소강당)\n ㅇ 6/12(목) 11:00 물가 대책 회의(중회의실)\n ㅇ 6.13.(금) 10:00 장학금 전달식(구청장실)",
                "2025-06-09",
            ),
            note(
                "check",
                "시설 점검 안내",
                "가스 점검은 20250715에 실시한다.\n전기 점검은 2025-08-06에 한다.\n배수 점검은 2025. 9. 4.에 한다.",
                "2025-07-01",
            ),
        ],
        [
            Ask("2025년 6월 10일에 무슨 교육이 있나요?", "안전 교육"),
            Ask("6월 12일 회의는 무엇인가요?", "물가 대책 회의"),
            Ask("7월 15일 점검은?", "가스 점검"),
            Ask("8월 6일에 하는 점검은?", "전기 점검"),
            Ask("배수 점검은 언제 하나요?", "2025. 9. 4.", marked=("2025. 9. 4.",)),
        ],
    ),
    "amounts": Kind(
        [
            note(
                "grant",
                "2025년 동네책방 지원 결과",
                "고운시는 동네책방 지원금을 나누었다.\n느티책방 지원금은 3,600천원이다.\n호롱책방 지원금은 5,250천원이다.\n달팽이책방 지원금은 2,800천원으로 정했다.",
                "2025-04-01",
            ),
            note(
                "buy",
                "비품 구매 내역",
                "냉장고 구매액은 1,900,000원이다.\n복사기 구매액은 2,650,000원이다.\n책장 구매액은 84만원이다.",
            ),
            note("rule", "고운시 주차장 조례", "제7조(요금) ① 주차 요금은 10분마다 300원으로 한다."),
        ],
        [
            Ask("느티책방 지원금은 얼마인가요?", "3,600천원", marked=("3,600천원",)),
            Ask("호롱책방 지원금은 얼마예요?", "5,250천원", marked=("5,250천원",)),
            Ask("지원금이 360만원인 책방은?", "느티책방"),
            Ask("구매액이 265만원인 비품은?", "복사기"),
            Ask("주차 요금은 얼마인가요?", "300원", marked=("300원",)),
        ],
    ),
    "clauses": Kind(
        [
            note(
                "rule",
                "고운시 도서관 조례",
                "고운시 도서관 조례\n\n제1조(목적) 이 조례는 도서관 운영에 필요한 사항을 정함을 목적으로 한다.\n제5조(운영위원회) ① 관장은 운영위원회를 둔다.\n② 운영위원회는 9명의 위원으로 구성한다.\n③ 위원의 임기는 3년으로 한다.\n제5조의2(해촉) 관장은 회의에 계속 나오지 않는 위원을 해촉할 수 있다.\n제6조(수당) ① 회의에 나온 위원에게 수당을 준다.\n② 제5조제2항의 위원 가운데 공무원은 수당을 받지 않는다.",
                "2024-01-02",
            )
        ],
        [
            Ask("도서관 조례 제5조제2항 내용이 뭔가요?", "9명의 위원"),
            Ask("도서관 조례 5조 3항", "임기는 3년"),
            Ask("도서관 조례 제5조의2는 무엇에 관한 조항인가요?", "제5조의2(해촉)"),
            Ask("도서관 조례 제6조제2항은?", "수당을 받지 않는다"),
        ],
    ),
    "yearly versions": Kind(
        [
            note(
                f"song-{year}",
                f"{year}년 별솔 노래자랑 안내",
                f"제{year - 2015}회 별솔 노래자랑이 {day}에 별솔광장에서 열립니다.\n참가 신청비는 {fee}입니다.\n접수는 문화과에서 합니다.",
                f"{year}-04-01",
                "별솔군",
            )
            for year, day, fee in ((2022, "5월 7일", "2천원"), (2023, "5월 13일", "3천원"), (2024, "5월 11일", "7천원"))
        ],
        [
            Ask("2023년 별솔 노래자랑 참가 신청비는 얼마인가요?", "3천원"),
            Ask("2022년 노래자랑은 언제 열리나요?", "5월 7일"),
            Ask("'23년 노래자랑 참가 신청비", "3천원"),
            Ask("별솔 노래자랑 참가 신청비는 얼마인가요?", "7천원"),
        ],
    ),
    "a notice of every year": Kind(
        [
            note(
                f"rent-{year}",
                f"{year}년 청년 월세 지원 사업 공고",
                f"고운시는 청년 월세 지원 사업을 다음과 같이 공고합니다.\n지원금은 월 {amount}이며 열두 달 동안 지급합니다.\n1. 지원 대상: 고운시에 사는 19세부터 34세까지의 무주택 청년\n2. 신청 기간: {days}\n3. 문의: 주거복지과 담당 {name} 주무관(☎ 031-447-33{year % 100})",
                f"{year}-02-03",
                "고운시",
            )
            for year, amount, days, name in (
                (2024, "10만 원", "2024. 3. 4. ~ 3. 22.", "노해인"),
                (2025, "15만 원", "2025. 3. 3. ~ 3. 28.", "노해인"),
                (2026, "20만 원", "2026. 3. 2. ~ 3. 20.", "민아람"),
            )
        ],
        [
            Ask("청년 월세 지원금은 얼마인가?", "20만 원", others=("10만 원", "15만 원")),
            Ask("청년 월세 지원 담당자는 누구인가요?", "민아람", others=("노해인", "노해인")),
            Ask("2025년 청년 월세 지원금은 얼마인가?", "15만 원", others=()),
            Ask("청년 월세는 몇 살까지 지원하나요?", "34세", others=()),
        ],
    ),
    "rates of every year": Kind(
        [
            note(
                f"court-{year}",
                f"{year}년 체육관 대관 요금",
                f"체육관 대관 요금은 다음과 같다.\n| 시설 | 정원 | 평일 요금 | 주말 요금 |\n|---|---|---|---|\n{rows}",
                f"{year}-01-10",
            )
            for year, rows in (
                (2025, "| 농구장 | 60명 | 40,000원 | 60,000원 |\n| 탁구장 | 24명 | 15,000원 | 25,000원 |"),
                (2026, "| 농구장 | 60명 | 40,000원 | 70,000원 |\n| 탁구장 | 24명 | 18,000원 | 28,000원 |"),
            )
        ],
        [
            Ask("농구장 주말 요금은 얼마인가요?", "70,000원", others=("60,000원",)),
            Ask("농구장 평일 요금은 얼마인가요?", "70,000원", others=()),
            Ask("탁구장 주말 요금은 얼마인가요?", "28,000원", others=("25,000원",)),
        ],
    ),
    "told apart by a number": Kind(
        [
            note(
                f"call-{number}",
                f"고운시 공고 제2026-{number}호",
                f"{topic} 지원 사업을 공고합니다.\n지원금은 월 {amount}입니다.",
                day,
                "고운시",
            )
            for number, topic, amount, day in (
                (12, "청년 월세", "10만 원", "2026-03-03"),
                (48, "신혼부부 전세", "15만 원", "2026-03-05"),
            )
        ],
        [
            Ask("청년 월세 지원금은 얼마인가요?", "10만 원", others=()),
            Ask("신혼부부 전세 지원금은 얼마인가요?", "15만 원", others=()),
        ],
    ),
    "put right, decided otherwise": Kind(
        [
            note(
                "swim",
                "구민 수영대회 참가자 모집 공고",
                "구민 수영대회 참가자를 모집합니다.\n1. 대회일: 2026년 7월 11일(토)\n2. 장소: 누리봄체육센터 수영장\n3. 참가비: 2만원",
                "2026-06-01",
                "한뜰구",
            ),
            note(
                "swim-right",
                "구민 수영대회 참가자 모집 공고 정정",
                "구민 수영대회 참가자 모집 공고 가운데 잘못된 곳을 바로잡습니다.\n\n1. 참가비\n - 당초: 2만원\n - 정정: 1만 5천원\n2. 장소\n - 당초: 누리봄체육센터 수영장\n - 정정: 새뜰체육센터 수영장",
                "2026-06-08",
                "한뜰구",
            ),
            note(
                "games",
                "한마음 체육대회 운영 계획",
                "1. 일시: 2026년 10월 17일(토) 09:00\n2. 장소: 솔내종합운동장\n3. 예산: 1,200만원",
                "2026-08-03",
                "솔내구",
            ),
            note(
                "games-minutes",
                "한마음 체육대회 준비위원회 제2차 회의록",
                "일시: 2026년 9월 7일(월) 15:00\n장소: 구청 3층 회의실\n\n안건 1. 체육대회 예산\n의결: 한마음 체육대회 예산은 1,500만원으로 늘리기로 함.",
                "2026-09-08",
                "솔내구",
            ),
        ],
        [
            Ask("구민 수영대회 참가비는 얼마인가요?", "정정: 1만 5천원", others=("2만원",)),
            Ask("구민 수영대회 장소는 어디인가요?", "정정: 새뜰체육센터", others=("누리봄체육센터 수영장",)),
            Ask("구민 수영대회는 언제 열리나요?", "7월 11일", others=()),
            Ask("한마음 체육대회 예산은 얼마인가요?", "1,500만원", others=("1,200만원",)),
            Ask("한마음 체육대회는 언제 열리나요?", "10월 17일", others=()),
        ],
    ),
    "counts and lists": Kind(
        [
            note(
                "prize",
                "2025년 글짓기 대회 수상자",
                "2025년 글짓기 대회 수상자 명단\n1. 대상: 서온초 민아람\n2. 금상: 새뜰초 한새벽\n3. 금상: 서온초 주보미\n4. 은상: 너른초 방다온\n시상은 6월 3일에 한다.",
                "2025-05-20",
            ),
            note(
                "rest",
                "이동노동자 쉼터 안내",
                "이동노동자 쉼터는 동구 5곳, 서구 8곳, 남구 3곳 등 모두 16곳이다.\n여성 쉼터는 해오름센터와 달맞이센터 두 곳에서 문을 연다.",
            ),
        ],
        [
            Ask("이동노동자 쉼터는 모두 몇 곳인가요?", "모두 16곳", marked=("16곳",)),
            Ask("여성 쉼터는 몇 곳이에요?", "두 곳"),
            Ask("글짓기 대회 대상은 누구인가요?", "민아람"),
            Ask("글짓기 대회 시상은 언제 하나요?", "6월 3일"),
            Ask("글짓기 대회 금상 수상자는 누구누구인가요?", "금상"),
        ],
    ),
    "parts and comparisons": Kind(
        [
            note(
                "class",
                "목공교실 수강생 모집",
                "한뜰구 목공교실은 여름 수강생을 모집한다.\n수강료는 과목마다 4만원이다.\n접수는 6월 2일부터 6월 13일까지 전화로 한다.\n개강일은 7월 1일이다.",
            ),
            note(
                "bid",
                "도시락 업체 비교",
                "들녘푸드는 한 끼에 7,000원을 제안했다.\n새참나라는 한 끼에 6,400원을 제안했다.",
            ),
        ],
        [
            Ask("목공교실 수강료는 얼마이고 개강일은 언제인가요?", "7월 1일"),
            Ask("목공교실 수강료는 얼마인가요?", "4만원"),
            Ask("목공교실 개강일은 언제인가요?", "7월 1일"),
            Ask("들녘푸드와 새참나라 중 어느 쪽이 더 싼가요?", "한 끼에"),
        ],
    ),
    "monthly versions": Kind(
        [
            note(
                f"closed-{month}",
                f"솔뫼도서관 {month}월 휴관 안내",
                f"솔뫼도서관 정기 휴관일은 {day}일입니다.\n휴관하는 날에는 반납함을 쓰실 수 있습니다.",
                published=f"2025-0{month - 1}-25",
            )
            for month, day in ((7, 14), (8, 11))
        ],
        [
            Ask("솔뫼도서관 7월 정기 휴관일은 며칠인가요?", "14일"),
            Ask("솔뫼도서관 정기 휴관일은 며칠인가요?", "11일"),
        ],
    ),
    "long questions": Kind(
        [
            note(
                "sign",
                "한뜰구 현수막 게시 안내",
                "한뜰구의 현수막 게시는 도시디자인과에서 받는다.\n게시 기간은 14일이다.\n게시 수수료는 한 장에 9천원이다.",
            ),
            note(
                "tree",
                "한뜰구 가로수 정비 안내",
                "한뜰구의 가로수 정비는 공원녹지과에서 맡는다.\n정비 신청은 작업 20일 전까지 한다.",
            ),
        ],
        [
            Ask(
                (
                    "안녕하세요. 저는 한뜰구에서 작은 꽃집을 하는 주민입니다. 봄을 맞아 이웃과 함께 작은 행사를 준비하고 있습니다. "
                    * 4
                )
                + asked,
                first,
            )
            for asked, first in (
                ("현수막 게시 수수료는 얼마인가요?", "9천원"),
                ("현수막 게시 기간은 며칠인가요?", "14일"),
                ("현수막 게시는 어느 부서에서 받나요?", "도시디자인과"),
                ("가로수 정비는 며칠 전까지 신청해야 하나요?", "20일 전"),
            )
        ],
    ),
    "tables": Kind(
        [
            note(
                "court",
                "체육관 대관 요금",
                "체육관 대관 요금은 다음과 같다.\n| 시설 | 정원 | 평일 요금 | 주말 요금 |\n|---|---|---|---|\n| 농구장 | 60명 | 40,000원 | 70,000원 |\n| 탁구장 | 24명 | 15,000원 | 25,000원 |\n| 무용실 | 30명 | 20,000원 | 35,000원 |",
            ),
            note(
                "budget",
                "2025년도 과별 예산 현황",
                "2025년도 과별 예산 현황\n(단위: 백만원)\n과\t예산액\t집행액\t집행률\n기획과\t4,100\t3,280\t80.0%\n환경과\t2,500\t1,200\t48.0%",
            ),
        ],
        [
            Ask("농구장 주말 요금은 얼마인가요?", "| 농구장 |", marked=("70,000원",)),
            Ask("무용실 평일 요금은 얼마인가요?", "| 무용실 |", marked=("20,000원",)),
            Ask("환경과 예산 집행률은 얼마인가요?", "환경과", marked=("48.0%",)),
            Ask("탁구장 정원은 몇 명인가요?", "| 탁구장 |", marked=("24명",)),
        ],
    ),
    "merged cells": Kind(
        [
            note(
                "waste",
                "대형폐기물 수수료",
                "품목\t규격\t수수료\t비고\n장롱\t120cm 이상\t15,000원\t\n\t90cm 이상\t12,000원\t\n\t90cm 미만\t8,000원\t\n책장\t180cm 이상\t7,000원\t\n\t180cm 미만\t4,000원\t\n침대\t2인용\t10,000원\t매트리스만\n\t1인용\t6,000원\t매트리스만\n소파\t3인용\t9,000원\t\n\t1인용\t3,000원\t",
            ),
            note(
                "duty",
                "11월 당직표",
                "구분\t평일\t\t휴일\t\n\t당직자\t내선\t당직자\t내선\n1조\t류보람\t2101\t천도윤\t2201\n2조\t심아람\t2102\t모하준\t2202\n3조\t국서진\t2103\t봉다온\t2203",
            ),
            note(
                "fees",
                "관리비 납부 안내",
                "8월분 관리비는 9월 25일까지 냅니다.\n8월분 관리비 총액: 4,120만원\n납부 계좌: 한빛은행 110-223-4455",
            ),
        ],
        [
            Ask("90cm 미만 장롱의 수수료는 얼마인가요?", "8,000원", marked=("8,000원",)),
            Ask("1인용 침대 수수료는 얼마인가요?", "6,000원"),
            Ask("1인용 소파 수수료는?", "3,000원"),
            Ask("180cm 미만 책장은 얼마인가요?", "4,000원"),
            Ask("가장 싼 장롱 수수료는?", "8,000원"),
            Ask("2조 휴일 당직자의 내선은 몇 번인가요?", "2202", marked=("2202",)),
            Ask("3조 휴일 당직자는 누구인가요?", "봉다온", marked=("봉다온",)),
            Ask("9월분 관리비 총액은 얼마인가요?", None),
            Ask("8월분 관리비 총액은 얼마인가요?", "4,120만원"),
        ],
    ),
    "two compared": Kind(
        [
            note(
                "crown",
                "새잎치과 비급여 값표",
                "항목 / 값(원) / 보증\n임플란트 / 1,200,000 / 10년\n크라운 금 / 650,000 / 4년\n크라운 지르코니아 / 520,000 / 5년\n교정 / 상담 뒤 / -\n* 보증은 여섯 달마다 오신 분만",
            ),
            note(
                "branch",
                "새잎치과 지점별 하루",
                "지점\t환자(명)\t민원(건)\n본점\t41\t3\n강변\t28\t0\n나루\t33\t1\n합계\t102\t4",
            ),
        ],
        [
            Ask("새잎치과 크라운은 금이랑 지르코니아 중 어느 쪽이 더 비싼가요?", "크라운 금 /"),
            Ask("새잎치과에서 금이랑 지르코니아 크라운 중 보증이 더 긴 것은?", "크라운 지르코니아 /"),
            Ask("새잎치과에서 환자가 가장 많은 지점은?", "본점"),
            Ask("새잎치과에서 민원이 하나도 없는 지점은 어디인가요?", "강변"),
        ],
    ),
    "phones": Kind(
        [
            note(
                "tel",
                "새움복지관 연락처",
                "이동지원 신청은 02-6590-1120으로, 도시락 신청은 02-6590-1121로 하십시오.\n주말에는 당직 휴대전화 010-3377-2104로 연락하십시오.\n팩스는 02)6590-1129입니다.",
            ),
            note(
                "city",
                "고운시 신고 전화",
                "고운시 상담 전화(☎ 1577-8810)는 밤에도 받습니다.\n불법 광고물 신고는 031.447.3300으로 하십시오.",
            ),
        ],
        [
            Ask("02-6590-1121은 무슨 번호인가요?", "도시락 신청", marked=("02-6590-1121",)),
            Ask("0265901120 어디 번호예요?", "이동지원", marked=("02-6590-1120",)),
            Ask("01033772104", "당직 휴대전화", marked=("010-3377-2104",)),
            Ask("031-447-3300은 어떤 신고 번호인가요?", "불법 광고물", marked=("031.447.3300",)),
        ],
    ),
    "topic in the title": Kind(
        [
            note(
                "rent",
                "신혼부부 전세 이자 지원 사업 안내",
                "본 사업은 부부의 주거 안정을 위해 시행합니다.\n지원금은 연 최대 150만원입니다.\n신청은 9월 5일까지 주거복지과로 하십시오.",
                source="고운시",
            ),
            note(
                "taxi",
                "임산부 택시 지원 사업 안내",
                "본 사업은 임산부의 이동을 돕기 위해 시행합니다.\n지원금은 월 4만원입니다.\n신청은 보건행정과로 하십시오.",
                source="고운시",
            ),
        ],
        [
            Ask("신혼부부 이자 지원금은 얼마인가요?", "150만원"),
            Ask("임산부 택시 지원금은 얼마인가요?", "4만원"),
            Ask("신혼부부 전세 이자 지원은 어디에 신청하나요?", "주거복지과"),
            Ask("임산부 택시 지원은 어느 부서에 신청하나요?", "보건행정과"),
        ],
    ),
    "labels side by side": Kind(
        [
            note(
                "gardener",
                "시민정원사 양성과정 모집 공고 정정",
                "시민정원사 양성과정 모집 공고 가운데 잘못된 곳을 바로잡습니다.\n\n1. 교육 기간\n 당초: 2025. 3. 10. ~ 5. 30.\n 정정: 2025. 3. 17. ~ 6. 5.\n2. 수강료\n 당초: 12만원\n 정정: 9만원",
                "2025-02-11",
            ),
            note(
                "minutes",
                "솔내마을 주민자치회 제14차 회의록",
                "일시: 2025년 3월 12일(수) 19:30 ~ 21:10\n장소: 솔내마을회관 2층\n\n안건 1. 놀이터 모래 교체\n진가온 위원: 모래를 모두 바꾸려면 800만원이 듭니다.\n추민재 위원: 구청 지원을 먼저 알아봅시다.\n의결: 다음 회의까지 보류함.",
                "2025-03-13",
            ),
            note(
                "concert",
                "한여름밤의 숲속 음악회",
                "한여름밤의 숲속 음악회\n\n일시 | 2025년 8월 16일(토) 오후 7시 30분\n장소 | 새뜰수목원 잔디마당\n우천 시 | 새뜰문화회관 대강당\n관람료 | 무료(사전 예약)\n예약 | 7월 21일 오전 10시부터 새뜰수목원 누리집에서\n주최 | 새뜰군",
                "2025-07-01",
            ),
            note(
                "order",
                "인사 발령 통지",
                "2025년 7월 1일자로 다음과 같이 발령합니다.\n\n1. 승진\n - 모하린: 과장 → 차장 (기획실)\n2. 전보\n - 어진솔: 인사팀 → 부산지사\n - 편유담: 부산지사 → 감사실",
                "2025-06-25",
            ),
        ],
        [
            Ask("시민정원사 교육 기간은 언제인가요?", "정정: 2025. 3. 17."),
            Ask("시민정원사 수강료는 원래 얼마였나요?", "당초: 12만원"),
            Ask("놀이터 모래 교체는 어떻게 되었나요?", "보류"),
            Ask("음악회는 어디에서 열리나요?", "잔디마당"),
            Ask("음악회 관람료는 얼마인가요?", "무료"),
            Ask("음악회는 몇 시에 끝나나요?", None),
            Ask("음악회 예약은 언제까지인가요?", None),
            Ask("부산지사로 가는 사람은 누구인가요?", "어진솔"),
            Ask("부장으로 승진한 사람은 누구인가요?", None),
        ],
    ),
    "near misses": Kind(
        [
            note(
                "shuttle",
                "온새미대학교 통학 셔틀버스 시간표",
                "등교 (역에서 학교로)\n\n| 노선 | 출발지 | 첫차 | 막차 | 배차 간격 |\n|---|---|---|---|---|\n| A노선 | 물안역 | 07:40 | 18:20 | 15분 |\n| B노선 | 서린터미널 | 07:20 | 17:30 | 30분 |\n\n- 시험 기간에는 A노선 막차를 23시까지 늦춥니다.",
            ),
            note(
                "pool",
                "누리봄체육센터 감면 안내",
                "경로(65세 이상)와 장애인은 50% 감면합니다.\n세 자녀 이상 가정은 30% 감면합니다.\n감면은 겹쳐 받을 수 없습니다.",
            ),
            note(
                "contacts",
                "미리내구 보건소 업무별 연락처",
                "| 부서 | 담당자 | 업무 | 전화 |\n|---|---|---|---|\n| 보건행정과 | 태우람 | 의료기관 개설 신고 | 02-555-0211 |\n| 건강증진과 | 빈나래 | 금연 상담 | 02-555-0221 |\n| 건강증진과 | 감도운 | 치매 안심 사업 | 02-555-0223 |",
            ),
        ],
        [
            Ask("등교 B노선 첫차는 몇 시인가요?", "07:20"),
            Ask("세 자녀 가정은 몇 퍼센트 감면되나요?", "30%"),
            Ask("금연 상담 담당자는 누구인가요?", "빈나래"),
            Ask("금연 상담 담당자의 이메일은?", None),
        ],
    ),
    "of another house, left open": Kind(
        [
            note(
                "ordinance",
                "수도급수 조례",
                "제20조(납기) 요금의 납기일은 매월 말일로 한다.\n제22조(연체금) 수도요금을 납기까지 내지 아니하면 3퍼센트의 연체금을 더한다.",
                source="솔내군",
            ),
            note(
                "bills",
                "수도요금 고지서 안내",
                "해든시 수도요금은 두 달에 한 번 고지합니다.\n고지서는 매월 25일에 보냅니다.\n이사할 때는 수도과로 알려 주십시오.",
                source="해든시 수도과",
            ),
            note(
                "halls",
                "은모래문화회관 대관 안내",
                "시설 | 오전 | 오후 | 저녁\n노을전시실 | - | 20,000원 | 30,000원\n연습실 | 15,000원 | 15,000원 | 20,000원",
                source="은모래문화회관",
            ),
        ],
        [
            Ask("수도요금을 안 내면 연체금은 몇 퍼센트인가요?", "3퍼센트"),
            Ask("해든시에서 수도요금을 안 내면 연체금은 몇 퍼센트인가요?", None),
            Ask("노을전시실 오후 대관료는 얼마인가요?", "노을전시실"),
            Ask("노을전시실 오전 대관료는 얼마인가요?", None),
        ],
    ),
}
# Answers that the packaged confidence refuses to give, though the right line is first.
TIMID: dict[str, set[int]] = {
    "amounts": {3},
    "dates": {2},
    "parts and comparisons": {3},
    "labels side by side": {0, 1, 2},
    "put right, decided otherwise": {0, 4},
}


def asked(weak: bool) -> list[Any]:
    """Every question; those that fail marked, for their line (``weak``) or for being refused."""
    found = list[Any]()
    for kind, path in KINDS.items():
        for at, ask in enumerate(path.asks):
            timid = at in TIMID.get(kind, ())
            reason = ask.weak if weak else "the confidence stays below the threshold" if timid else ""
            marks = pytest.mark.xfail(strict=False, reason=reason) if reason else ()
            if weak or ask.first is not None:
                found.append(pytest.param(kind, ask, marks=marks, id=f"{kind}-{at}"))
    return found


class Desk:
    """A pipeline a kind, opened when it is first asked, and what it answered."""

    def __init__(self, base: Path, cache: Path, splitter: SentenceSplitter) -> None:
        self._base, self._splitter = base, splitter
        self._encoder = BundledEncoder(cache)
        self._aliases = load_aliases(None, splitter, cache)
        self._reader = CloseReader(self._encoder)
        self._open: dict[str, Pipeline] = {}
        self._asked: dict[tuple[str, str], tuple[Answer, tuple[Citation, ...]]] = {}

    def ask(self, kind: str, question: str) -> tuple[Answer, tuple[Citation, ...]]:
        """The answer, and what it would cite if nothing were too uncertain; each question is asked once."""
        if (kind, question) not in self._asked:
            self._asked[kind, question] = self._pipeline(kind).ask_with_withheld(Query(question))
        return self._asked[kind, question]

    def _pipeline(self, kind: str) -> Pipeline:
        if kind not in self._open:
            folder = self._base / kind
            Ingestor(folder, self._encoder, self._splitter).ingest(KINDS[kind].articles)
            self._open[kind] = Pipeline(
                lambda: Engine.open(
                    folder, encoder=self._encoder.fingerprint, analysis=analysis_fingerprint(self._splitter)
                ),
                self._encoder,
                self._splitter,
                self._aliases,
                reader=self._reader,
            )
        return self._open[kind]

    def close(self) -> None:
        for pipeline in self._open.values():
            pipeline.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, model_cache: Path, splitter: SentenceSplitter) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("cases"), model_cache, splitter)
    yield desk
    desk.close()


@pytest.mark.parametrize(("kind", "ask"), asked(weak=True))
def test_the_first_line(desk: Desk, kind: str, ask: Ask) -> None:
    answer, citations = desk.ask(kind, ask.question)
    if ask.first is None:
        assert not answer.answered
        return
    first = citations[0]
    assert ask.first in first.quote
    if ask.marked is not None:
        assert (
            tuple(first.quote[start - first.start : end - first.start] for start, end in first.highlights) == ask.marked
        )


@pytest.mark.parametrize(("kind", "ask"), asked(weak=False))
def test_it_is_answered(desk: Desk, kind: str, ask: Ask) -> None:
    assert desk.ask(kind, ask.question)[0].answered


@pytest.mark.parametrize(("kind", "ask"), [param for param in asked(weak=False) if param.values[1].others is not None])
def test_what_other_articles_give_instead(desk: Desk, kind: str, ask: Ask) -> None:
    answer, _ = desk.ask(kind, ask.question)
    assert tuple(sorted(conflict.value for conflict in answer.conflicts)) == ask.others


def test_of_two_that_are_compared_both_are_cited(desk: Desk) -> None:
    _, citations = desk.ask("two compared", "새잎치과 크라운은 금이랑 지르코니아 중 어느 쪽이 더 비싼가요?")
    assert [citation.quote for citation in citations[:2]] == [
        "크라운 금 / 650,000 / 4년",
        "크라운 지르코니아 / 520,000 / 5년",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_cited_stands_there_and_asks_nothing(desk: Desk, kind: str) -> None:
    texts = {article.id: article.text for article in KINDS[kind].articles}
    for ask in KINDS[kind].asks:
        answer, citations = desk.ask(kind, ask.question)
        for citation in (*citations, *(conflict.citation for conflict in answer.conflicts)):
            assert citation.quote == texts[citation.article_id][citation.start : citation.end]
            assert not citation.quote.rstrip().endswith("?")
