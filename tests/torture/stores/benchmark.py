"""The bars in time, measured by scripts/bench/store.py at 50,000 and 200,000 passages."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.torture.records import ROOT, Budget, Row

_READY_SECONDS = 5.0  # until the first answer after a kill, at 50,000 passages
_ADD_SECONDS = 10.0  # 100 articles to 200,000 passages, beyond their embedding
_VECTORS_A_SECOND = 20_000
_SIZES = ((50_000, 20), (200_000, 5))  # passages, kills


def run(budget: Budget) -> Iterator[Row]:
    for passages, kills in _SIZES:
        row = Row("F3, F4", f"killed between commit and publication, at {passages:,} passages (scripts/bench/store.py)")
        _measure(row, budget, passages, budget.of(kills, 2))
        yield row


def _measure(row: Row, budget: Budget, passages: int, kills: int) -> None:
    command = [
        sys.executable, "-m", "scripts.bench.store", "--passages", str(passages), "--kills", str(kills), "--rounds", "3",
        "--scratch", str(budget.work),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    added, recovery = max(report["add_100_articles_s"]), report["recovery_p95_s"]
    row.kill_points, row.lost, row.torn, row.recovery_p95_ms = kills, None, None, 1000 * recovery
    row.note = (
        f"{report['passages']:,} passages; 100 articles added in at most {added} s, one removed in at most "
        f"{max(report['remove_1_article_s'])} s, all derived again in {report['derive_all_s']} s, vectors alone "
        f"{report['vectors_per_s']:,} a second; opened in {report['open_s']} s"
    )
    slow = {
        f"recovery p95 {recovery} s": passages <= 50_000 and recovery > _READY_SECONDS,
        f"adding 100 articles {added} s": added > _ADD_SECONDS,
        f"{report['vectors_per_s']} vectors a second": report["vectors_per_s"] < _VECTORS_A_SECOND,
    }
    row.complaints = [what for what, is_slow in slow.items() if is_slow]
