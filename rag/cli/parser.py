"""The command line: parse, call, print. Answers go to stdout, everything else to stderr.

Nothing heavy is imported before a command needs it, so that ``geungeo --help`` is instant.
"""

import argparse
import errno
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from index.errors import GeungeoError, StorageError
from index.reading.kinds import SHOWN_KINDS
from index.system.version import installed_version
from index.text.messages import has_text, say
from rag.cli import argparse_texts, flags
from rag.flags import CommandParser, add_lang

INTERRUPTED = 130
SHARED = "truth.json"  # in a data folder whose articles are kept in a PostgreSQL
_ASKING = ("ask", "search")


@dataclass(frozen=True, slots=True)
class Command:
    """A command in Korean and English, and the module whose ``run(arguments, settings)`` does it.

    A command of another package has its flags there too: ``add_flags(parser)`` of ``module``.
    """

    korean: str
    english: str
    flags: Callable[[CommandParser], None] | None = None
    module: str = "rag.cli.commands"

    def add_flags(self, parser: CommandParser) -> None:
        """Give the command's parser its flags, from the package that owns it."""
        add = self.flags or importlib.import_module(self.module).add_flags
        add(parser)


# The command line is the one door to every package: it names the modules of the two leaves, api and eval, and imports
# one only when its command is asked for.
COMMANDS = {
    "index": Command(
        f"글을 색인합니다: 파일과 폴더 ({SHOWN_KINDS})", f"take in articles: files and folders ({SHOWN_KINDS})", flags.add_index_flags
    ),
    "ask": Command("질문에 근거와 함께 답합니다", "answer a question with its evidence", flags.add_ask_flags),
    "search": Command("가까운 대목을 순서대로 보여 줍니다", "show the nearest passages in order", flags.add_search_flags),
    "open": Command("인용한 자리를 앞뒤와 함께 보여 줍니다", "show a cited place with what stands around it", flags.add_open_flags),
    "list": Command("색인된 글의 목록을 보여 줍니다", "list the articles", flags.add_list_flags),
    "remove": Command("글을 지웁니다", "delete articles", flags.add_remove_flags),
    "status": Command("색인의 상태를 보여 줍니다", "show what the index holds", flags.add_reading_flags),
    "doctor": Command("색인이 온전한지 확인합니다", "check that the index is sound", flags.add_doctor_flags),
    "export": Command(
        "글과 벡터를 백업 파일 하나로 내보냅니다", "write articles and vectors into one backup file", flags.add_export_flags
    ),
    "import": Command(
        "백업 파일을 가져옵니다 (다시 임베딩하지 않음)", "take in a backup file (nothing is embedded again)",
        flags.add_import_flags,
    ),
    "serve": Command("웹 페이지와 HTTP 서비스를 띄웁니다", "start the web page and the HTTP service", module="api.command"),
    "keys": Command(
        "HTTP 서비스의 API 키를 만들고, 목록을 보여 주고, 폐기합니다", "make, list and revoke the API keys of HTTP",
        module="api.access.keys_command",
    ),
    "mcp": Command(
        "MCP로 답합니다: 표준 입출력으로 언어 모델의 도구가 됩니다", "answer over MCP: a model's tool by standard input and output",
        module="api.mcp.command",
    ),
    "eval": Command(
        "답의 품질을 재고 보고서를 씁니다", "measure how good the answers are, and write a report",
        module="eval.command",
    ),
    "migrate-truth": Command(
        "글을 PostgreSQL로 옮기거나 도로 가져옵니다", "move the articles into a PostgreSQL, or back", flags.add_migrate_flags,
        module="rag.cli.sharing",
    ),
    "work": Command(
        "PostgreSQL을 함께 쓰는 다른 컴퓨터의 색인을 돕습니다 (임베딩)", "embed for other machines that index into the same PostgreSQL",
        flags.add_work_flags, module="rag.cli.sharing",
    ),
    "engine": Command(
        "Milvus가 geungeo에 필요한 것을 하는지 확인합니다", "check that a Milvus does what geungeo needs of it", flags.add_engine_flags,
        module="rag.cli.engine",
    ),
    "completion": Command(
        "셸에서 Tab 자동 완성을 쓰게 하는 스크립트를 씁니다 (bash, zsh, fish)", "write what completes words by Tab (bash, zsh, fish)",
        flags.add_completion_flags,
    ),
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code of index.errors, 8 where some articles failed, 130 when interrupted."""
    _make_output_safe()
    with _sigterm_ends():
        return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
    arguments = _parse(argv)
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except GeungeoError as error:
        _complain(error.message(arguments.lang))
        return error.exit_code
    except KeyboardInterrupt:
        _complain(say(stopped_key(arguments.command), arguments.lang))
        return INTERRUPTED
    except BrokenPipeError:
        _forget_output()
        return 0
    except Exception as error:
        if getattr(arguments, "debug", False):  # completion takes none of the flags that most have
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _forget_output()
            _complain(say("full", arguments.lang))
            return StorageError.exit_code
        _complain(say("internal", arguments.lang, error=f"{type(error).__name__}: {error}"))
        return 1


def stopped_key(command: str) -> str:
    """Return what is said when the command was interrupted: what is kept of it, where it is one that keeps something."""
    own = f"stopped_{command}"
    return own if has_text(own) else "stopped"


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Raise SystemExit after --help and for bad usage."""
    given = list(sys.argv[1:] if argv is None else argv)
    at = 2 if given[:1] == ["--lang"] else 0
    if given[at : at + 1] == ["help"]:
        given = [*given[:at], *given[at + 1 :], "--help"]
    try:
        parser = build_parser(given, language_of(given))
        _require_command(parser, given)
        arguments, unknown = parser.parse_known_args(given)
        if unknown:
            _refuse_unknown(parser, arguments.command, unknown)
        return arguments
    except SystemExit:
        try:
            sys.stdout.flush()
        except OSError:  # whoever read the help has left
            _forget_output()
        raise


def language_of(given: Sequence[str]) -> str:
    """Return the language that a command line asks for, before there is a parser to read it."""
    asked = [after for flag, after in pairwise(given) if flag == "--lang"]
    asked += [word.removeprefix("--lang=") for word in given if word.startswith("--lang=")]
    return "en" if asked[-1:] == ["en"] else "ko"


def _require_command(parser: CommandParser, given: Sequence[str]) -> None:
    """End with 2 where the first word is no command: an option of one, or a word, with the command that looks most like it."""
    words = [word for before, word in pairwise(["", *given]) if before != "--lang"]
    named = next((word for word in words if word.partition("=")[0] not in parser._option_string_actions), None)
    if named is None or named in COMMANDS:
        return
    if not named.startswith("-"):
        parser.error(say("no_command", parser.lang, name=named, near=_near(named, COMMANDS, parser.lang)))
    if command := next((word for word in words if word in COMMANDS), None):
        parser.error(say("option_first", parser.lang, name=named, command=command))


def _refuse_unknown(parser: CommandParser, command: str, unknown: Sequence[str]) -> None:
    """End with 2 for words that the command does not take."""
    option = next((word for word in unknown if word.startswith("-")), None)
    its_parser = _subparsers(parser)[command]
    if option is not None:
        known = [name for action in its_parser._actions for name in action.option_strings]
        near = _near(option.partition("=")[0], known, parser.lang)
        its_parser.error(say("no_option", parser.lang, name=option, near=near))
    quote = say("quote_the_question", parser.lang) if command in _ASKING else ""
    its_parser.error(say("too_many_words", parser.lang, words=" ".join(unknown), cure=quote))


def _near(word: str, known: Iterable[str], lang: str) -> str:
    """Return 혹시 …? with the known word that looks most like it; nothing where none does."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1, 0.5)
    return say("did_you_mean", lang, name=near[0]) if near else ""


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    actions = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: command for action in actions for name, command in action.choices.items()}


def completion(shell: str, lang: str) -> str:
    """Return what makes ``shell`` complete commands, options and file names by Tab: it is read when a shell starts."""
    import shtab

    parser = build_parser(lang=lang)
    for action in _actions(parser):
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell))


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield every option and argument of the parser and of the commands under it."""
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "completion":  # whenever a shell starts: nothing is loaded for it
        print(completion(arguments.shell, arguments.lang))
        return 0
    if arguments.command in _ASKING:
        from rag.cli.kiwi_process import begin_kiwi

        arguments.kiwi = begin_kiwi()
    from rag.settings import load_settings

    settings = load_settings(
        data=arguments.data,
        truth=arguments.truth,
        engine=arguments.engine,
        model=arguments.model,
        user_words=arguments.user_words,
        aliases=arguments.aliases,
        reader=arguments.reader,
    )
    if settings.truth.get_secret_value() or (settings.data / SHARED).exists():
        from rag.cli.sharing import share_truth

        share_truth(arguments, settings)
    if given := settings.engine.get_secret_value():
        from rag.cli.engine import search_in

        search_in(arguments, settings, given)
    return int(importlib.import_module(COMMANDS[arguments.command].module).run(arguments, settings))


def _make_output_safe() -> None:
    """Print Korean whatever the locale says."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us; the next file opened must not take its place
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def _sigterm_ends() -> Iterator[None]:
    """End quietly when told to, as long as a command runs; afterwards the signal is again whose it was."""
    if not hasattr(signal, "SIGTERM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)  # None: set by other than Python


def _forget_output() -> None:
    """Discard what is still buffered, or the interpreter would fail on it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str) -> None:
    from index.text.characters import safe

    print(f"geungeo: {safe(message)}", file=sys.stderr)


