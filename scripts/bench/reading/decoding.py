"""How well common syllables tell Korean in CP949 from other encodings' bytes.

    python -m scripts.bench.reading.decoding [--data ../shared/data] [--articles 3000] [--strings 3000]

Prints the 300 commonest syllables, how many Korean lines would be refused,
and how many random Chinese or Japanese strings of common characters would pass for Korean.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from index.errors import ReadError
from index.reading.plain_text.decoding import decode
from scripts.bench.common import ROOT

SETS = ("autorag_ko_embed", "korquad1", "easylaw_senior_qa", "welfare_qa", "kobest_boolq")
CHINESE = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同"
    "现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问"
)


def lines(data: Path, articles: int) -> Iterator[str]:
    for name in SETS:
        with (data / name / "corpus.jsonl").open(encoding="utf-8") as file:
            for number, record in enumerate(file):
                if number < articles:
                    yield from filter(None, map(str.strip, json.loads(record)["text"].split("\n")))


def is_read(data: bytes) -> bool:
    try:
        decode(data)
    except ReadError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--articles", type=int, default=3_000, help="of each set")
    parser.add_argument("--strings", type=int, default=3_000, help="of each encoding and length")
    arguments = parser.parse_args()
    korean = list(lines(arguments.data, arguments.articles))
    counted = Counter(char for line in korean for char in line if "가" <= char <= "힣")
    common = counted.most_common(300)
    print("".join(char for char, _ in common))
    print(f"share of all syllables: {sum(count for _, count in common) / counted.total():.3f}")
    for length in (4, 8, 16, 40):
        beyond = [line[:length].encode("cp949", "ignore") for line in korean if not line[:length].isascii()]
        refused = sum(not is_read(data) for data in beyond)
        print(f"Korean, {length} characters: {refused / len(beyond):.4f} of {len(beyond)} refused")
    draw = random.Random(0)
    for codec in ("gb18030", "big5", "euc_jp", "shift_jis"):
        known = [char for char in CHINESE if char == char.encode(codec, "ignore").decode(codec)]
        for length in (4, 8, 16):
            strings = ["".join(draw.choices(known, k=length)).encode(codec) for _ in range(arguments.strings)]
            read = sum(map(is_read, strings))
            print(
                f"{codec}, {length} characters: {read / arguments.strings:.4f} of {arguments.strings} taken for Korean"
            )


if __name__ == "__main__":
    main()
