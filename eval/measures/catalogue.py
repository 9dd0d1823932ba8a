"""How the measures are called, in ``report.json`` and for people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure's key in ``report.json`` and how people read it. ``gate``: a drop against a baseline is a failure."""

    key: str
    group: str
    korean: str
    english: str
    note: str
    higher_is_better: bool = True
    gate: bool = True
    unit: str = ""


def _lower(key: str, group: str, korean: str, english: str, note: str) -> Measure:
    return Measure(key, group, korean, english, note, higher_is_better=False)


def _counted(key: str, korean: str, english: str, note: str) -> Measure:
    """Return a verdict that is shown and never fails a comparison: it moves against another that does."""
    return Measure(key, "verdict", korean, english, note, higher_is_better=False, gate=False)


def _time(key: str, korean: str, english: str) -> Measure:
    """Return a measure of wall time in milliseconds: shown, never a failure, for machines differ.

    It is that of asking as ``geungeo eval`` does, with 24 passages and with what an abstention would have cited, so it is
    somewhat longer than that of ``ask`` alone.
    """
    note = "질문 하나에 답하기까지"
    return Measure(key, "latency", korean, english, note, higher_is_better=False, gate=False, unit="ms")


def _unabstained(key: str, korean: str, english: str) -> Measure:
    """Return the same measure of what would be cited if it never abstained."""
    note = "기권하지 않았다면: 기권한 질문도 인용했을 문장으로 잰다"
    return Measure(f"{key}_unabstained", "unabstained", f"{korean} (기권 전)", f"{english}, before abstaining", note)