def build_parser(chosen: Iterable[str] = COMMANDS, lang: str = "ko") -> CommandParser:
    """Return the parser of every command, with the flags of those in ``chosen``: only their packages are imported."""
    argparse_texts.speak(lang)
    parser = CommandParser(prog="geungeo", lang=lang)
    say = parser.say
    parser.description = say(
        "내 글에서 근거를 찾아 답합니다. 답은 모두 글에 있는 문장 그대로이며, 어느 글의 어디인지 함께 보여 줍니다.",
        "Answers from your own articles; every answer is a sentence of a named article, letter for letter.",
    )
    parser.epilog = say(
        "처음이라면:\n"
        "  geungeo index 폴더     내 글을 넣습니다\n"
        '  geungeo ask "질문"     묻습니다 (글이 없으면 예시 글에)\n'
        "  geungeo serve          웹 페이지에서 묻습니다\n\n"
        "명령마다 옵션이 있습니다: geungeo ask --help. 자세한 설명은 README.md에 있습니다.",
        "To begin with:\n"
        "  geungeo index FOLDER      take in your own articles\n"
        '  geungeo ask "QUESTION"    ask them, or the samples\n'
        "  geungeo serve             ask on a web page\n\n"
        "Every command has options: geungeo ask --help. More in README.en.md.",
    )
    parser.add_argument(
        "-V", "--version", action=_Version, nargs=0, help=say("버전을 보여 주고 끝냅니다", "show the version")
    )
    add_lang(parser)
    commands = parser.add_subparsers(
        dest="command", required=True, title=say("명령", "commands"), metavar=say("명령", "COMMAND")
    )
    for name, command in COMMANDS.items():
        text = say(command.korean, command.english)
        its_parser = commands.add_parser(name, lang=lang, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if name in chosen:
            command.add_flags(its_parser)
    return parser


class _Version(argparse.Action):
    """Looked up only when it is asked for: it takes a quarter of the time that --help does."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"geungeo {installed_version() or '(not installed)'}")
        parser.exit()
