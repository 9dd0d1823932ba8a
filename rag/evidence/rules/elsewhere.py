"""A line of another publisher than the one asked about: what 노을군 says of its water bills tells nothing of 해든시's.

Documents of one sort are alike wherever they come from, and to the models a name is one word among many.
"""

import re
from collections.abc import Sequence

from index.articles import Article
from rag.evidence.evidence import Evidence
from rag.evidence.rivals import stem

_LOOKED_AT = 5  # sentences: a publisher that has none among them is hardly meant
_LEAST_LETTERS = 3  # of a name
_BEGINNING = 2  # letters of it; an article that holds them may well be about it: 새별지하상가, 새별터미널지하상가
_NAME = re.compile(r"[가-힣]+")
_LEGAL_FORM = re.compile(r"\([가-힣]\)|㈜|주식회사|(?:의료|세무|법무|재단|사단|학교)법인")
_DEPARTMENT = re.compile(r"(?:팀|과|실|사무소|사업소)$")  # says nothing of whose it is


def is_elsewhere(question: str, ranked: Sequence[Evidence]) -> bool:
    """Return whether the question names the publisher of a line close behind, of which the first line's article says nothing.

    Where nobody knows who published the first one, it may be just that publisher.
    """
    article = ranked[0].scope.article
    publisher = _publisher(article)
    if not publisher or _DEPARTMENT.search(publisher):
        return False
    others = {_publisher(line.scope.article) for line in ranked[1:_LOOKED_AT]}
    words = [word for word in map(stem, _NAME.findall(question)) if len(word) >= _LEAST_LETTERS]
    named = [word for word in words if any(other.startswith(word) for other in others)]
    held = (article.title, article.source or "", article.text)
    return any(not any(word[:_BEGINNING] in text for text in held) for word in named)


def _publisher(article: Article) -> str:
    """Return the first word of who published it, which says whose it is: 해든시 of 해든시 수도과, 파랑해운 of (주)파랑해운."""
    return next(iter(_LEGAL_FORM.sub(" ", article.source or "").split()), "")
