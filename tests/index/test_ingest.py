"""Ingest: idempotent, one bad article never stops the rest, what was acknowledged survives kill -9 (F1, F34, F36)."""

import json
import os
import random
import signal
import struct
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import index.ingest
from index.articles import Article, Layout, Span, SpanKind
from index.doctor import examine
from index.encoders.base import EncoderInput, PassageVectors
from index.engine import Engine, is_new
from index.errors import EncoderMismatchError, NotFoundError, ReadError
from index.ingest import Ingestor, IngestReport, content_hash, remove_articles
from index.korean.sentences import SentenceSplitter
from index.reading.documents import Failure
from index.reading.plain_text.records import article_from_record
from index.reading.readers import read_articles
from index.search.generation import current_number
from index.search.lexical import LexicalQuery
from index.store.store import Store
from index.structure.layouts import unpack_layout
from tests.support.fakes import (
    ARTICLES,
    FESTIVAL,
    LIBRARY,
    PORT,
    UNDATED,
    HashEncoder,
    RegexSplitter,
    hashed,
    make_index,
    open_index,
)

ROOT = Path(__file__).parents[2]


def outcome(report: IngestReport) -> dict[str, list[str]]:
    return {
        "added": report.added,
        "replaced": report.replaced,
        "unchanged": report.unchanged,
        "failed": [failure.where for failure in report.failures],
    }


def expect(**lists: list[str]) -> dict[str, list[str]]:
    return {"added": [], "replaced": [], "unchanged": [], "failed": [], **lists}


def ids(*articles: Article) -> list[str]:
    return [article.id for article in articles]


def where(engine: Engine, word: str) -> set[str]:
    """The articles in which a word stands, by the lexical index."""
    seqs = [seq for seq, _ in engine.search_lexical(LexicalQuery({word: 1.0}, ()), 100)]
    return {passage.article_id for passage in engine.passages(seqs).values()}


