"""The packaged reader beside the trees: it reads what they chose, marks the value, and leaves exactness to the gate."""

from collections.abc import Callable
from pathlib import Path

import pytest

from index.articles import Article
from index.encoders.bundled import BundledEncoder
from index.engine import Engine
from index.ingest import Ingestor
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from rag.answers import Answer, Query
from rag.loading import make_reader
from rag.pipeline import Pipeline
from rag.question.aliases import load_aliases
from rag.reader.closely import CloseReader
from rag.settings import Settings

pytestmark = pytest.mark.model
TEXT = """느티나무 작은도서관 이용 안내

1. 여는 때: 화요일부터 토요일까지 오전 9시에서 오후 6시까지입니다.
2. 빌리는 책: 한 사람이 다섯 권까지 14일 동안 빌릴 수 있습니다.
3. 회원증을 잃어버리면 다시 만드는 데 2,000원을 받습니다.
4. 문의: 운영팀 노해인 주임(02-6590-1120)"""
ARTICLE = Article("도서관", "느티나무 작은도서관 이용 안내", TEXT, published_at="2025-03-02")
Asker = Callable[[str, CloseReader | None], Answer]


@pytest.fixture(scope="module")
def encoder(model_cache: Path) -> BundledEncoder:
    return BundledEncoder(model_cache)


@pytest.fixture(scope="module")
def ask(
    tmp_path_factory: pytest.TempPathFactory, encoder: BundledEncoder, splitter: SentenceSplitter, model_cache: Path
) -> Asker:
    folder = tmp_path_factory.mktemp("reader")
    Ingestor(folder, encoder, splitter).ingest([ARTICLE])
    aliases = load_aliases(None, splitter, model_cache)

    def asked(question: str, reader: CloseReader | None) -> Answer:
        pipeline = Pipeline(
            lambda: Engine.open(folder, encoder=encoder.fingerprint, analysis=analysis_fingerprint(splitter)),
            encoder,
            splitter,
            aliases,
            reader=reader,
        )
        answer, withheld = pipeline.ask_with_withheld(Query(question))
        pipeline.close()
        assert withheld
        return answer

    return asked


@pytest.mark.parametrize(
    ("question", "line", "value"),
    [
        ("느티나무 작은도서관 회원증을 다시 만드는 데 얼마인가요?", "회원증을 잃어버리면", "2,000원"),
        ("느티나무 작은도서관에서 책은 며칠 동안 빌릴 수 있나요?", "빌리는 책", "14일"),
    ],
)
def test_the_value_is_marked_inside_the_quote(
    ask: Asker, encoder: BundledEncoder, question: str, line: str, value: str
) -> None:
    (first, *_) = ask(question, CloseReader(encoder, always=True)).citations
    assert line in first.quote
    assert first.value is not None
    assert first.value.startswith(value)
    ((start, end),) = first.highlights
    assert first.quote[start - first.start : end - first.start] == first.value


def test_without_a_reader_no_value_is_told(ask: Asker) -> None:
    answer = ask("느티나무 작은도서관에서 책은 며칠 동안 빌릴 수 있나요?", None)
    assert all(citation.value is None for citation in answer.citations)


@pytest.mark.parametrize(("setting", "there"), [("off", False), ("auto", True), ("always", True)])
def test_the_setting_decides(encoder: BundledEncoder, tmp_path: Path, setting: str, there: bool) -> None:
    settings = Settings(data=tmp_path, cache=tmp_path, reader=setting)  # type: ignore[arg-type]
    assert (make_reader(settings, encoder) is not None) == there


def test_another_encoder_has_no_reader(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, cache=tmp_path)
    assert make_reader(settings, object()) is None  # type: ignore[arg-type]


def test_a_line_longer_than_a_window_and_an_empty_title_are_read(
    encoder: BundledEncoder, splitter: SentenceSplitter, tmp_path: Path, model_cache: Path
) -> None:
    long = Article("긴", "", "가격은 " + "아주 긴 설명이 이어지고 " * 400 + "7천원입니다.\n회비는 3만원입니다.")
    Ingestor(tmp_path, encoder, splitter).ingest([long])
    pipeline = Pipeline(
        lambda: Engine.open(tmp_path, encoder=encoder.fingerprint, analysis=analysis_fingerprint(splitter)),
        encoder,
        splitter,
        load_aliases(None, splitter, model_cache),
        reader=CloseReader(encoder, always=True),
    )
    answer, withheld = pipeline.ask_with_withheld(Query("회비는 얼마인가요?"))
    pipeline.close()
    assert withheld[0].quote in long.text
    assert answer.confidence <= 1
