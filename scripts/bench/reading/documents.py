"""Measure the readers on real documents.

    python -m scripts.bench.reading.documents ../shared/data/documents [--only recall speed joins fonts] [--formats hwp pdf] [--missing]

recall: the share of runs of five letters, which three other readers agree on, that is in the text; once as it is, once
without the numbers of lists and captions, which those readers leave out and people see, and of HWP and HWPX once more
without the runs that depend on how notes and boxes are written (raised or not, where they hang, after the paragraph, at
the end): on these the readers differ, so that no text holds them all. --missing names the runs that are not there. speed:
processor time of this process. joins: line ends of PDF files against the HWP files that they were made of.
fonts: letters of PDF files that are still read where their fonts are taken out of them.
"""

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import mean
from unittest.mock import patch

from index.articles import SpanKind
from index.errors import ReadError
from index.korean.line_ends import KiwiJoiner
from index.korean.sentences import new_kiwi
from index.reading.composing.composer import Document
from index.reading.hancom import hwp, hwpx
from index.reading.office import docx
from index.reading.pdf import line_joins, pdf
from index.reading.reader_process import ReaderProcess

LEAST_GRAMS = 30
SAME_DOCUMENT = (("10_*.pdf", "26_*.hwp"), ("17_*.pdf", "68_*.hwp"))  # a PDF, and the HWP that it was made of
NEAR = 7  # letters on either side of a line end, by which it is found in the HWP
NUMBERED: dict[str, Callable[[bytes, str], Document]] = {"hwp": hwp.read, "hwpx": hwpx.read, "docx": docx.read}
NUMBERS = (
    "index.reading.hancom.hwpx.number",
    "index.reading.hancom.hwp_body.number",
    "index.reading.office.docx_flow.number",
)
WAYS: tuple[dict[str, object], ...] = (  # of writing notes and boxes; the first is ours
    {},
    {"numbering.raised": lambda mark: mark},
    {"numbering.raised": lambda _: ""},
    {"numbering.raised": lambda mark: mark, "flow._note": lambda _: ""},
    {"flow._note": lambda _: "", "flow._Layout._is_repeated": lambda _, box: box.kind is SpanKind.NOTE},
    {"hwpx._anchor": lambda note: "".join(node.text for node in note.walk())},
    {"flow._ENDED": re.compile(r"(?!)")},
)
Read = Callable[[Path], str]
Wanted = Sequence[tuple[Path, Sequence[str]]]


def letters(text: str) -> str:
    return re.sub(r"[^가-힣0-9A-Za-z]", "", text)


def text_of(reader: ReaderProcess, path: Path) -> str:
    """Read the file as the product does; "" where it is refused."""
    try:
        return reader.read(path, path.name).document.text
    except ReadError:
        return ""


def text_without_numbers(path: Path, way: Mapping[str, object] = WAYS[0]) -> str:
    """Read it without what word processors compute before paragraphs and captions, notes and boxes written in a way of others."""
    with ExitStack() as patches:
        for name, other in way.items():
            patches.enter_context(patch(f"index.reading.hancom.{name}", other))
        for name in NUMBERS:
            patches.enter_context(patch(name, lambda *_: ""))
        patches.enter_context(patch("index.reading.hancom.numbering.Numbering.mark", lambda *_: ""))
        patches.enter_context(patch("index.reading.office.docx_styles.Lists.label", lambda *_: ""))
        try:
            return NUMBERED[path.suffix[1:]](path.read_bytes(), path.name).text
        except ReadError:
            return ""


def recalls(wanted: Wanted, read: Read, missing: bool = False) -> Iterator[tuple[str, float]]:
    """Yield the file's name and its recall, of those that were read and hold enough."""
    for path, grams in wanted:
        found = letters(read(path))
        if found and len(grams) >= LEAST_GRAMS:
            if missing and (lost := [gram for gram in grams if gram not in found]):
                print(f"\n    {path.name}: {' '.join(lost)}", end="")
            yield path.name, mean(gram in found for gram in grams)


def agreed(wanted: Wanted) -> Wanted:
    """Return the runs that are in the text however notes and boxes are written, or never."""
    kept = []
    for path, grams in wanted:
        texts = [letters(text_without_numbers(path, way)) for way in WAYS]
        kept.append((path, [gram for gram in grams if len({gram in text for text in texts}) == 1]))
    return kept


