"""The command line: parse, call, print. Answers go to stdout, everything else to stderr.

Nothing heavy is imported before a command needs it, so that ``geungeo --help`` is instant.
"""

import argparse
import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from index.errors import GeungeoError, StorageError
from index.text.messages import say

INTERRUPTED = 130
# The command line is the one door to every package: it names the two leaves and opens them only when asked to.
_ASKING = ("ask", "search")
_LEAVES = {"serve": "api.command", "keys": "api.access.keys_command", "mcp": "api.mcp.command", "eval": "eval.entry"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of index.errors, 8 where some articles failed, 130 when interrupted."""
    _make_output_safe()
    arguments = _parse(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except GeungeoError as error:
        _complain(error.message(arguments.lang))
        return error.exit_code
    except KeyboardInterrupt:
        _complain(say("stopped", arguments.lang))
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return 0
    except Exception as error:
        if arguments.debug:
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _forget_output()
            _complain(say("full", arguments.lang))
            return StorageError.exit_code
        _complain(say("internal", arguments.lang, error=f"{type(error).__name__}: {error}"))
        return 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Raises SystemExit after --help and for bad usage."""
    try:
        return build_parser().parse_args(argv)
    except SystemExit:
        try:
            sys.stdout.flush()
        except OSError:  # whoever read the help has left
            _forget_output()
        raise


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command in _ASKING:
        from rag.cli.kiwi_process import begin_kiwi

        arguments.kiwi = begin_kiwi()
    from rag.settings import load_settings

    settings = load_settings(
        data=arguments.data,
        model=arguments.model,
        user_words=arguments.user_words,
        aliases=arguments.aliases,
    )
    if arguments.command in _LEAVES:
        return int(importlib.import_module(_LEAVES[arguments.command]).run(arguments, settings))
    from rag.cli import commands

    return commands.run(arguments, settings)


def _make_output_safe() -> None:
    """Print Korean whatever the locale says, and end quietly when told to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us; the next file opened must not take its place
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _forget_output() -> None:
    """Whatever is still buffered goes nowhere, or the interpreter would fail on it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> None:
    from index.text.characters import safe

    print(f"geungeo: {safe(message)}", file=sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    """Every command and flag."""
    parser = argparse.ArgumentParser(
        prog="geungeo",
        description="내 글에서 근거를 찾아 답합니다. 답은 모두 이름 있는 글의 한 문장 그대로입니다.",
        epilog="자세한 설명: README.md. 명령마다 --help가 있습니다.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="판을 보이고 끝납니다")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = _common_flags()

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, parents=[common])

    _add_index(command("index", "글을 색인합니다: 파일, 폴더, .txt .md .jsonl .jsonl.gz"))
    _add_question(command("ask", "질문에 근거와 함께 답합니다"), default_k=5, most=50)
    _add_search(command("search", "가까운 대목을 순서대로 보입니다"))
    _add_serve(command("serve", "HTTP로 답합니다"))
    keys = "HTTP의 API 키를 만들고, 늘어놓고, 폐기합니다"
    _add_keys(commands.add_parser("keys", help=keys, description=keys), common)
    command("mcp", "MCP로 답합니다: 표준 입출력으로 모델의 도구가 됩니다")
    _add_eval(command("eval", "답이 얼마나 좋은지 재고 보고서를 씁니다"))
    remove = command("remove", "글을 지웁니다")
    remove.add_argument("ids", nargs="+", metavar="ID")
    remove.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="쓰기 잠금을 기다릴 시간")
    command("list", "색인된 글을 늘어놓습니다").add_argument("--json", action="store_true")
    command("status", "색인의 상태를 보입니다").add_argument("--json", action="store_true")
    command("export", "글과 벡터를 백업 파일 하나로 내보냅니다").add_argument("file", type=Path, metavar="FILE")
    importing = command("import", "백업 파일을 들여옵니다 (다시 임베딩하지 않음)")
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="쓰기 잠금을 기다릴 시간")
    command("doctor", "색인이 온전한지 살핍니다").add_argument(
        "--repair", action="store_true", help="파생 색인을 데이터베이스에서 다시 만듭니다"
    )
    return parser


def _common_flags() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, metavar="DIR", help="자료 폴더 (GEUNGEO_DATA)")
    common.add_argument("--model", metavar="NAME", help="sentence-transformers 모델 이름이나 폴더 (GEUNGEO_MODEL)")
    common.add_argument("--user-words", type=Path, metavar="FILE", help="사용자 사전, 한 줄에 한 낱말")
    common.add_argument("--aliases", type=Path, metavar="FILE", help="별칭 묶음, 한 줄에 한 묶음, 쉼표로 나눔")
    common.add_argument("--lang", choices=("ko", "en"), default="ko", help="메시지의 언어")
    common.add_argument("--debug", action="store_true", help="오류의 자취를 모두 보입니다")
    return common


def _add_index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    parser.add_argument("--encoding", help="글 파일의 인코딩 (저절로 알지 못할 때)")
    parser.add_argument("--rebuild", action="store_true", help="들어 있는 글 모두를 지금 설정으로 다시 만듭니다")
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="쓰기 잠금을 기다릴 시간")


