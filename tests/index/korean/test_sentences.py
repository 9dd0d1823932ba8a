"""Sentences are slices of the article: ordered, disjoint, complete. Golden cases come from the seeds."""

import pickle
import subprocess
import sys
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.articles import Span, SpanKind
from index.korean.blocks import MAX_PIECE, Block, cut_blocks, cut_long, is_wrapped, trim
from index.korean.sentences import ParsedSentence, SentenceSplitter
from index.text.characters import BLANKS

SEEDS = Path(__file__).parents[3] / "seeds"
ROOT = Path(__file__).parents[3]

PARTS = [
    "가",
    "나는",
    "다",
    "라고 ",
    " ",
    "\n",
    "\r\n",
    "\n\n",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\x00",
    "\ud800",
]
PARTS += [
    "KT가 21일 간담회를 열었다.",
    "그는 “할 수 있다. 해야 한다”고 말했다.",
    '"됩니다." ',
    "△한국형 AI △클라우드",
    "- 질문은?",
]
PARTS += [
    "😀",
    "👨\u200d👩\u200d👧",
    "🇰🇷",
    "𠮷野家",
    "漢字",
    "Hello. World",
    "http://a.kr/b?c=1",
    "3.5%",
    "1. ",
    "ㅋㅋㅋ",
]
PARTS += [
    ".",
    "...",
    "…",
    "?",
    "!",
    "/",
    '"',
    "'",
    "“",
    "”",
    "‘",
    "(",
    ")",
    "[1]",
    "<",
    ">",
    "|",
    "\t",
    "①",
    "▶",
    "■ ",
    "-",
]
PARTS += [unicodedata.normalize("NFD", "한국어다. 그렇다."), "가나다" * 40]
TEXTS = st.one_of(st.lists(st.sampled_from(PARTS), max_size=25).map("".join), st.text(max_size=120))
SETTINGS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def splitter() -> SentenceSplitter:
    return SentenceSplitter(["소버린 AI", "", " \n", "AICT"])


def whole(text: str) -> list[Span]:
    return [Span(0, len(text))]


def texts_of(splitter: SentenceSplitter, text: str, kind: SpanKind = SpanKind.BODY) -> list[str]:
    return [text[s.start : s.end] for s in splitter.split(text, [Span(0, len(text), kind)])]


def check(text: str, spans: list[Span], sentences: list[ParsedSentence]) -> None:
    """Every promise of SentenceSplitter.split, for one text."""
    assert all(before.end <= after.start for before, after in pairwise(sentences))
    for sentence in sentences:
        piece = text[sentence.start : sentence.end]
        assert piece
        assert piece == piece.strip(BLANKS)
        assert any(s.start <= sentence.start < sentence.end <= s.end and s.kind is sentence.kind for s in spans)
        assert all(sentence.start <= t.start <= t.end <= sentence.end for t in sentence.tokens)
        assert [t.start for t in sentence.tokens] == sorted(t.start for t in sentence.tokens)
    covered = {i for sentence in sentences for i in range(sentence.start, sentence.end)}
    content = {i for span in spans if span.kind.is_content for i in range(span.start, span.end)}
    assert {i for i in content if text[i].isalnum()} <= covered
    assert covered <= content


def test_what_nobody_sees_is_no_sentence(splitter: SentenceSplitter) -> None:
    text = '"됩니다." \u200b가'
    assert [text[sentence.start : sentence.end] for sentence in splitter.split(text, whole(text))] == [
        '"됩니다."',
        "가",
    ]


@SETTINGS
@given(text=TEXTS)
def test_sentences_are_ordered_disjoint_slices_and_cover_every_letter(splitter: SentenceSplitter, text: str) -> None:
    check(text, whole(text), splitter.split(text, whole(text)))


@SETTINGS
@given(
    text=TEXTS, cuts=st.lists(st.integers(0, 400), max_size=6), kinds=st.lists(st.sampled_from(SpanKind), min_size=7)
)
def test_no_sentence_leaves_its_span(
    splitter: SentenceSplitter, text: str, cuts: list[int], kinds: list[SpanKind]
) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    spans = [Span(a, b, kind) for (a, b), kind in zip(pairwise(places), kinds, strict=False)]
    check(text, spans, splitter.split(text, spans))


