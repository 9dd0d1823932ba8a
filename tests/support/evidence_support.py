"""One sentence as evidence, with its place read from its article's text; nothing of the question is matched."""

from collections import Counter

import numpy as np

from index.articles import Article, Passage, Sentence
from index.store.rows import SentenceRow
from index.structure.outline import read_outline
from rag.answers import Hit, Scores
from rag.evidence.evidence import Evidence
from rag.evidence.standing import Scope
from rag.question.question import AnswerType, Question

NOTHING = np.zeros(0)


def scope_of(text: str, title: str = "안내", published: str | None = None, article_id: str = "글") -> Scope:
    outline = read_outline(text, title)
    article = Article(article_id, title, text, published_at=published)
    return Scope(article, outline, NOTHING, NOTHING, NOTHING, Counter(line.parent for line in outline.lines))


def evidence_of(scope: Scope, words: str) -> Evidence:
    """The sentence ``words`` of the article."""
    article = scope.article
    start = article.text.index(words)
    sentence = Sentence(article.id, start, start + len(words))
    hit = Hit(1, Passage(article.id, article.title, 0, len(article.text), article.text), Scores(0.9, 1.0, 0.5))
    row = SentenceRow(sentence, (), np.ones(1, np.float32))
    return Evidence(row, words, hit, scope, scope.standing(sentence), NOTHING)


def lines_of(scope: Scope) -> list[Evidence]:
    """Every line of the article."""
    return [evidence_of(scope, line) for line in scope.article.text.split("\n") if line.strip()]


def question_of(text: str, kind: AnswerType = AnswerType.OTHER) -> Question:
    return Question(text, (), (), (), {}, {}, (), kind, (), text)
