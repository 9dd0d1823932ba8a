"""``geungeo eval init``, ``propose`` and ``check FOLDER``: begin a data set of one's own, and see what is wrong with it."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from eval.datasets.check import check_folder
from eval.datasets.proposals import Proposal, is_answered, written
from index.errors import StorageError, UsageError

Echo = Callable[[str], None]
TEMPLATE = "data/template.txt"
_NAME = "01.txt"
_FAULTY = 1


def init(folder: Path, echo: Echo, lang: str = "ko") -> int:
    """Write a file with one question of each kind into a new or empty folder. Raises UsageError, StorageError."""
    require_empty(folder)
    written = _write(folder, files("eval").joinpath(TEMPLATE).read_text("utf-8"))
    if lang == "en":
        echo(f"{written}: a question of each kind. Write your own over them, then: geungeo eval check {folder}")
    else:
        echo(f"{written}: 종류마다 질문 하나씩 들어 있습니다. 고쳐 쓰고 geungeo eval check {folder}로 확인하세요.")
    return 0


def keep_proposals(folder: Path, proposals: Sequence[Proposal], echo: Echo, lang: str) -> int:
    """Write them into a new or empty folder, and name those that are not answered. Raises UsageError, StorageError."""
    path = _write(folder, written(proposals, lang))
    english = lang == "en"
    missed = [proposal for proposal in proposals if not is_answered(proposal)]
    for proposal in missed:
        echo(f"  {proposal.question}: {proposal.outcome[english]}")
    if english:
        echo(f"{path}: {len(proposals)} questions proposed, {len(proposals) - len(missed)} of them answered today.")
        echo("  Delete the line p: of those that you accept, and the others altogether.")
    else:
        echo(
            f"{path}: 질문 {len(proposals)}개를 제안했고, 그 가운데 {len(proposals) - len(missed)}개에는 지금 답이 나옵니다."
        )
        echo("  받아들일 질문에서는 p: 줄을 지우고, 나머지는 질문째 지우세요.")
    return 0


def require_empty(folder: Path) -> None:
    """Raise UsageError where something is in the folder."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"빈 폴더가 아닙니다: {folder}.", f"not an empty folder: {folder}.")


def _write(folder: Path, text: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _NAME).write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise StorageError(
            f"쓸 수 없습니다({folder}: {error.strerror}).", f"cannot write ({folder}: {error.strerror})."
        ) from error
    return folder / _NAME


def warn(folder: Path, echo: Echo, lang: str) -> None:
    """Say what of a data set is not measured, or not as it may have been meant. Raises ReadError where there is none."""
    checked, english = check_folder(folder), lang == "en"
    if checked.faults:
        count = len(checked.faults)
        told = (
            f"{folder}: {count} faults; geungeo eval check {folder} names them all. The first:"
            if english
            else f"{folder}: 잘못된 곳이 {count}군데 있습니다. 모두 보려면 geungeo eval check {folder}. 처음 것:"
        )
        echo(f"{told} {checked.faults[0].message(lang)}")
    if checked.proposed:
        echo(_proposed(checked.proposed, lang))
    if checked.is_probe:
        echo(
            "  There is no qrels.tsv: every question counts as one that nothing answers."
            if english
            else "  qrels.tsv가 없어 모든 질문을 답이 없는 질문으로 셉니다."
        )


def check(folder: Path, echo: Echo, lang: str = "ko") -> int:
    """Say everything that is wrong with a data set, a line each; 1 where anything is. Raises ReadError."""
    checked = check_folder(folder)
    for fault in checked.faults:
        echo(fault.message(lang))
    if lang == "en":
        echo(f"{folder}: {checked.questions} questions, {checked.articles} articles, {len(checked.faults)} faults")
    else:
        echo(f"{folder}: 질문 {checked.questions}개, 글 {checked.articles}건, 잘못 {len(checked.faults)}개")
    if checked.paraphrased:
        echo(_paraphrased(checked.paraphrased, lang))
    if checked.proposed:
        echo(_proposed(checked.proposed, lang))
    return _FAULTY if checked.faults else 0


def _paraphrased(count: int, lang: str) -> str:
    if lang == "en":
        return f"  {count} answers stand in no judged article as they are: they are not looked for in quotes."
    return f"  판정된 글에 그대로 있지 않은 정답 {count}개는 인용문에서 찾지 않습니다."


def _proposed(count: int, lang: str) -> str:
    if lang == "en":
        return f"  {count} questions are only proposed and not measured: delete their line p: to accept them."
    return f"  제안된 채로 있는 질문 {count}개는 재지 않습니다. 받아들이려면 p: 줄을 지우세요."