def test_morphemes_that_are_the_same_share_their_letters(splitter: SentenceSplitter) -> None:
    """In whatever process they are sent to, too: a long article would fill it."""
    text = "다리를 새로 놓았다. 다리를 새로 놓았다."
    for sentences in (
        (found := splitter.split(text, [Span(0, len(text), SpanKind.BODY)])),
        pickle.loads(pickle.dumps(found)),
    ):
        first, second = (sentence.tokens for sentence in sentences)
        assert [token.form for token in first] == [token.form for token in second]
        for sentence, other in zip(first, second, strict=True):
            assert sentence.form is other.form
            assert sentence.tag is other.tag


@SETTINGS
@given(text=TEXTS)
def test_questions_give_ordered_tokens_within_the_text(splitter: SentenceSplitter, text: str) -> None:
    tokens = splitter.tokenize(text)
    assert all(0 <= token.start <= token.end <= len(text) for token in tokens)
    assert [token.start for token in tokens] == sorted(token.start for token in tokens)


@SETTINGS
@given(texts=st.lists(TEXTS, max_size=6))
def test_many_articles_at_once_equal_each_alone(splitter: SentenceSplitter, texts: list[str]) -> None:
    articles = [(text, whole(text)) for text in texts]
    assert list(splitter.parse_many(articles)) == [splitter.split(*article) for article in articles]


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.stem)
def test_seeds_keep_every_promise(splitter: SentenceSplitter, path: Path) -> None:
    text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
    for variant in (text, text.replace("\n", "\r\n"), text.replace(" ", "\u00a0"), unicodedata.normalize("NFD", text)):
        check(variant, whole(variant), splitter.split(variant, whole(variant)))


def test_token_offsets_are_the_words_of_the_slice(splitter: SentenceSplitter) -> None:
    text = "😀 𠮷野家 소식.\n\n  KT는 '소버린 AI'를 2027년까지 만든다."
    first, second = splitter.split(text, whole(text))
    nouns = {
        t.form: text[t.start : t.end] for t in (*first.tokens, *second.tokens) if t.tag in {"NNP", "SL", "SN", "SH"}
    }
    assert nouns == {"𠮷野家": "𠮷野家", "KT": "KT", "소버린 AI": "소버린 AI", "2027": "2027"}


def test_question_tokens(splitter: SentenceSplitter) -> None:
    tokens = splitter.tokenize("  KT의 AICT 매출은 얼마인가요?")
    assert {("KT", 2), ("AICT", 6), ("매출", 11)} <= {(t.form, t.start) for t in tokens}


# Golden cases, from the seeds


def test_a_headline_without_full_stop_does_not_run_into_the_body(splitter: SentenceSplitter) -> None:
    text = (SEEDS / "kt-ms-korean-ai.txt").read_text(encoding="utf-8")
    assert texts_of(splitter, text)[:5] == [
        "한국 정서·문화 이해하는 한국형 AI 개발",
        "5년간 누적 매출 4조6000억 원 목표",
        "공공 클라우드·AI 시장 개척 공조",
        "KT가 마이크로소프트(MS)와 손잡고 '한국형 AI(인공지능)' 개발에 적극 나선다.",
        "한국 정서와 문화를 이해하는 한국형 AI로 대한민국 산업을 혁신하겠다는 포부다.",
    ]


def test_a_list_inside_a_sentence_is_one_sentence(splitter: SentenceSplitter) -> None:
    found = texts_of(splitter, (SEEDS / "kt-m360-keynote.txt").read_text(encoding="utf-8"))
    assert (
        "양사는 △한국형 AI·클라우드·IT서비스 개발 △AX(AI 전환) 전문법인 설립 △AI 신기술·미래 네트워크 공동 연구 "
        "프로젝트 및 인재 육성 등을 함께 추진키로 했다."
    ) in found


