"""A table that leaves open what is asked: a dash in the column that the question names."""

import re

from index.korean.terms import search_key
from index.structure.outline import Role, named_cells
from rag.evidence.evidence import Evidence
from rag.question.asked import Asked, Asks

_DASH = re.compile(r"\s*[-‐‑‒–—―−ㅡ]+\s*")  # an empty cell may be part of the one above, ○ and × answer
_UNIT = re.compile(r"[(\[（].*?[)\]）]")
_LEAST_LETTERS = 2  # of a column's name


def is_left_open(read: Asked, line: Evidence) -> bool:
    """Return whether the line is a row with a dash where the question asks: 오전 대관료 of "노을전시실 | - | 70,000".

    Whether there is such a thing a dash may well answer.
    """
    own = line.standing.line
    if own.role is not Role.ROW or Asks.YES_NO in read.kinds or len(read.parts) > 1:
        return False
    text, asked = line.scope.article.text, search_key(read.core).replace(" ", "")
    for name, cell in named_cells(text, line.scope.outline.lines, own):
        called = search_key(_UNIT.sub("", name)).replace(" ", "")
        if len(called) >= _LEAST_LETTERS and called in asked and _DASH.fullmatch(text[cell.start : cell.end]):
            return True
    return False
