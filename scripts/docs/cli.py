"""Write docs/cli.md from the command line's parser: ``python -m scripts.docs.cli``; a test says when it is stale."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.cli.parser import build_parser
from rag.help_layout import shown_default

PATH = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
_HEAD = """\
# 명령줄 · Command line

<!-- scripts/docs/cli.py가 명령줄 해석기에서 만듭니다. 고치지 말고 다시 만드세요: python -m scripts.docs.cli -->

답은 표준 출력으로, 나머지 메시지는 모두 표준 오류로 나갑니다. 어느 명령이든 `--help`가 같은 내용을 보여 줍니다.
설정과 환경 변수는 [configuration.md](configuration.md)에 있습니다.

Answers go to standard output, everything else to standard error. Every command explains itself with `--help`;
`--lang en` makes help and messages English. Settings and environment variables: [configuration.md](configuration.md).

Tab 자동 완성 · completion by Tab:

```sh
eval "$(geungeo completion bash)"        # ~/.bashrc
eval "$(geungeo completion zsh)"         # ~/.zshrc, compinit 뒤에 · after compinit
geungeo completion fish | source         # ~/.config/fish/config.fish
```
"""
_EXIT_CODES = """
## 종료 코드 · Exit codes

| 코드 | 뜻 | meaning |
|---:|---|---|
| 0 | 잘됨 | ok |
| 1 | 내부 오류, 또는 `eval`이 뚜렷이 나빠짐을 찾음 | internal error, or `eval` found a significant drop |
| 2 | 명령이나 입력이 잘못됨 | wrong usage or input |
| 3 | 임베딩 모델을 쓸 수 없음 | the encoder cannot be used |
| 4 | 색인이나 데이터베이스가 손상됨 | index or database damaged |
| 5 | 다른 모델이나 다른 한국어 분석으로 만든 색인 | index built by another encoder or text analysis |
| 6 | 디스크가 찼거나 쓸 수 없음, 또는 PostgreSQL이나 Milvus가 답하지 않거나 할 일을 하지 못함 | disk full or read-only, or the PostgreSQL or Milvus does not answer or do what is needed |
| 7 | 다른 프로그램이 쓰는 중 | another process is writing |
| 8 | 일부 글만 들어감 | some articles failed, the others are in |
| 130 | 사용자가 멈춤 | interrupted |
| 143 | 끝내라는 신호를 받음 (SIGTERM) | told to end (SIGTERM) |
"""


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands directly under ``parser``, by name."""
    return {
        name: command
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, command in action.choices.items()
    }


def leaves(parser: argparse.ArgumentParser, name: str = "geungeo") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield every command that can be run, with its whole name."""
    below = subcommands(parser)
    if not below:
        yield name, parser
    for word, command in below.items():
        command.description = command.description or _summaries(parser).get(word)
        yield from leaves(command, f"{name} {word}")


def _summaries(parser: argparse.ArgumentParser) -> dict[str, str | None]:
    """Return what the list of commands under ``parser`` says of each."""
    lists = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {choice.dest: choice.help for action in lists for choice in action._choices_actions}


def flags(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the options of one command, without ``--help`` and ``--version``."""
    hidden = {"--help", "--version"}  # nothing of one's own to say
    return [
        action for action in parser._actions if action.option_strings and not hidden.intersection(action.option_strings)
    ]


@dataclass(frozen=True, slots=True)
class Both:
    """An argument or command in both languages."""

    korean: argparse.Action
    english: argparse.Action

    def row(self) -> tuple[str, str, str, str]:
        """Return (flag with its value, default, meaning in Korean, in English)."""
        flag, default = _row(self.english)[0], _row(self.korean)[1]
        return flag, default, self.korean.help or "", self.english.help or ""


def render() -> str:
    """Return the whole page."""
    korean, english = (dict(leaves(build_parser(lang=lang))) for lang in ("ko", "en"))
    common = _common_flags(list(english.values()))
    first = next(iter(korean))
    parts = [_HEAD]
    parts += [_section(name, korean[name], english[name], common) for name in korean]
    shared = [both.row() for both in _pairs(korean[first], english[first]) if _name(both.english) in common]
    parts.append("\n## 모든 명령에 · Every command\n\n" + _table(shared))
    parts.append(_EXIT_CODES)
    return "".join(parts)


def _common_flags(commands: list[argparse.ArgumentParser]) -> set[str]:
    """Return the names of those that all commands share in the same words, those aside that take few flags at all."""
    rows = [{(_name(action), *_row(action), action.help) for action in flags(command)} for command in commands]
    shared = set.intersection(*(own for own in rows if len(own) > 1))
    return {str(row[0]) for row in shared}


def _name(action: argparse.Action) -> str:
    return action.option_strings[-1] if action.option_strings else action.dest


def _pairs(korean: argparse.ArgumentParser, english: argparse.ArgumentParser) -> list[Both]:
    """Positional arguments that say something, then the options."""
    both = [
        [*(action for action in command._actions if not action.option_strings and action.help), *flags(command)]
        for command in (korean, english)
    ]
    return [Both(*pair) for pair in zip(*both, strict=True)]


def _section(name: str, korean: argparse.ArgumentParser, english: argparse.ArgumentParser, common: set[str]) -> str:
    rows = [both.row() for both in _pairs(korean, english) if _name(both.english) not in common]
    options = any(_name(action) not in common for action in flags(english))
    usage = [
        " ".join([name, *map(_place, _positionals(command)), *([word] if options else [])])
        for command, word in ((korean, "[옵션]"), (english, "[options]"))
    ]
    head = f"{(korean.description or '').rstrip('.')}. · {_sentence(english.description or '')}"
    text = "\n".join(["", f"## {name}", "", head, "", "```text", *dict.fromkeys(usage), "```", ""])
    return text + ("\n" + _table(rows) if rows else "")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _positionals(command: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in command._actions if not action.option_strings]


def _place(action: argparse.Action) -> str:
    """Return a positional argument as ``--help`` shows it."""
    name = _value(action)
    return {"*": f"[{name} …]", "+": f"{name} [{name} …]", "?": f"[{name}]"}.get(str(action.nargs), name)


def _row(action: argparse.Action) -> tuple[str, str]:
    """Return (flag with its value, default) of one argument."""
    if not action.option_strings:
        return f"`{_value(action)}`", ""
    value = "" if action.nargs == 0 else f" {_value(action)}"
    default = shown_default(action)
    return f"`{', '.join(action.option_strings)}{value}`", default and f"`{default}`"


def _value(action: argparse.Action) -> str:
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return str(action.metavar or action.dest.upper())


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    lines = [
        "| 옵션 · option | 기본값 · default | 뜻 | meaning |",
        "|---|---|---|---|",
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
    print(PATH.name, len(dict(leaves(build_parser()))), "commands")
