"""The flags of the commands that ``rag`` owns. Imports nothing heavy, so that help is instant."""

import argparse
from pathlib import Path

from rag.flags import MODES, add_common_flags, bounded, date, day, share


def add_index_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo index``."""
    add_common_flags(parser)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--encoding", help="글 파일의 인코딩 (저절로 알지 못할 때)")
    parser.add_argument(
        "--prune", action="store_true", help="전에 색인한 폴더에서 사라진 파일의 글을 지웁니다 (먼저 보이고 묻습니다)"
    )
    parser.add_argument("--yes", action="store_true", help="--prune이 묻지 않고 지웁니다")
    parser.add_argument(
        "--watch", action="store_true", help="끝내지 않고, 폴더가 바뀔 때마다 다시 색인합니다 (Ctrl-C로 끝)"
    )
    parser.add_argument("--rebuild", action="store_true", help="들어 있는 글 모두를 지금 설정으로 다시 만듭니다")
    _add_wait(parser)


def add_ask_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo ask``."""
    _add_question(parser, default_k=5, most=50, optional=True)
    parser.add_argument(
        "--after",
        action="append",
        default=[],
        metavar="QUESTION",
        help="앞서 한 질문; 그건 언제야?처럼 혼자 설 수 없는 질문이 여기서 이어받습니다 (여러 번, 오래된 것부터)",
    )


def add_search_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo search``."""
    _add_question(parser, default_k=10, most=200)
    parser.add_argument(
        "--diversity",
        type=share,
        default=0.0,
        metavar="0..1",
        help="1에 가까울수록 서로 다른 대목을 앞세웁니다 (보통 0)",
    )


def add_remove_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo remove``."""
    add_common_flags(parser)
    parser.add_argument("ids", nargs="+", metavar="ID")
    _add_wait(parser)


def add_reading_flags(parser: argparse.ArgumentParser) -> None:
    """Add what ``list`` and ``status`` take."""
    add_common_flags(parser)
    parser.add_argument("--json", action="store_true")


def add_export_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo export``."""
    add_common_flags(parser)
    parser.add_argument("file", type=Path, metavar="FILE")


def add_import_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo import``."""
    add_export_flags(parser)
    _add_wait(parser)


def add_doctor_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of ``geungeo doctor``."""
    add_common_flags(parser)
    parser.add_argument("--repair", action="store_true", help="파생 색인을 데이터베이스에서 다시 만듭니다")


def _add_question(parser: argparse.ArgumentParser, *, default_k: int, most: int, optional: bool = False) -> None:
    add_common_flags(parser)
    if optional:
        told = "질문; -이면 표준 입력에서 읽고, 없으면 터미널에서 이어 묻습니다"
        parser.add_argument("question", nargs="?", help=told)
    else:
        parser.add_argument("question", help="질문; -이면 표준 입력에서 읽습니다")
    parser.add_argument("-k", "--k", type=bounded(1, most), default=default_k, metavar="N", help=f"대목 수, 1–{most}")
    parser.add_argument("--json", action="store_true", help="HTTP와 같은 모양의 JSON")
    parser.add_argument("--mode", choices=MODES, default="hybrid")
    parser.add_argument("--from", dest="date_from", type=date, metavar="DATE", help="이 날부터 나온 글만")
    parser.add_argument("--to", dest="date_to", type=date, metavar="DATE", help="이 날까지 나온 글만")
    parser.add_argument("--source", help="이 출처의 글만")
    parser.add_argument("--article", action="append", metavar="ID", help="이 글만 (여러 번 줄 수 있음)")
    parser.add_argument("--as-of", type=day, metavar="DATE", help="올해, 지난달 같은 말을 이날부터 셉니다 (보통 오늘)")


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="쓰기 잠금을 기다릴 시간")
