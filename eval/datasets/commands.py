"""``geungeo eval init FOLDER`` and ``geungeo eval check FOLDER``: begin a data set of one's own, and see what is wrong."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from eval.datasets.check import check_folder
from index.errors import StorageError, UsageError

Echo = Callable[[str], None]
TEMPLATE = "data/template.txt"
_NAME = "01.txt"
_FAULTY = 1


def init(folder: Path, echo: Echo) -> int:
    """Write a file with one question of each kind into a new or empty folder. Raises UsageError, StorageError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"빈 폴더가 아닙니다: {folder}.", f"not an empty folder: {folder}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _NAME).write_bytes(files("eval").joinpath(TEMPLATE).read_bytes())
    except OSError as error:
        raise StorageError(
            f"쓸 수 없습니다({folder}: {error.strerror}).", f"cannot write ({folder}: {error.strerror})."
        ) from error
    echo(f"{folder / _NAME}: 종류마다 질문 하나씩 들어 있습니다. 고쳐 쓰고 geungeo eval check {folder}로 확인하세요.")
    return 0


def check(folder: Path, echo: Echo, lang: str = "ko") -> int:
    """Say everything that is wrong with a data set, a line each; 1 where anything is. Raises ReadError."""
    checked = check_folder(folder)
    for fault in checked.faults:
        echo(fault.message(lang))
    if lang == "en":
        echo(f"{folder}: {checked.questions} questions, {checked.articles} articles, {len(checked.faults)} faults")
    else:
        echo(f"{folder}: 질문 {checked.questions}개, 문서 {checked.articles}개, 잘못 {len(checked.faults)}개")
    if checked.paraphrased:
        echo(_paraphrased(checked.paraphrased, lang))
    return _FAULTY if checked.faults else 0


def _paraphrased(count: int, lang: str) -> str:
    if lang == "en":
        return f"  {count} answers stand in no judged article as they are: they are not looked for in quotes."
    return f"  판정된 문서에 그대로 있지 않은 정답 {count}개는 인용문에서 찾지 않습니다."
