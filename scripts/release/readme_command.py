"""Print the N-th command of the README's first screen, so that CI runs what the README says and nothing else."""

import re
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def commands() -> list[str]:
    """The contents of the README's ``bash`` blocks, in order."""
    return [
        block.strip() for block in re.findall(r"^```bash\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    ]


if __name__ == "__main__":
    print(commands()[int(sys.argv[1]) - 1])