class TestWhatIsStored:
    def test_everything_about_an_article(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        report = make_index(tmp_path, splitter)
        assert outcome(report) == expect(added=ids(*ARTICLES))
        assert (report.manifest.articles, report.manifest.generation, report.done) == (4, 1, 4)
        engine = open_index(tmp_path, splitter)
        for article in ARTICLES:
            assert engine.article(article.id) == article
            covered = {place for span in engine.spans(article.id) for place in range(span.start, span.end)}
            assert {place for place, char in enumerate(article.text) if not char.isspace()} <= covered
            read = engine.read_passages(range(1, report.manifest.passages + 1)).values()
            own = (row for passage in read if passage.passage.article_id == article.id for row in passage.sentences)
            rows = [*{row.sentence: row for row in own}.values()]
            texts = [article.text[row.sentence.start : row.sentence.end] for row in rows]
            assert "".join("".join(texts).split()) == "".join(article.text.split())
            for row, text in zip(rows, texts, strict=True):
                assert row.vector @ hashed([text], 64)[0] > 0.999
        engine.close()

    def test_passage_vectors_are_those_of_title_context_and_text(
        self, tmp_path: Path, splitter: SentenceSplitter
    ) -> None:
        make_index(tmp_path, splitter)
        engine = open_index(tmp_path, splitter)
        for article in ARTICLES:
            vector = hashed([f"{article.title}\n{article.text}"], 64)
            ((seq, score),) = engine.search_dense(vector, 1)
            assert engine.passages([seq])[seq].article_id == article.id
            assert score == pytest.approx(1, abs=1e-3)
        engine.close()

    def test_marked_spans_are_neither_searched_nor_embedded(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        text = (
            "부산항이 새 부두를 열었다. 공사비는 4조6000억원이다.\n\n"
            "▲ 부산항 전경 [사진=한빛통신]\n\n"
            "부두의 길이는 2.5㎞다. 내년에 하나를 더 연다.\n\n"
            "ⓒ 한빛일보 무단전재 및 재배포 금지\n"
        )
        make_index(tmp_path, splitter, [Article("글", "부산항", text)])
        engine = open_index(tmp_path, splitter)
        assert {SpanKind.CAPTION, SpanKind.COPYRIGHT} <= {span.kind for span in engine.spans("글")}
        assert where(engine, "길이") == {"글"}
        for word in ("한빛통신", "전경", "무단전재", "재배포"):
            assert where(engine, word) == set(), word
        engine.close()

    def test_an_interview_question_is_searched_with_its_answer(
        self, tmp_path: Path, splitter: SentenceSplitter
    ) -> None:
        text = (
            "대표를 만났다.\n\n- 투자 규모는 얼마인가?\n▶ 7조원이다. 2027년까지 나누어 쓴다.\n\n- 언제 하나?\n▶ 내년."
        )
        make_index(tmp_path, splitter, [Article("글", "대담", text)])
        engine = open_index(tmp_path, splitter)
        seqs = [seq for seq, _ in engine.search_lexical(LexicalQuery({"규모": 1.0}, ()), 5)]
        (passage,) = engine.passages(seqs).values()
        assert passage.context == "- 투자 규모는 얼마인가?"
        assert passage.text == "▶ 7조원이다. 2027년까지 나누어 쓴다."
        engine.close()

    def test_an_article_of_signs_alone_is_kept_and_stops_nobody(
        self, tmp_path: Path, splitter: SentenceSplitter
    ) -> None:
        signs = Article("부호", "★", "…!? ★★★ —")
        report = make_index(tmp_path, splitter, [signs, PORT])
        assert outcome(report) == expect(added=["부호", PORT.id])
        engine = open_index(tmp_path, splitter)
        assert engine.article("부호") == signs
        engine.close()


class TestIdempotence:
    def test_the_second_run_adds_nothing_and_encodes_nothing(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        encoder = HashEncoder()
        ingestor = Ingestor(tmp_path, encoder, splitter)
        first = ingestor.ingest(ARTICLES)
        calls = encoder.calls
        assert calls == first.manifest.passages
        second = ingestor.ingest(reversed(ARTICLES))
        assert outcome(second) == expect(unchanged=ids(*reversed(ARTICLES)))
        assert encoder.calls == calls
        assert second.manifest == first.manifest

    @pytest.mark.parametrize(
        "change",
        [
            {"title": "다른 제목"},
            {"text": PORT.text.replace("4조6000억", "4조7000억")},
            {"source": "한빛일보"},
            {"url": None},
            {"published_at": "2024-10-04"},
            {"meta": {"author": "이서윤"}},
        ],
    )
    def test_any_changed_field_is_a_change(self, tmp_path: Path, splitter: SentenceSplitter, change) -> None:
        make_index(tmp_path, splitter)
        changed = replace(PORT, **change)
        assert content_hash(changed) != content_hash(PORT)
        assert outcome(make_index(tmp_path, splitter, [changed])) == expect(replaced=[PORT.id])
        engine = open_index(tmp_path, splitter)
        assert engine.article(PORT.id) == changed
        engine.close()

    def test_a_changed_article_leaves_no_ghost_anywhere(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        make_index(tmp_path, splitter)
        changed = replace(FESTIVAL, title="김치 축제", text="광주에서 김치 축제가 열렸다. 입장료는 5천원이다.")
        report = make_index(tmp_path, splitter, [changed, PORT])
        assert outcome(report) == expect(replaced=[FESTIVAL.id], unchanged=[PORT.id])
        engine = open_index(tmp_path, splitter)
        assert where(engine, "김치") == {FESTIVAL.id}
        assert where(engine, "비빔밥") == set()
        hits = engine.search_dense(hashed([f"{FESTIVAL.title}\n{FESTIVAL.text}"], 64), 100)
        passages = engine.passages([seq for seq, _ in hits])
        assert len(passages) == len(hits) == report.manifest.passages
        assert max(score for _, score in hits) < 0.99  # nothing says what the old article said
        assert all("비빔밥" not in passage.text for passage in passages.values())
        engine.close()

    def test_nfd_and_nfc_are_one_article(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        record = {"id": "부산-항만", "title": "부산항", "text": "부산항이 열렸다.", "source": "부산일보"}
        decomposed = {key: unicodedata.normalize("NFD", value) for key, value in record.items()}
        make_index(tmp_path, splitter, [article_from_record(record)])
        again = make_index(tmp_path, splitter, [article_from_record(decomposed)])
        assert outcome(again) == expect(unchanged=["부산-항만"])

    def test_replacing_and_deleting_again_and_again_is_as_good_as_new(
        self, tmp_path: Path, splitter: SentenceSplitter
    ) -> None:
        draw = random.Random(3)
        kept: dict[str, Article] = {}
        for turn in range(12):
            chosen = replace(draw.choice(ARTICLES), title=f"{turn}번째 제목")
            if chosen.id in kept and draw.random() < 0.4:
                remove_articles(tmp_path, [chosen.id])
                del kept[chosen.id]
            else:
                make_index(tmp_path, splitter, [chosen])
                kept[chosen.id] = chosen
        make_index(tmp_path / "new", splitter, list(kept.values()))
        old, new = open_index(tmp_path, splitter), open_index(tmp_path / "new", splitter)
        for question in ("부산 축제", "도서관은 언제 문을 여나", "제목"):
            vector = HashEncoder().encode_queries([question])
            assert ranked(old, vector) == pytest.approx(ranked(new, vector), abs=1e-5)
        assert examine(tmp_path) == []
        old.close()
        new.close()


def ranked(engine: Engine, vector: np.ndarray) -> dict[str, float]:
    hits = engine.search_dense(vector, 100)
    passages = engine.passages([seq for seq, _ in hits])
    return {passages[seq].id: score for seq, score in hits}


class TestBadItems:
    def test_failures_are_listed_and_the_others_kept(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        bad = Failure("나쁜.txt", ReadError("읽을 수 없습니다.", "cannot be read."))
        report = make_index(tmp_path, splitter, [bad, PORT, bad, LIBRARY])
        assert outcome(report) == expect(added=ids(PORT, LIBRARY), failed=["나쁜.txt", "나쁜.txt"])
        assert (report.done, report.manifest.articles) == (4, 2)

    @pytest.mark.parametrize("files", [100, pytest.param(1000, marks=pytest.mark.full)])
    def test_19_of_twenty_files(self, tmp_path: Path, files: int) -> None:
        """F36, with the splitter of the kill test: Kiwi would take a minute."""
        folder = tmp_path / "글"
        folder.mkdir()
        for place in range(files):
            data = b"\xb0\xa1\xff" if place % 20 == 3 else f"{place}번째 글이다. 부산에 눈이 왔다.".encode()
            (folder / f"{place:04}.txt").write_bytes(data)
        report = Ingestor(tmp_path / "data", HashEncoder(), RegexSplitter()).ingest(read_articles([folder]))
        good = files * 19 // 20
        assert (len(report.added), len(report.failures), report.manifest.articles) == (good, files - good, good)
        assert report.failures[0].where == str(folder / "0003.txt")

    def test_two_articles_of_one_id(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        other = replace(LIBRARY, id=PORT.id)
        report = make_index(tmp_path, splitter, [PORT, other, PORT, FESTIVAL])
        assert outcome(report) == expect(added=ids(PORT, FESTIVAL), failed=[PORT.id])
        assert "same id" in report.failures[0].error.english
        store = Store(tmp_path)
        assert store.article(PORT.id) == PORT
        store.close()

    def test_an_article_that_cannot_be_analysed(
        self, tmp_path: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def count_tokens(self: HashEncoder, texts: list[str]) -> list[int]:
            if any("도서관" in text for text in texts):
                raise ReadError("너무 깁니다.", "too long.")
            return [1] * len(texts)

        monkeypatch.setattr(HashEncoder, "count_tokens", count_tokens)
        report = make_index(tmp_path, splitter)
        assert outcome(report) == expect(added=ids(PORT, FESTIVAL, UNDATED), failed=[LIBRARY.id])

    @pytest.mark.parametrize("error", [struct.error, ValueError, IndexError, OverflowError])
    @pytest.mark.parametrize("where", ["read_outline", "pack_layout", "build_passages"])
    def test_an_error_that_nobody_foresaw_costs_its_article_alone(
        self,
        tmp_path: Path,
        splitter: SentenceSplitter,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        error: type[Exception],
        where: str,
    ) -> None:
        strange = Layout((Span(0, 2, SpanKind.BODY),))
        real = getattr(index.ingest, where)

        def fails(given: object, *others: object) -> object:
            if given in (LIBRARY.text, strange) or getattr(given, "id", "") == LIBRARY.id:
                raise error(LIBRARY.text)
            return real(given, *others)

        monkeypatch.setattr(index.ingest, where, fails)
        report = make_index(tmp_path, splitter, [PORT, replace(LIBRARY, layout=strange), FESTIVAL])
        assert outcome(report) == expect(added=ids(PORT, FESTIVAL), failed=[LIBRARY.id])
        assert "could not be analysed" in report.failures[0].error.english
        assert error.__name__ in caplog.text
        assert "in fails" in caplog.text
        assert LIBRARY.text not in caplog.text

    def test_a_fault_of_the_program_ends_the_ingest(
        self, tmp_path: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(index.ingest, "read_outline", None)
        with pytest.raises(TypeError):
            make_index(tmp_path, splitter)

    def test_nothing_at_all(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        report = make_index(tmp_path, splitter, [])
        assert outcome(report) == expect()
        assert report.manifest is None  # nothing was written, so there is nothing to publish
        assert is_new(tmp_path)
        make_index(tmp_path, splitter)
        assert make_index(tmp_path, splitter, []).manifest.articles == 4

    def test_an_error_midway_keeps_what_was_reported(
        self, tmp_path: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("index.ingest._BATCH_CHARACTERS", 1)
        reported: list[str] = []

        def items() -> Iterator[Article]:
            yield PORT
            yield LIBRARY
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Ingestor(tmp_path, HashEncoder(), splitter).ingest(
                items(), progress=lambda report: reported.extend(report.added[len(reported) :])
            )
        assert reported == ids(PORT, LIBRARY)
        engine = open_index(tmp_path, splitter)
        assert engine.article(LIBRARY.id) == LIBRARY
        assert engine.manifest.articles == 2
        engine.close()

    def test_a_failed_first_ingest_ties_nobody_to_its_encoder(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        class Broken(HashEncoder):
            def encode_passages(self, inputs: list[EncoderInput]) -> list[PassageVectors]:
                raise RuntimeError

        with pytest.raises(RuntimeError):
            Ingestor(tmp_path, Broken("broken"), splitter).ingest(ARTICLES)
        assert outcome(make_index(tmp_path, splitter)) == expect(added=ids(*ARTICLES))


class TestRebuild:
    @pytest.mark.parametrize("encoder", [HashEncoder("other"), HashEncoder("other", dim=96, word_dim=8)])
    def test_rebuild_takes_up_all_articles_with_another_encoder(
        self, tmp_path: Path, splitter: SentenceSplitter, encoder: HashEncoder
    ) -> None:
        make_index(tmp_path, splitter)
        with pytest.raises(EncoderMismatchError):
            open_index(tmp_path, splitter, encoder)
        report = Ingestor(tmp_path, encoder, splitter).ingest([], rebuild=True)
        assert outcome(report) == expect(replaced=sorted(ids(*ARTICLES)))
        engine = open_index(tmp_path, splitter, encoder)
        assert engine.manifest.dim == encoder.dim
        for article in ARTICLES:
            assert engine.article(article.id) == article
            ((seq, score),) = engine.search_dense(hashed([f"{article.title}\n{article.text}"], encoder.dim), 1)
            assert engine.passages([seq])[seq].article_id == article.id
            assert score == pytest.approx(1, abs=1e-3)
        engine.close()
        assert len(list((tmp_path / "generations").iterdir())) == 1  # none of the old encoder's is left

    def test_rebuild_takes_new_articles_too(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        make_index(tmp_path, splitter, [PORT, LIBRARY])
        changed = replace(LIBRARY, title="고친 제목")
        items = [PORT, changed, FESTIVAL, Failure("나쁜.txt", ReadError("", ""))]
        report = Ingestor(tmp_path, HashEncoder("other"), splitter).ingest(items, rebuild=True)
        assert set(report.replaced) == {PORT.id, LIBRARY.id}
        assert (report.added, report.unchanged) == ([FESTIVAL.id], [PORT.id])
        assert [failure.where for failure in report.failures] == ["나쁜.txt"]
        engine = open_index(tmp_path, splitter, HashEncoder("other"))
        assert engine.article(LIBRARY.id) == changed
        assert engine.manifest.articles == 3
        engine.close()

    def test_a_layout_that_cannot_be_packed_again_stays_as_it_is(
        self, tmp_path: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        layout = Layout((Span(0, 2, SpanKind.BODY),))
        make_index(tmp_path, splitter, [PORT, replace(LIBRARY, layout=layout)])

        def fail(_: Layout) -> bytes:
            raise OverflowError

        monkeypatch.setattr(index.ingest, "pack_layout", fail)
        report = Ingestor(tmp_path, HashEncoder("other"), splitter).ingest([], rebuild=True)
        assert report.replaced == [PORT.id]
        assert [failure.where for failure in report.failures] == [LIBRARY.id]
        store = Store(tmp_path)
        assert unpack_layout(store.layout(LIBRARY.id)) == layout
        store.close()

    def test_an_interrupted_rebuild_fits_no_encoder_until_it_is_finished(
        self, tmp_path: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_index(tmp_path, splitter)
        monkeypatch.setattr("index.ingest._BATCH_CHARACTERS", 1)
        other = HashEncoder("other", dim=96)

        def interrupt(report: IngestReport) -> None:
            if len(report.replaced) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Ingestor(tmp_path, other, splitter).ingest([], rebuild=True, progress=interrupt)
        for encoder in (HashEncoder(), other):
            with pytest.raises(EncoderMismatchError, match="--rebuild"):
                open_index(tmp_path, splitter, encoder)
            with pytest.raises(EncoderMismatchError, match="--rebuild"):
                Ingestor(tmp_path, encoder, splitter).ingest([PORT])
        with pytest.raises(EncoderMismatchError, match="--rebuild"):  # deleted, but not to be published yet
            remove_articles(tmp_path, [FESTIVAL.id])
        Ingestor(tmp_path, other, splitter).ingest([], rebuild=True)
        engine = open_index(tmp_path, splitter, other)
        assert engine.manifest.articles == 3
        with pytest.raises(NotFoundError):
            engine.article(FESTIVAL.id)
        engine.close()


def test_progress_is_told_after_every_commit(
    tmp_path: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is told of an article finds it in the store."""
    monkeypatch.setattr("index.ingest._BATCH_CHARACTERS", 1)
    told: list[list[str]] = []

    def progress(report: IngestReport) -> None:
        reader = Store(tmp_path)
        assert all(reader.content_hash(article_id) for article_id in report.added)
        reader.close()
        told.append(list(report.added))

    Ingestor(tmp_path, HashEncoder(), splitter).ingest(ARTICLES, progress=progress)
    assert told == [ids(*ARTICLES[: count + 1]) for count in range(4)] + [ids(*ARTICLES)]


def test_progress_counts_sentences_and_expects_as_many_of_what_is_to_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ingest._ENCODED_AT_ONCE", 1)
    text = " ".join(f"{number}번째 문장은 도서관이 {number}시에 문을 연다는 말이다." for number in range(60))
    articles = [Article("긴", "", text), Article("짧은", "", "문을 연다.")]
    told: list[tuple[int, int, int | None]] = []
    report = Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest(
        articles, progress=lambda report: told.append((report.sentences, report.done, report.expected_sentences(4)))
    )
    counts = [sentences for sentences, _, _ in told]
    assert len(counts) > 3
    assert counts == sorted(counts)
    assert counts[-1] == report.sentences_read == 61
    assert told[0][1] == 0  # nothing is acknowledged yet, and it moves
    assert all(expected == 122 for _, _, expected in told)
    assert IngestReport().expected_sentences(4) is None


def test_tiny_articles_are_written_a_few_hundred_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their letters alone six thousand would be in memory together, with vectors and words."""
    monkeypatch.setattr("index.ingest._BATCH_CHARACTERS", 3_000)
    monkeypatch.setattr("index.ingest._ENCODED_AT_ONCE", 1)
    in_hand: list[int] = []
    articles = [Article(f"{number}", "", f"{number}.") for number in range(70)]
    report = Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest(
        articles, progress=lambda report: in_hand.append(report.in_hand)
    )
    assert report.added.total == 70
    assert 20 <= max(in_hand) <= 30


def test_a_long_ingest_is_searchable_before_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ingest._BATCH_CHARACTERS", 1)
    monkeypatch.setattr("index.ingest._PUBLISH_PASSAGES", 2)
    seen: list[int] = []

    def progress(report: IngestReport) -> None:
        number = current_number(tmp_path)
        seen.append(number)
        if number:
            engine = open_index(tmp_path, RegexSplitter())  # while the writer holds the lock
            assert engine.manifest.generation == number
            assert engine.manifest.articles == 2 * number
            engine.close()

    report = Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest(ARTICLES, progress=progress)
    assert seen == [0, 1, 1, 2, 2]
    assert report.manifest.generation == 2


# F1, F3: a server that forks one child a round; the child ingests and says what it was told is durable.
SERVER = """
import json, os, sys
from pathlib import Path
import index.ingest
from index.articles import Article
from index.ingest import Ingestor
from tests.support.fakes import HashEncoder, RegexSplitter

index.ingest._BATCH_CHARACTERS = 1  # a commit for every article
folder = Path(sys.argv[1])

def child(records):
    told = set()
    def progress(report):
        for article_id in {*report.added, *report.replaced} - told:
            told.add(article_id)
            os.write(1, f"ACK {article_id}\\n".encode())
    articles = [Article(**record) for record in records]
    Ingestor(folder, HashEncoder(), RegexSplitter()).ingest(articles, progress=progress, wait=60.0)
    os.write(1, b"PUBLISHED\\n")

for line in sys.stdin:
    pid = os.fork()
    if not pid:
        try:
            child(json.loads(line))
        finally:
            os.write(1, b"END\\n")
            os._exit(0)
    os.write(1, f"PID {pid}\\n".encode())
    sys.stdin.readline()  # until it is killed, so that its number stays its own
    os.waitpid(pid, 0)
    os.write(1, b"DEAD\\n")
"""
PER_ROUND = 12


def round_articles(number: int) -> list[Article]:
    """New articles, and a new version of one that every round replaces."""
    text = "부산항에 {0}번째 부두가 열렸다.\n공사비는 {0}조6000억원이다.\n" * 3
    new = [Article(f"{number}-{place}", f"{place}호", text.format(place)) for place in range(PER_ROUND)]
    return [*new, Article("늘 고치는 글", f"{number}판", text.format(1000 + number))]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, tmp_path / "data"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    yield process
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def run_and_kill(server: subprocess.Popen[bytes], articles: list[Article], acks: int, delay: float) -> list[str]:
    """Kill the ingesting child ``delay`` seconds after its ``acks``-th acknowledgement; the lines it got out."""
    fields = ("id", "title", "text")
    record = [{name: getattr(article, name) for name in fields} for article in articles]
    server.stdin.write(json.dumps(record).encode() + b"\n")
    server.stdin.flush()
    lines: list[str] = []
    pid = 0
    while not pid or (sum(line.startswith("ACK") for line in lines) < acks and "END" not in lines):
        line = server.stdout.readline().decode().strip()
        assert line, "the server itself has died"
        if line.startswith("PID"):
            pid = int(line[4:])
        else:
            lines.append(line)
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    server.stdin.write(b"killed\n")
    server.stdin.flush()
    while (line := server.stdout.readline().decode().strip()) != "DEAD":
        assert line, "the server itself has died"
        lines.append(line)
    return lines


@pytest.mark.parametrize("rounds", [6, pytest.param(14, marks=pytest.mark.full)])
def test_what_was_acknowledged_survives_kill_9_at_any_instant(
    tmp_path: Path, server: subprocess.Popen[bytes], rounds: int
) -> None:
    draw = random.Random(20241010)
    folder, splitter = tmp_path / "data", RegexSplitter()
    sent: dict[str, list[Article]] = {}  # every version, oldest first
    acked: dict[str, int] = {}  # id → the version acknowledged last
    published = 0
    for number in range(rounds):
        articles = round_articles(number)
        for article in articles:
            sent.setdefault(article.id, []).append(article)
        acks = draw.choice([0, 1, 3, len(articles) // 2, len(articles) - 1, len(articles)])
        lines = run_and_kill(server, articles, acks, draw.uniform(0, 0.06))
        published += "PUBLISHED" in lines
        for line in lines:
            if line.startswith("ACK "):
                acked[line[4:]] = len(sent[line[4:]]) - 1
        if not acked:
            continue
        engine = open_index(folder, splitter)
        for article_id, versions in sent.items():
            least = acked.get(article_id)
            try:
                found = engine.article(article_id)
            except NotFoundError:
                assert least is None, f"{article_id} was acknowledged and is lost"
                continue
            assert found in versions[least or 0 :]  # byte for byte, and never an older version than acknowledged
            if found not in articles:
                continue
            ((seq, score),) = engine.search_dense(hashed([f"{found.title}\n{found.text.strip()}"], 64), 1)
            assert score == pytest.approx(1, abs=1e-3)
            assert engine.passages([seq])[seq].text == found.text.strip()
        engine.close()
        assert examine(folder) == []
        assert not list((folder / "generations").glob(".new-*"))
    assert len(acked) > rounds * 2
    assert published < rounds
