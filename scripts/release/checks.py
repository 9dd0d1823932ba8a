"""What .ci/run looks at in a clean clone; the standard library is enough for it.

python -m scripts.release.checks readme N      # print the N-th command of README.md, so that CI runs what it says
python -m scripts.release.checks wheel FILE    # our packages, the seeds, the data files, and nothing else at the top
"""

import argparse
import re
import sys
import zipfile
from pathlib import Path, PurePosixPath

README = Path(__file__).parents[2] / "README.md"

NOT_IN_IT = ("eval/baselines/", "eval/data/office/")  # for whoever works on it
PACKAGES = {"api", "eval", "index", "rag", "seeds"}
NEEDED = {
    "api/page/files/index.html",
    "api/page/files/main.js",
    "api/page/files/page.css",
    "eval/data/seeds.jsonl",
    "eval/data/template.txt",
    "eval/report/templates/report.html.j2",
    "index/data/frequent_words.txt",
    "index/data/passage_codebook.npz",
    "index/data/vector_codes.npz",
    "index/data/word_meanings.npz",
    "rag/data/aliases.txt",
    "rag/data/answers.npz",
    "rag/data/english.txt",
    "rag/data/joined.npz",
    "rag/data/models.json",
    "rag/data/reader.npz",
    "rag/data/reader.onnx",
    "seeds/kt-ms-korean-ai.txt",
    "seeds/manifest.json",
}


def commands() -> list[str]:
    """Return the contents of the README's ``bash`` blocks, in order."""
    text = README.read_text(encoding="utf-8")
    return [block.strip() for block in re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def problems(wheel: Path) -> list[str]:
    """Names that a wheel should hold and does not, or holds and should not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    top = {PurePosixPath(name).parts[0] for name in names}
    strange = {name for name in top - PACKAGES if not name.endswith(".dist-info")}
    strange |= {name for name in names if name.startswith(NOT_IN_IT)}
    return sorted(strange | (PACKAGES - top) | (NEEDED - names))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("readme").add_argument("number", type=int)
    tasks.add_parser("wheel").add_argument("file", type=Path)
    arguments = parser.parse_args()
    if arguments.task == "readme":
        print(commands()[arguments.number - 1])
        return 0
    found = problems(arguments.file)
    for problem in found:
        print(f"wheel: unexpected or missing: {problem}", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