def test_interview_questions_and_answers(splitter: SentenceSplitter) -> None:
    text = (SEEDS / "kt-ai-7-trillion.txt").read_text(encoding="utf-8")
    found = [sentence.replace("\u00a0", " ") for sentence in texts_of(splitter, text)]
    place = found.index("-AI 사업 성장을 위해 5년 동안 7조원 투자를 단행한다고 했다.")
    assert found[place + 1 : place + 4] == [
        "구체적으로 어떤 분야에 어느 정도 투자가 이뤄지나.",
        "▶(송재호 부문장) 2027년까지 5년간 기술, 인프라, 서비스 영역을 나눠서 총 7조원을 투자할 계획을 갖고 "
        "진행 중에 있다.",
        "세부적으로는 기술 분야에 4조원 가량 투자를 할 계획이다.",
    ]
    assert "다른 얼라이언스를 구축 계획은" in found  # a question without a question mark


def test_subheads_and_unusual_quotes(splitter: SentenceSplitter) -> None:
    found = texts_of(splitter, (SEEDS / "kt-ms-alliance.txt").read_text(encoding="utf-8"))
    assert "◇한국 특화 서비스 개발한다" in found
    assert "일명 ‘소버린(Sovereign·자주적) AI’다." in found
    assert any(s.startswith("지난 4월 UAE의 AI 기업 ‘G42′와 맺은") and s.endswith("합류했다.") for s in found)


def test_a_title_line_is_one_sentence(splitter: SentenceSplitter) -> None:
    text = "KT의 선택은 무엇인가. MS와 손잡았다\n한국형 AI 개발"
    assert texts_of(splitter, text, SpanKind.HEADLINE) == ["KT의 선택은 무엇인가. MS와 손잡았다", "한국형 AI 개발"]


@pytest.mark.parametrize(
    "sentences",
    [
        ["그는 “우리는 준비됐다. 반드시 해낸다. 지켜봐 달라”고 말했다.", "박수가 나왔다."],
        ['나 의원은 "외교가 녹록치 않다. 함께 풀겠다"면서 "앞장서겠다. 마무리하겠다"고 밝혔다.', "그는 웃었다."],
        ["메시는 4골을 넣었다.", "2월 10일, 바르셀로나는 이겼다."],
        ["글을 쓰고 싶었다.", "'정의로운 글쓰기'라는 것에 대한 회의가 들었다."],
        ["[사각형] 도구는 그림을 그리는 도구이다.", "[사각형] 도구에는 여러 가지가 있다."],
        ["그는 황제가 되었다.[3][4]", "로마는 번영했다."],
        ["이게 왜 안 되지? 하고 검색했다.", "답이 있었다."],
        ["과목에 ‘P’를 입력한다.", "- 고등학교 과목은 따로 적는다."],
        ["정말 맛있었어요😊", "다음에 또 갈게요~🙂"],
        ["그러나... 그는 오지 않았다.", "모두 돌아갔다."],
        ["MS와의 협력은 이를 실현하고자 마련한 해법.", "김 대표는 설명했다."],
        ["매출은 1조 3,000억 원(전년 대비 3.5% 증가)이다.", "이익은 늘었다."],
    ],
    ids=lambda sentences: sentences[0][:12],
)
def test_golden_boundaries(splitter: SentenceSplitter, sentences: list[str]) -> None:
    assert texts_of(splitter, " ".join(sentences)) == sentences


def test_numbered_and_bulleted_lines_are_apart(splitter: SentenceSplitter) -> None:
    lines = ["추진 과제", "1. 인재 양성", "가. 학교", "① 연구", "• 지원", "| 구분 | 금액 |", "| 가 | 3 |", "끝"]
    assert texts_of(splitter, "\n".join(lines)) == lines


# Blocks

PAGE = """인정사실
회원가입 시 전자우편주소 또는 휴대전화 문자메시지를 통해 본인인증 절차를 거쳐야 한
다. 회원이 재외국민일 경우에는 신분증 및 본인 사진과 해외거주 증명자료를, 외국인일 경
우에는 여권 사본과 사진을 증명자료로 제출하여야 한다. 회원은 해당 인증번호를 입력한
뒤 기다린다.
- 이마트는 온라인 전용 물류센터 3개점을 가동하고 있으며, 이후에도 순차적으로 늘려갈 계
획이다.
소비자의 권리는 사업자가 제공하는 정보를 신뢰하고 자신의 선택을 하여야 하는 소비자를
위한 것이다."""


