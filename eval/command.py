"""``geungeo eval``: its flags, and what it does with them. The evaluation is imported when it is to run."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from eval.ablation import RANKINGS
from rag.flags import MODES, CommandParser, add_common_flags, bounded

if TYPE_CHECKING:
    from rag.settings import Settings


def add_flags(parser: CommandParser) -> None:
    """Add the flags of ``geungeo eval``: what to measure and how, then what to measure it with."""
    add_common_flags(parser)
    _add_data(parser)
    _add_outcome(parser)
    _add_questions(parser)
    _add_ways(parser)
    _add_further(parser)
    _add_reused(parser)


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Return the exit code: 0, or 1 where a measure dropped or a citation was not verbatim."""
    from eval import entry

    return entry.run(arguments, settings)


def _add_data(parser: CommandParser) -> None:
    """Add the data sets, in whose place a command about data sets may stand."""
    say = parser.say
    parser.add_argument(
        "datasets",
        nargs="*",
        default=["seeds"],
        metavar=say("자료", "DATASET"),
        help=say(
            "잴 폴더, 또는 seeds. 폴더 만들기: init 폴더, 색인된 글에서 질문을 제안받기: propose 폴더, "
            "확인하기: check 폴더. 두 보고서 견주기: compare 앞 뒤",
            "folders to measure, or seeds. To begin one: init FOLDER; with questions proposed from the indexed articles: "
            "propose FOLDER; to check it: check FOLDER. To see two reports side by side: compare BEFORE AFTER",
        ),
    )


def _add_outcome(parser: CommandParser) -> None:
    """Add where the report goes, and what it is compared with."""
    say = parser.say
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("geungeo-eval"),
        metavar=say("폴더", "DIR"),
        help=say("보고서를 쓸 폴더", "where the report goes"),
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar=say("파일", "FILE"),
        help=say(
            "비교할 report.json이나 기준 파일; 뚜렷이 나빠지면 종료 코드 1",
            "a report.json or baseline to compare with; exit code 1 where a measure dropped",
        ),
    )


def _add_questions(parser: CommandParser) -> None:
    """Add which questions are asked, and what is done with each."""
    say = parser.say
    parser.add_argument(
        "--half", choices=("tune", "test"), help=say("정해 둔 절반만", "only the questions of this half")
    )
    parser.add_argument(
        "--sample",
        type=bounded(1, 1_000_000, parser),
        metavar="N",
        help=say("질문 N개만 (언제나 같은 질문)", "only N questions (always the same)"),
    )
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="hybrid",
        help=say("찾는 방식: 둘 다, 뜻, 낱말", "how to search: both ways, by meaning, by words"),
    )
    parser.add_argument("--no-answers", action="store_true", help=say("검색만 잽니다", "measure the search alone"))


def _add_ways(parser: CommandParser) -> None:
    """Add among which articles is searched, and how they are ranked."""
    say = parser.say
    folder = say("폴더", "DIR")
    parser.add_argument(
        "--protocol",
        choices=("alone", "mixed", "both"),
        default="alone",
        help=say("데이터 세트의 글만으로, 또는 다른 글과 섞어서", "over its own articles, or mixed among others"),
    )
    parser.add_argument(
        "--distractors",
        type=Path,
        metavar=folder,
        help=say(
            "섞을 글: corpus.jsonl 폴더나 자료 폴더", "what to mix among: a folder with corpus.jsonl, or a data folder"
        ),
    )
    parser.add_argument(
        "--probe",
        type=Path,
        metavar=folder,
        help=say("이 폴더의 질문을 답 없는 질문으로 더합니다", "add this folder's questions, which nothing answers"),
    )
    parser.add_argument(
        "--ranking", choices=RANKINGS, help=say("이 방식으로 순위만 잽니다", "measure this way to rank alone")
    )
    parser.add_argument(
        "--ablation", action="store_true", help=say("순위 방식을 모두 재어 비교합니다", "measure every way to rank")
    )


def _add_further(parser: CommandParser) -> None:
    """Add other weights, other forms of the questions, and a baseline to keep."""
    say = parser.say
    file = say("파일", "FILE")
    parser.add_argument(
        "--models",
        type=Path,
        metavar=file,
        help=say(
            "설치된 것 대신 쓸 가중치 (scripts/held_out)", "weights in place of the packaged ones (scripts/held_out)"
        ),
    )
    parser.add_argument(
        "--robustness",
        action="store_true",
        help=say("질문을 여러 모양으로 바꾸어 다시 찾습니다", "ask again in other forms"),
    )
    parser.add_argument(
        "--write-baseline",
        type=Path,
        metavar=file,
        help=say("글 없이 값만 담은 기준을 씁니다", "write a baseline: numbers without texts"),
    )


def _add_reused(parser: CommandParser) -> None:
    """Add what is kept from one evaluation for the next, and where."""
    say = parser.say
    folder = say("폴더", "DIR")
    parser.add_argument(
        "--work",
        type=Path,
        metavar=folder,
        help=say(
            "색인과 질문 벡터를 둘 곳 (기본: 캐시의 eval)",
            "where indexes and vectors are kept (default: eval in the cache)",
        ),
    )
    parser.add_argument(
        "--adopt",
        type=Path,
        action="append",
        metavar=folder,
        help=say(
            "만들어 둔 자료 폴더를 색인으로 씁니다 (여러 번 줄 수 있음)",
            "use this data folder as an index made before (may be repeated)",
        ),
    )
    parser.add_argument(
        "--no-vector-cache",
        action="store_true",
        help=say("질문을 언제나 새로 임베딩합니다 (시간을 잴 때)", "embed every question anew (to measure time)"),
    )
