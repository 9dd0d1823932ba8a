"""``geungeo eval``: its flags, and what it does with them. The evaluation is imported when it is to run."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from eval.ablation import RANKINGS
from rag.flags import MODES, add_common_flags, bounded

if TYPE_CHECKING:
    from rag.settings import Settings


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo eval``: what to measure, then what to measure it with."""
    add_common_flags(parser)
    _add_measuring(parser)
    _add_making(parser)


def run(arguments: argparse.Namespace, settings: "Settings") -> int:
    """Return the exit code: 0, or 1 where a measure dropped or a citation was not verbatim."""
    from eval import entry

    return entry.run(arguments, settings)


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "datasets",
        nargs="*",
        default=["seeds"],
        metavar="DATASET",
        help="폴더, 또는 seeds; init FOLDER는 새로 만들고 check FOLDER는 살핍니다",
    )
    parser.add_argument("--out", type=Path, default=Path("geungeo-eval"), metavar="DIR")
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="견줄 report.json이나 기준 파일; 뚜렷이 나빠지면 끝 값 1"
    )
    parser.add_argument("--half", choices=("tune", "test"), help="정해 둔 절반만")
    parser.add_argument("--sample", type=bounded(1, 1_000_000), metavar="N", help="질문을 N개만 (늘 같은 것)")
    parser.add_argument("--mode", choices=MODES, default="hybrid")
    parser.add_argument("--no-answers", action="store_true", help="검색만 잽니다")
    parser.add_argument(
        "--protocol", choices=("alone", "mixed", "both"), default="alone", help="제 글만으로, 또는 딴 글 속에 섞어"
    )
    parser.add_argument("--distractors", type=Path, metavar="FOLDER", help="섞을 글: corpus.jsonl 폴더나 자료 폴더")
    parser.add_argument("--probe", type=Path, metavar="FOLDER", help="이 폴더의 질문을 답 없는 질문으로 더합니다")
    parser.add_argument("--ranking", choices=RANKINGS, help="이 방식으로 순위만 잽니다")
    parser.add_argument("--ablation", action="store_true", help="순위 방식을 모두 재어 견줍니다")


def _add_making(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--models", type=Path, metavar="FILE", help="함께 온 것 대신 쓸 가중치 (scripts/held_out)")
    parser.add_argument("--robustness", action="store_true", help="질문을 여러 꼴로 바꾸어 다시 찾습니다")
    parser.add_argument("--write-baseline", type=Path, metavar="FILE", help="글 없이 값만 담은 기준을 씁니다")
    parser.add_argument("--work", type=Path, metavar="DIR", help="색인과 질문 벡터를 둘 곳 (기본: 캐시의 eval)")
    parser.add_argument(
        "--adopt", type=Path, action="append", metavar="DIR", help="만들어 둔 자료 폴더를 색인으로 씁니다"
    )
    parser.add_argument("--no-vector-cache", action="store_true", help="질문을 늘 새로 임베딩합니다 (시간을 잴 때)")