def test_a_hard_wrapped_page_is_joined_into_paragraphs(splitter: SentenceSplitter) -> None:
    assert is_wrapped(PAGE)
    found = texts_of(splitter, PAGE)
    assert [s.replace("\n", "") for s in found] == [
        "인정사실",
        "회원가입 시 전자우편주소 또는 휴대전화 문자메시지를 통해 본인인증 절차를 거쳐야 한다.",
        "회원이 재외국민일 경우에는 신분증 및 본인 사진과 해외거주 증명자료를, 외국인일 경우에는 여권 사본과 사진을 "
        "증명자료로 제출하여야 한다.",
        "회원은 해당 인증번호를 입력한뒤 기다린다.",
        "- 이마트는 온라인 전용 물류센터 3개점을 가동하고 있으며, 이후에도 순차적으로 늘려갈 계획이다.",
        "소비자의 권리는 사업자가 제공하는 정보를 신뢰하고 자신의 선택을 하여야 하는 소비자를위한 것이다.",
    ]


def test_a_word_broken_over_two_lines_is_one_token(splitter: SentenceSplitter) -> None:
    forms = {t.form: PAGE[t.start : t.end] for s in splitter.split(PAGE, whole(PAGE)) for t in s.tokens}
    assert forms["계획"] == "계\n획"


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*.txt")), ids=lambda path: path.stem)
def test_news_is_not_taken_for_a_wrapped_page(path: Path) -> None:
    assert not is_wrapped(path.read_text(encoding="utf-8"))


@given(text=TEXTS, wrapped=st.booleans())
def test_blocks_are_ordered_and_trimmed(text: str, wrapped: bool) -> None:
    blocks = cut_blocks(text, 0, len(text), wrapped=wrapped)
    assert all(before.end <= after.start for before, after in pairwise(blocks))
    assert all((block.start, block.end) == trim(text, block.start, block.end) for block in blocks)
    assert wrapped or not any("\n" in text[block.start : block.end] for block in blocks)


@given(text=st.text(alphabet="가나다 .,\n", min_size=1).map(lambda text: text * 60))
def test_long_blocks_are_cut_without_loss(text: str) -> None:
    pieces = list(cut_long(text, Block(0, len(text))))
    assert "".join(text[piece.start : piece.end] for piece in pieces) == text
    assert all(0 < piece.end - piece.start <= MAX_PIECE for piece in pieces)


# Guards: each of these crashed Kiwi or took minutes when given to it whole


@pytest.mark.parametrize(
    "text",
    ["가" * 120_000, "가나다" * 40_000, "a" * 300_000, "ㅋ" * 100_000, "(" * 100_000, '"가' * 50_000, "1." * 60_000,
     "\n" * 1_000_000, " " * 1_000_000, "\ud800" * 10_000 + "끝이다."],
    ids=lambda text: f"{text[:3]!r}x{len(text)}",
)  # fmt: skip
def test_long_runs_are_quick_and_lose_nothing(splitter: SentenceSplitter, text: str) -> None:
    splitter.load()
    started = time.process_time()
    sentences = splitter.split(text, whole(text))
    assert time.process_time() - started < 5
    assert sum(text[s.start : s.end].count("가") for s in sentences) == text.count("가")
    assert all(before.end <= after.start for before, after in pairwise(sentences))


def test_nothing_to_read(splitter: SentenceSplitter) -> None:
    assert splitter.split("", []) == []
    assert splitter.split("\u200b \n -- ※ ", whole("\u200b \n -- ※ ")) == []
    assert splitter.tokenize(" ") == []
    assert list(splitter.parse_many([])) == []
    assert splitter.split("저작권자 ©", [Span(0, 6, SpanKind.COPYRIGHT)]) == []


def test_one_splitter_serves_several_threads() -> None:
    shared = SentenceSplitter()
    text = (SEEDS / "kt-ms-alliance.txt").read_text(encoding="utf-8")
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: shared.split(text, whole(text)), range(8)))
    assert all(result == results[0] for result in results)


def test_importing_loads_no_kiwi() -> None:
    code = "import sys, index.korean.sentences as s; s.SentenceSplitter(['KT']); sys.exit('kiwipiepy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
