"""Check that a wheel holds our packages, the seeds and the data files, and nothing else at its top level."""

import sys
import zipfile
from pathlib import PurePosixPath

NOT_IN_IT = ("eval/baselines/", "eval/data/office/")  # for whoever works on it
PACKAGES = {"api", "eval", "index", "rag", "seeds"}
NEEDED = {
    "api/page/files/index.html",
    "api/page/files/main.js",
    "api/page/files/page.css",
    "eval/data/seeds.jsonl",
    "eval/report/templates/report.html.j2",
    "index/data/frequent_words.txt",
    "index/data/passage_codebook.npz",
    "index/data/vector_codes.npz",
    "index/data/word_meanings.npz",
    "rag/data/aliases.txt",
    "rag/data/models.json",
    "seeds/kt-ms-korean-ai.txt",
    "seeds/manifest.json",
}


def main(path: str) -> int:
    names = set(zipfile.ZipFile(path).namelist())
    top = {PurePosixPath(name).parts[0] for name in names}
    strange = {name for name in top - PACKAGES if not name.endswith(".dist-info")}
    strange |= {name for name in names if name.startswith(NOT_IN_IT)}
    for problem in sorted(strange | (PACKAGES - top) | (NEEDED - names)):
        print(f"wheel: unexpected or missing: {problem}", file=sys.stderr)
    return int(bool(strange or PACKAGES - top or NEEDED - names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