def _add_question(parser: argparse.ArgumentParser, *, default_k: int, most: int) -> None:
    parser.add_argument("question", help="질문; -이면 표준 입력에서 읽습니다")
    parser.add_argument("-k", "--k", type=_bounded(1, most), default=default_k, metavar="N", help=f"대목 수, 1–{most}")
    parser.add_argument("--json", action="store_true", help="HTTP와 같은 모양의 JSON")
    parser.add_argument("--mode", choices=("hybrid", "dense", "lexical"), default="hybrid")
    parser.add_argument("--from", dest="date_from", type=_date, metavar="DATE", help="이 날부터 나온 글만")
    parser.add_argument("--to", dest="date_to", type=_date, metavar="DATE", help="이 날까지 나온 글만")
    parser.add_argument("--source", help="이 출처의 글만")
    parser.add_argument("--article", action="append", metavar="ID", help="이 글만 (여러 번 줄 수 있음)")


def _add_search(parser: argparse.ArgumentParser) -> None:
    _add_question(parser, default_k=10, most=200)
    parser.add_argument(
        "--diversity",
        type=_share,
        default=0.0,
        metavar="0..1",
        help="1에 가까울수록 서로 다른 대목을 앞세웁니다 (보통 0)",
    )


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_bounded(0, 65535), default=8000)
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME", help="이 이름으로도 부를 수 있게")
    parser.add_argument("--rate", type=_rate, default=50.0, metavar="N", help="키마다 1초에 N번까지 (짧게는 그 네 배)")
    parser.add_argument(
        "--processes",
        type=_bounded(1, 64),
        default=2,
        metavar="N",
        help="나란히 답할 프로세스 수, 많아야 코어 수 (기본: 2)",
    )
    parser.add_argument("--log-questions", action="store_true", help="질문도 기록에 남깁니다")
    parser.add_argument("--trace", action="store_true", help="OpenTelemetry로 자취를 보냅니다 (OTEL_* 환경 변수)")


def _add_keys(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="키를 만들어 한 번만 보입니다", parents=[common])
    create.add_argument("name", metavar="NAME", help="누구의 키인지")
    create.add_argument("--scope", default="ask", metavar="SCOPE", help="ask, write, admin을 쉼표로 이어서")
    listing = actions.add_parser("list", help="키를 늘어놓습니다", parents=[common])
    listing.add_argument("--json", action="store_true")
    actions.add_parser("revoke", help="키를 폐기합니다", parents=[common]).add_argument("id", metavar="ID")


def _add_eval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("datasets", nargs="*", default=["seeds"], metavar="DATASET", help="폴더, 또는 seeds")
    parser.add_argument("--out", type=Path, default=Path("geungeo-eval"), metavar="DIR")
    parser.add_argument(
        "--baseline", type=Path, metavar="FILE", help="견줄 report.json이나 기준 파일; 뚜렷이 나빠지면 끝 값 1"
    )
    parser.add_argument("--half", choices=("tune", "test"), help="정해 둔 절반만")
    parser.add_argument("--sample", type=_bounded(1, 1_000_000), metavar="N", help="질문을 N개만 (늘 같은 것)")
    parser.add_argument("--mode", choices=("hybrid", "dense", "lexical"), default="hybrid")
    parser.add_argument("--no-answers", action="store_true", help="검색만 잽니다")
    parser.add_argument(
        "--protocol", choices=("alone", "mixed", "both"), default="alone", help="제 글만으로, 또는 딴 글 속에 섞어"
    )
    parser.add_argument("--distractors", type=Path, metavar="FOLDER", help="섞을 글: corpus.jsonl 폴더나 자료 폴더")
    parser.add_argument("--probe", type=Path, metavar="FOLDER", help="이 폴더의 질문을 답 없는 질문으로 더합니다")
    parser.add_argument("--ranking", choices=_RANKINGS, help="이 방식으로 순위만 잽니다")
    parser.add_argument("--ablation", action="store_true", help="순위 방식을 모두 재어 견줍니다")
    parser.add_argument("--models", type=Path, metavar="FILE", help="함께 온 것 대신 쓸 가중치 (scripts/held_out)")
    parser.add_argument("--robustness", action="store_true", help="질문을 여러 꼴로 바꾸어 다시 찾습니다")
    parser.add_argument("--write-baseline", type=Path, metavar="FILE", help="글 없이 값만 담은 기준을 씁니다")
    parser.add_argument("--work", type=Path, metavar="DIR", help="색인과 질문 벡터를 둘 곳 (기본: 캐시의 eval)")
    parser.add_argument(
        "--adopt", type=Path, action="append", metavar="DIR", help="만들어 둔 자료 폴더를 색인으로 씁니다"
    )
    parser.add_argument("--no-vector-cache", action="store_true", help="질문을 늘 새로 임베딩합니다 (시간을 잴 때)")


_RANKINGS = ("words", "morphemes", "content", "bigrams", "dense", "sentence", "rrf", "convex", "learned")


def _bounded(low: int, high: int) -> "type[int]":
    def whole_number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{low}–{high}이어야 합니다: {value}")
        return value

    return whole_number  # type: ignore[return-value]


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"0–1이어야 합니다: {text}")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f"0보다 커야 합니다: {value}")
    return value


def _date(text: str) -> str:
    import datetime

    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"2024-10-10 같은 날짜여야 합니다: {text}") from None


class _Version(argparse.Action):
    """Looked up only when it is asked for: it takes a quarter of the time that --help does."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"geungeo {version('geungeo')}")
        except PackageNotFoundError:
            print("geungeo (not installed)")
        parser.exit()
