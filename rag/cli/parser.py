"""The command line: parse, call, print. Answers go to stdout, everything else to stderr.

Nothing heavy is imported before a command needs it, so that ``geungeo --help`` is instant.
"""

import argparse
import errno
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index.errors import GeungeoError, StorageError
from index.text.messages import say
from rag.cli import flags

INTERRUPTED = 130
_ASKING = ("ask", "search")


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and the module whose ``run(arguments, settings)`` does it.

    A command of another package has its flags there too: ``add_flags(parser)`` of ``module``.
    """

    help: str
    flags: Callable[[argparse.ArgumentParser], None] | None = None
    module: str = "rag.cli.commands"

    def add_flags(self, parser: argparse.ArgumentParser) -> None:
        add = self.flags or importlib.import_module(self.module).add_flags
        add(parser)


# The command line is the one door to every package: it names the modules of the two leaves, api and eval, and imports
# one only when its command is asked for.
COMMANDS = {
    "index": Command(
        "글을 색인합니다: 파일과 폴더 (HWP, HWPX, PDF, DOCX, PPTX, XLSX, HTML, EML, CSV, TXT, MD, JSONL)",
        flags.add_index_flags,
    ),
    "ask": Command("질문에 근거와 함께 답합니다", flags.add_ask_flags),
    "search": Command("가까운 대목을 순서대로 보입니다", flags.add_search_flags),
    "serve": Command("HTTP로 답합니다", module="api.command"),
    "keys": Command("HTTP의 API 키를 만들고, 늘어놓고, 폐기합니다", module="api.access.keys_command"),
    "mcp": Command("MCP로 답합니다: 표준 입출력으로 모델의 도구가 됩니다", module="api.mcp.command"),
    "eval": Command("답이 얼마나 좋은지 재고 보고서를 씁니다", module="eval.command"),
    "remove": Command("글을 지웁니다", flags.add_remove_flags),
    "list": Command("색인된 글을 늘어놓습니다", flags.add_reading_flags),
    "status": Command("색인의 상태를 보입니다", flags.add_reading_flags),
    "export": Command("글과 벡터를 백업 파일 하나로 내보냅니다", flags.add_export_flags),
    "import": Command("백업 파일을 들여옵니다 (다시 임베딩하지 않음)", flags.add_import_flags),
    "doctor": Command("색인이 온전한지 살핍니다", flags.add_doctor_flags),
}


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
    given = sys.argv[1:] if argv is None else argv
    try:
        return build_parser(given).parse_args(given)
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
    return int(importlib.import_module(COMMANDS[arguments.command].module).run(arguments, settings))


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


def build_parser(chosen: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of every command, with the flags of those in ``chosen``: only their packages are imported."""
    parser = argparse.ArgumentParser(
        prog="geungeo",
        description="내 글에서 근거를 찾아 답합니다. 답은 모두 이름 있는 글의 한 문장 그대로입니다.",
        epilog="자세한 설명: README.md. 명령마다 --help가 있습니다.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="판을 보이고 끝납니다")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        its_parser = commands.add_parser(name, help=command.help, description=command.help)
        if name in chosen:
            command.add_flags(its_parser)
    return parser


class _Version(argparse.Action):
    """Looked up only when it is asked for: it takes a quarter of the time that --help does."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"geungeo {version('geungeo')}")
        except PackageNotFoundError:
            print("geungeo (not installed)")
        parser.exit()