def recall(folder: Path, formats: Sequence[str], missing: bool) -> None:
    wanted: dict[str, list[tuple[Path, list[str]]]] = {}
    for line in (folder / "expected.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        wanted.setdefault(record["format"], []).append((folder / record["format"] / record["file"], record["grams"]))
    reader = ReaderProcess()
    for kind in formats or wanted:
        marks = dict(recalls(wanted[kind], lambda path: text_of(reader, path)))
        if marks:
            print(
                f"{kind:6} {len(marks):3} files  recall {mean(marks.values()):.4f}  least {min(marks.values()):.3f}",
                end="",
            )
            without = dict(recalls(wanted[kind], text_without_numbers, missing)) if kind in NUMBERED else {}
            print(f"  without computed numbers {mean(without.values()):.4f}" if without else "", end="")
            settled = dict(recalls(agreed(wanted[kind]), text_without_numbers)) if kind.startswith("hwp") else {}
            print(f"  and what readers differ on {mean(settled.values()):.4f}" if settled else "")
    reader.close()


def speed(folder: Path) -> None:
    joiner = KiwiJoiner(new_kiwi())
    joiner.scores([("미리", "읽기")])
    size = seconds = pages = page_seconds = 0.0
    for path in sorted((folder / "hwp").iterdir()):
        took, document = timed(partial(hwp.read, path.read_bytes(), path.name))
        if document:
            size, seconds = size + path.stat().st_size, seconds + took
    for path in sorted((folder / "pdf").iterdir()):
        took, document = timed(partial(pdf.read, path.read_bytes(), path.name, joiner))
        if document:
            pages += max(place.page or 0 for place in document.places)
            page_seconds += took
    print(f"HWP {size / seconds / 1e6:.1f} MB/s; PDF {100 * page_seconds / pages:.2f} s for 100 pages (of {pages:.0f})")


def timed(read: Callable[[], Document]) -> tuple[float, Document | None]:
    start = time.process_time()
    try:
        document = read()
    except ReadError:
        return 0.0, None
    return time.process_time() - start, document


def joins(folder: Path) -> None:
    joiner = KiwiJoiner(new_kiwi())
    right = count = 0
    for pdf_name, hwp_name in SAME_DOCUMENT:
        path, original = next((folder / "pdf").glob(pdf_name)), next((folder / "hwp").glob(hwp_name))
        text = hwp.read(original.read_bytes(), original.name).text
        judged = [
            (is_joined, truth)
            for end, is_joined in line_ends(path, joiner)
            if (truth := joined_in(text, end)) is not None
        ]
        print(f"{path.name[:40]}: {sum(got == truth for got, truth in judged)} of {len(judged)} line ends right")
        right, count = right + sum(got == truth for got, truth in judged), count + len(judged)
    print(f"line ends right {right / count:.4f} of {count}")


def line_ends(path: Path, joiner: KiwiJoiner) -> list[tuple[line_joins.LineEnd, bool]]:
    """Return the line ends inside paragraphs and whether they were joined."""
    found: list[tuple[line_joins.LineEnd, bool]] = []

    def noted(ends: Sequence[line_joins.LineEnd], *rest: object) -> list[bool]:
        made = line_joins.joined(ends, *rest)  # type: ignore[arg-type]
        found.extend(zip(ends, made, strict=True))
        return made

    with patch.object(pdf, "joined", noted):
        pdf.read(path.read_bytes(), path.name, joiner)
    return found


def joined_in(text: str, end: line_joins.LineEnd) -> bool | None:
    """Return whether ``text`` writes nothing between the two lines; None where it lacks them or has them both ways."""
    before, after = letters_around(end)
    if len(before) < 3 or len(after) < 3:
        return None
    pattern = r"\s*".join(map(re.escape, before)) + r"(\s*)" + r"\s*".join(map(re.escape, after))
    gaps = {bool(match[1]) for match in re.finditer(pattern, text)}
    return not gaps.pop() if len(gaps) == 1 else None


def letters_around(end: line_joins.LineEnd) -> tuple[str, str]:
    before, after = ("".join(line.split()) for line in end)
    return before[-NEAR:], after[:NEAR]


def fonts(folder: Path) -> None:
    files = count = lost = 0
    for path in sorted((folder / "pdf").iterdir()):
        data = path.read_bytes()
        if b"/FontFile" not in data:  # packed, or none
            continue
        whole, bare = (
            pdf.read(content, path.name).text for content in (data, data.replace(b"/FontFile", b"/NoFontIn"))
        )
        files, count = files + 1, count + len("".join(whole.split()))
        lost += (Counter("".join(whole.split())) - Counter(bare)).total()
    print(f"letters read without their fonts {count - lost:,} of {count:,} ({files} files)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    measures = ("recall", "speed", "joins", "fonts")
    parser.add_argument("--only", nargs="+", choices=measures, default=measures)
    parser.add_argument("--formats", nargs="+", default=())
    parser.add_argument("--missing", action="store_true", help="name the runs that are in no text without numbers")
    asked = parser.parse_args()
    if "recall" in asked.only:
        recall(asked.folder, asked.formats, asked.missing)
    if "speed" in asked.only:
        speed(asked.folder)
    if "joins" in asked.only:
        joins(asked.folder)
    if "fonts" in asked.only:
        fonts(asked.folder)


if __name__ == "__main__":
    main()
