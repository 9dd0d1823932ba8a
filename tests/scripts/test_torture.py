"""The torture's own judgement: an oracle that saw nothing would find no fault either."""

import random
from dataclasses import asdict, replace
from pathlib import Path

import apsw
import pytest

from index.ingest import remove_articles
from index.store.store import DATABASE
from tests.support.fakes import RegexSplitter, make_index
from tests.torture import document, texts
from tests.torture.__main__ import SECTIONS
from tests.torture.damage.damage import Damages, contents, flipped, outcome, torn, truncations
from tests.torture.document import render
from tests.torture.invariant import compare, inspect, same_ranking
from tests.torture.kills.lives import KEPT, ledger_of, read_acknowledgements
from tests.torture.ledger import Ledger, Verdict
from tests.torture.records import ROOT, Row, percentile

ONE, TWO = texts.article("글", 1), texts.article("글", 2)


@pytest.fixture
def ledger() -> Ledger:
    """One article, acknowledged in its first version."""
    return ledger_of([("글", 1)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_index(tmp_path / "data", RegexSplitter(), [texts.article(*pair) for pair in KEPT])
    return tmp_path / "data"


class TestLedger:
    def test_what_was_acknowledged_may_be_nothing_else(self, ledger: Ledger) -> None:
        assert ledger.judge("글", ONE) is Verdict.RIGHT
        assert ledger.judge("글", None) is Verdict.LOST
        assert ledger.judge("글", TWO) is Verdict.LOST
        ledger.begin("글", 2)
        ledger.acknowledge("글", 2)
        assert ledger.judge("글", ONE) is Verdict.LOST

    @pytest.mark.parametrize("found", [ONE, TWO])
    def test_what_was_under_way_may_be_either_and_then_stays(self, ledger: Ledger, found) -> None:
        ledger.begin("글", 2)
        assert ledger.judge("글", found) is Verdict.RIGHT
        assert ledger.judge("글", ONE if found is TWO else TWO) is Verdict.LOST

    @pytest.mark.parametrize(
        "found",
        [
            replace(ONE, text=ONE.text[:-1]),
            replace(ONE, text=TWO.text),
            replace(ONE, title="?"),
            replace(ONE, source=None),
        ],
    )
    def test_what_nobody_wrote_is_torn(self, ledger: Ledger, found) -> None:
        ledger.begin("글", 2)
        assert ledger.judge("글", found) is Verdict.TORN

    def test_a_deleted_article_may_not_come_back(self, ledger: Ledger) -> None:
        ledger.begin("글", None)
        assert ledger.certain("글") is None
        ledger.acknowledge("글", None)
        assert ledger.judge("글", None) is Verdict.RIGHT
        assert ledger.judge("글", ONE) is Verdict.LOST

    def test_all_are_counted_those_not_found_too(self, ledger: Ledger) -> None:
        read_acknowledgements(ledger, ["ACK 딴글 1", "REFUSED locked", "ACK 또딴글 -"])
        found = ledger.judge_all([ONE, replace(texts.article("셋", 1), text="?")])
        assert (found.lost, found.torn, ledger.acknowledged) == (1, 1, 2)
        assert len(found.complaints) == 2

    def test_texts_are_the_same_whenever_they_are_made_and_all_different(self) -> None:
        assert texts.article("글", 1) == ONE
        assert len({texts.article(f"글{n}", v).text for n in range(20) for v in range(5)}) == 100
        assert texts.version_in(ONE.title) == ("글", 1)
        assert texts.marker("글", 1) in ONE.text


class TestInspection:
    def test_a_whole_index_has_no_fault(self, folder: Path) -> None:
        assert inspect(folder, ledger_of()).found.complaints == []

    def test_a_lost_article_is_seen(self, folder: Path) -> None:
        remove_articles(folder, [KEPT[0][0]])
        found = inspect(folder, ledger_of()).found
        assert (found.lost, found.torn, found.wrong) == (1, 0, 0)

    def test_an_altered_article_is_seen(self, folder: Path) -> None:
        db = apsw.Connection(str(folder / DATABASE))
        db.execute("UPDATE passages SET sentences = x'00' WHERE article = 1")
        db.close()
        assert inspect(folder, ledger_of()).found.torn == 1

    def test_an_index_that_is_gone_is_all_lost(self, tmp_path: Path) -> None:
        assert inspect(tmp_path / "none", ledger_of()).found.lost == len(KEPT)

    def test_rankings_are_the_same_but_for_the_order_of_equals(self) -> None:
        ranking = [("가", 3.0), ("나", 2.0), ("다", 2.0)]
        assert same_ranking(ranking, [("가", 3.0), ("다", 2.0), ("나", 2.00001)])
        assert same_ranking(ranking, [("가", 3.0), ("다", 2.0), ("라", 2.0)])  # at the cut
        assert not same_ranking(ranking, [("라", 3.0), ("나", 2.0), ("다", 2.0)])
        assert not same_ranking(ranking, [("가", 3.1), ("나", 2.0), ("다", 2.0)])
        assert not same_ranking(ranking, ranking[:2])
        assert compare([ranking, []], [[("라", 3.0), *ranking[1:]], []]).wrong == 1


class TestDamage:
    def test_a_torn_file_is_never_the_whole_one(self) -> None:
        data = bytes(range(1, 200)) * 50
        assert {0, 1, 4096, 8192, len(data) - 1} == set(truncations(len(data)))
        assert all(damaged != data for damaged in torn(data))
        assert len(list(torn(b""))) == 2

    def test_a_flip_is_of_one_bit_in_its_place(self) -> None:
        data, draw = bytes(100), random.Random(1)
        for _ in range(50):
            changed = flipped(data, draw, 10, 20)
            assert sum(byte.bit_count() for byte in changed) == 1
            assert any(changed[10:20])

    def test_a_wrong_answer_counts_as_undetected(self, folder: Path) -> None:
        right, damages = contents(folder), Damages()
        assert outcome(folder, right, damages, "none")
        remove_articles(folder, [KEPT[0][0]])
        assert not outcome(folder, right, damages, "removed")
        (folder / DATABASE).write_bytes(b"?" * 100)
        assert not outcome(folder, right, damages, "garbage")
        assert (damages.tried, damages.undetected, damages.refused, damages.crashed) == (3, 1, 1, 0)


class TestDocument:
    ROWS = (
        Row(
            "F1", "얌전한 줄", kill_points=10, acknowledged=1200, lost=0, torn=0, wrong_answers=0, recovery_p95_ms=31.4
        ),
        Row("F2", "나쁜 줄", kill_points=5, acknowledged=3, lost=2, complaints=["lost: 글"]),
        Row("F3", "빠진 줄", skipped="strace is not installed"),
        Row("F4", "다른 저장소", lost=77, counted=False),
    )

    def test_faults_and_skipped_rows_are_plain_to_see(self) -> None:
        record = {
            "rows": [asdict(row) for row in self.ROWS], "machine": "2 cores", "command": "python -m", "date": "2026-11-22",
            "commit": "abc", "seed": 7, "seconds": 3, "load": 1.5,
        }  # fmt: skip
        text = render([record], ["clocks"])
        assert "**1 of 3 rows without a fault, 1 with one, 1 skipped.**" in text
        assert "| F1 | 얌전한 줄 | 10 | 1,200 | 0 | 0 | 0 | 31 |" in text
        assert "| **all** | **15** | **1,203** | **2** |" in text
        assert "**skipped**, strace is not installed" in text
        assert "not as it should be: lost: 글" in text
        assert "nothing is claimed: clocks." in text
        assert "| F4 | 다른 저장소 |" in text.partition("## For comparison")[2]

    def test_the_page_says_what_the_records_hold(self) -> None:
        made = document.made_of(ROOT / "docs" / "results" / "reliability", list(SECTIONS))
        assert document.PATH.read_text("utf-8") == made, "run python -m tests.torture --write"

    def test_a_row_with_a_count_or_a_complaint_has_a_fault(self) -> None:
        assert [row.faultless for row in self.ROWS] == [True, False, True, False]
        assert not Row("F", "", undetected=1).faultless
        assert not Row("F", "", complaints=["?"]).faultless

    def test_percentile(self) -> None:
        assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
        assert percentile(list(range(1, 101)), 0.95) == 95