GROUPS = {
    "evidence": "근거와 인용",
    "unabstained": "기권하기 전의 근거",
    "value": "표시한 값",
    "abstention": "기권과 확신도",
    "verdict": "첫 인용의 판정",
    "retrieval": "검색",
    "latency": "답하는 시간",
}
CATALOGUE = (
    Measure("evidence@1", "evidence", "첫 인용 적중", "evidence@1", "첫 인용이 정답·근거 구간과 겹친다. 기권은 0"),
    Measure("evidence@3", "evidence", "인용 셋 안 적중", "evidence@3", "앞의 세 인용 가운데 하나가 겹친다. 기권은 0"),
    Measure(
        "answer_in_first_citation",
        "evidence",
        "첫 인용 속 정답",
        "answer in first citation",
        "첫 인용문에 정답이 그대로 있다. 기권은 0",
    ),
    Measure(
        "answer_in_citation",
        "evidence",
        "인용 속 정답",
        "answer in citation",
        "인용문 하나에 정답이 그대로 있다. 기권은 0",
    ),
    _unabstained("evidence@1", "첫 인용 적중", "evidence@1"),
    _unabstained("evidence@3", "인용 셋 안 적중", "evidence@3"),
    _unabstained("answer_in_first_citation", "첫 인용 속 정답", "answer in first citation"),
    _unabstained("answer_in_citation", "인용 속 정답", "answer in citation"),
    Measure("value_marked", "value", "값 표시", "value marked", "첫 인용문에서 값이나 이름을 표시했다", gate=False),
    Measure("value_em", "value", "값 일치", "value EM", "처음 표시한 값이 정답과 같다(KorQuAD EM). 표시하지 않으면 0"),
    Measure("value_f1", "value", "값 겹침", "value F1", "처음 표시한 값과 정답의 글자 F1(KorQuAD). 표시하지 않으면 0"),
    Measure(
        "citation_exactness", "evidence", "인용 정확성", "citation exactness", "원문과 글자까지 같은 인용. 반드시 1"
    ),
    Measure(
        "right_when_answered", "abstention", "답했을 때 정확도", "answered precision", "답한 질문 중 첫 인용이 맞음"
    ),
    Measure(
        "abstaining_precision", "abstention", "기권 정밀도", "abstaining precision", "기권한 질문 중 정말 답이 없음"
    ),
    Measure("abstaining_recall", "abstention", "기권 재현율", "abstaining recall", "답이 없는 질문 중 기권함"),
    Measure("answering_precision", "abstention", "답 정밀도", "answering precision", "답한 질문 중 답이 있음"),
    Measure("answering_recall", "abstention", "답 재현율", "answering recall", "답이 있는 질문 중 답함"),
    Measure("auroc", "abstention", "확신도 분별력", "AUROC", "답이 있는 질문의 확신도가 없는 질문보다 높을 확률"),
    _lower(
        "aurc", "abstention", "위험–답한 비율 면적", "AURC", "확신도 높은 순으로 답할 때 평균 오답률. 낮을수록 좋음"
    ),
    _lower("ece", "abstention", "보정 오차", "ECE", "확신도와 실제 정확도의 차이. 낮을수록 좋음"),
    Measure("first_right", "verdict", "첫 인용이 맞음", "first right", "답이 있는 질문 중 첫 인용문에 정답이 있음"),
    Measure(
        "any_right", "verdict", "인용에 정답 있음", "any right", "답이 있는 질문 중 어느 인용문에든 정답", gate=False
    ),
    _lower(
        "wrong_first", "verdict", "첫 인용이 틀림", "wrong first", "답이 있는 질문 중 답했지만 첫 인용문에 정답 없음"
    ),
    _counted(
        "refused_answerable", "답이 있는데 기권", "abstained, answerable", "답이 있는 질문 중 기권함. 낮을수록 좋음"
    ),
    Measure(
        "refused_unanswerable",
        "verdict",
        "답이 없어 기권 (재현율)",
        "abstained, unanswerable (recall)",
        "답이 없는 질문 중 기권함",
    ),
    Measure(
        "refusal_precision",
        "verdict",
        "기권이 옳음 (정밀도)",
        "abstained rightly (precision)",
        "기권한 질문 중 답이 없음",
    ),
    Measure("right_overall", "verdict", "모두 합쳐 옳음", "right overall", "맞게 답했거나 맞게 기권함"),
    _lower("sure_and_wrong", "verdict", "‘높음’인데 틀림", "sure and wrong", "확신도가 높다면서 틀린 답. 모든 질문 중"),
    Measure("sure_right", "verdict", "‘높음’이고 맞음", "sure and right", "확신도가 높다고 답한 질문 중 맞음"),
    _lower(
        "must_not_cited",
        "verdict",
        "피할 글 인용",
        "must not",
        "피해야 할 글이 첫 인용문에 있음. 그런 글이 정해진 질문 중",
    ),
    Measure("nDCG@10", "retrieval", "순위 품질", "nDCG@10", "정답이 든 글이 위에 있을수록 1에 가까움"),
    Measure("Recall@1", "retrieval", "1위 재현율", "Recall@1", "정답이 든 글 중 1위로 찾은 비율"),
    Measure("Recall@5", "retrieval", "5위 재현율", "Recall@5", "정답이 든 글 중 5위 안에 찾은 비율"),
    Measure("Recall@10", "retrieval", "10위 재현율", "Recall@10", "정답이 든 글 중 10위 안에 찾은 비율"),
    Measure("MRR@10", "retrieval", "역순위 평균", "MRR@10", "정답이 든 첫 글의 순위의 역수. 10위 밖은 0"),
    _time("latency_p50_ms", "답하는 시간 중앙값", "p50"),
    _time("latency_p95_ms", "답하는 시간 95% 지점", "p95"),
)
BY_KEY = {measure.key: measure for measure in CATALOGUE}
TYPE_NAMES = {
    "how_much": "얼마",
    "who": "누가",
    "when": "언제",
    "where": "어디",
    "what": "무엇",
    "why": "왜",
    "how": "어떻게",
}
TAG_NAMES = {
    "alias": "별칭",
    "english": "영어 질문",
    "false_premise": "거짓 전제",
    "keyword": "검색어",
    "multi_article": "여러 글",
    "near_miss": "비슷하지만 없음",
    "nfd": "자모 분리",
    "number_form": "숫자 표기",
    "off_topic": "주제 밖",
    "paraphrase": "바꿔 말하기",
    "spacing_error": "띄어쓰기 오류",
    "spoken": "구어체",
    "time_relative": "상대 시간",
    "typo": "오타",
    "wrong_entity": "다른 대상",
    "wrong_time": "다른 시점",
}
HALF_NAMES = {"tune": "조정용", "test": "시험용"}
