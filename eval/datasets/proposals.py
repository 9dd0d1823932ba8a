"""Questions proposed from articles, for a person to accept: from titles, headings, labels and definitions.

Each is written with the sentence it would cite and the words in it that answer, and with a line ``p:`` that tells where it
comes from and what geungeo answers today. A question with that line is no part of the set until somebody deletes the line.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from eval.datasets.check import LONGEST_COPY, MOST_COPIED, longest_copy, squeezed
from index.articles import Article, Span
from index.structure.outline import Line, Outline, Role, read_outline
from rag.answers import Answer

_TOPIC = 30  # letters of a title that a question says again
_LEAST, _MOST = 2, 200  # letters of an answer
_LEAST_LABEL = 2
_DEFINED = re.compile(
    r"(?:[“\"'‘「](?P<quoted>[^”\"'’」]{2,24})[”\"'’」](?:이?란|이?라 함은)|(?P<plain>[^\s,.][^,.]{1,24}?)(?:이란|이?라 함은))\s+"
    r"(?P<meaning>.{8,}?(?:말한다|말합니다|뜻한다|뜻합니다|가리킨다|이다|입니다))\.?$"
)
_IN_FRONT = re.compile(r"^\s*[\[【(<][^\]】)>]*[\]】)>]\s*")  # [단독]
_AT_THE_END = re.compile(r"\s*\([^)]*\)?$")  # (2025년), and what a cut has opened
_SENTENCE = re.compile(r".{10,}?[다요음함임][.!?](?=\s|$)")
_NUMBER = re.compile(r"^(?:\d{1,2}[.)]|[가-하][.)]|[①-⑳])\s*")
_MARKS = " :：·-—*#"
_OUR_MARKS = re.compile(r"^(?:@doc |@end\s*$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question on one article: ``evidence`` is a line of it or a part of one, ``answer`` stands in the evidence."""

    article: Article
    question: str
    kind: str
    evidence: str
    answer: str
    origin: tuple[str, str]  # what it is made of, in Korean and English
    outcome: tuple[str, str] = ("", "")


def propose(articles: Iterable[tuple[Article, Sequence[Span]]], count: int) -> list[Proposal]:
    """Return at most ``count`` questions, spread over the articles and their kinds; the same ones every time.

    The spans say which parts of an article are marked as what is never cited.
    """
    chance = random.Random(0)
    by_article = []
    for article, spans in articles:
        noise = [span for span in spans if not span.kind.is_content]
        own = [proposal for proposal in _proposals(article) if _is_fit(proposal) and not _is_noise(proposal, noise)]
        chance.shuffle(own)
        if own:
            by_article.append(own)
    turns = (own[turn] for turn in range(max(map(len, by_article), default=0)) for own in by_article if turn < len(own))
    return sorted(islice(turns, count), key=lambda proposal: proposal.article.id)


def judged(proposal: Proposal, answer: Answer) -> Proposal:
    """Return the proposal with what geungeo answers today: right, nothing, or which other sentence."""
    first = answer.citations[0] if answer.citations else None
    if first is None:
        outcome = "답이 나오지 않음: 근거를 찾지 못함", "not answered: no evidence found"
    elif first.article_id == proposal.article.id and squeezed(proposal.answer) in squeezed(first.quote):
        outcome = "답이 나옴", "answered"
    else:
        cited = f"{first.article_id}:{first.start}-{first.end} {' '.join(first.quote.split())[:60]!r}"
        outcome = f"다른 문장을 인용함: {cited}", f"another sentence is cited: {cited}"
    return replace(proposal, outcome=outcome)


def is_answered(proposal: Proposal) -> bool:
    """Return whether geungeo answers it rightly today."""
    return proposal.outcome[1] == "answered"


def written(proposals: Sequence[Proposal], lang: str) -> str:
    """Return the articles and questions in the form of :mod:`eval.datasets.written`."""
    english = lang == "en"
    articles = {proposal.article.id: proposal.article for proposal in proposals}
    head = _HEAD_ENGLISH if english else _HEAD
    blocks = [head, *(_document(article) for article in articles.values())]
    blocks += [_question(proposal, english) for proposal in proposals]
    return "\n\n".join(blocks) + "\n"


_HEAD = """\
# 글에서 제안한 질문입니다. p: 줄을 지우면 받아들인 것이고, 질문째 지우면 버린 것입니다. q:는 마음껏 고치세요.
# p: 줄이 남은 질문은 geungeo eval이 재지 않고, 몇 개인지 알려 줍니다."""
_HEAD_ENGLISH = """\
# Questions proposed from the articles. Delete the line p: to accept one, the whole question to drop it; change q: at will.
# A question that still has p: is not measured; geungeo eval tells how many there are."""


def _document(article: Article) -> str:
    head = [f"@doc {article.id}", f"title: {_one_line(article.title or article.id)}"]
    head += [f"date: {article.published_at}"] if article.published_at else []
    head += [f"source: {_one_line(article.source)}"] if article.source else []
    return "\n".join([*head, "---", article.text, "@end"])


def _question(proposal: Proposal, english: bool) -> str:
    told = f"{proposal.origin[english]} · {proposal.outcome[english]}"
    return "\n".join(
        [
            f"q: {proposal.question}",
            f"p: {told}",
            f"kind: {proposal.kind}",
            f"d: {proposal.article.id}",
            f"e: {proposal.evidence}",
            f"a: {proposal.answer}",
        ]
    )


def _proposals(article: Article) -> Iterator[Proposal]:
    """Yield everything that might be asked; whether it can be written down is decided by :func:`_is_fit`."""
    if _OUR_MARKS.search(article.text):
        return
    outline = read_outline(article.text, article.title)
    topic = _topic(article)
    yield from _from_title(article, outline, topic)
    for number, line in enumerate(outline.lines):
        yield from _from_heading(article, outline, number, topic)
        yield from _from_label(article, line, topic)
        yield from _from_definitions(article, line)


def _from_title(article: Article, outline: Outline, topic: str) -> Iterator[Proposal]:
    if outline.opening >= 0 and article.title:
        line = outline.lines[outline.opening]
        sentence = _first_sentence(article.text[line.content : line.end])
        yield Proposal(
            article, f"{topic}, 무슨 내용인가요?", "title_only_topic", sentence, sentence, ("제목에서", "title")
        )


def _from_heading(article: Article, outline: Outline, place: int, topic: str) -> Iterator[Proposal]:
    """Propose a question of a heading over one line alone, which must be what it is about."""
    line = outline.lines[place]
    if line.role is not Role.HEADING:
        return
    below = outline.children(place)
    if len(below) == 1 and outline.lines[below[0]].role in (Role.TEXT, Role.ITEM):
        child = outline.lines[below[0]]
        heading, text = _bare(article.text[line.content : line.end]), article.text[child.content : child.end]
        if _LEAST_LABEL <= len(heading) <= _TOPIC:
            question = f"{topic}의 {heading} 알려 주세요"
            yield Proposal(article, question, "topic_dropped", text, _first_sentence(text), ("소제목에서", "heading"))


def _from_label(article: Article, line: Line, topic: str) -> Iterator[Proposal]:
    if line.label <= line.content or line.role not in (Role.ITEM, Role.TEXT):
        return
    label = _bare(article.text[line.content : line.label])
    answer = _first_sentence(article.text[line.label : line.end].lstrip(" :：*"))
    evidence = article.text[line.content : line.end]
    if _LEAST_LABEL <= len(label) <= _TOPIC:
        yield Proposal(
            article, f"{topic}의 {label} 알려 주세요", "list_label", evidence, answer, ("이름표에서", "label")
        )


def _from_definitions(article: Article, line: Line) -> Iterator[Proposal]:
    text = article.text[line.content : line.end]
    if found := _DEFINED.match(text):
        question = f"{(found['quoted'] or found['plain']).strip()}, 무슨 뜻인가요?"
        yield Proposal(article, question, "prose", text, found["meaning"].strip(), ("뜻풀이에서", "definition"))


def _is_fit(proposal: Proposal) -> bool:
    """Return whether it can be written down, points at one place, and is no copy of what it asks for."""
    answer, evidence, text = proposal.answer, proposal.evidence, proposal.article.text
    copied = len(longest_copy(proposal.question, squeezed(text)))
    return (
        _LEAST <= len(squeezed(answer)) <= _MOST
        and "\n" not in evidence
        and evidence == evidence.strip()
        and answer in evidence
        and text.count(evidence) == 1
        and copied <= min(LONGEST_COPY, MOST_COPIED * len(squeezed(proposal.question)))
    )


def _is_noise(proposal: Proposal, noise: Sequence[Span]) -> bool:
    start = proposal.article.text.index(proposal.evidence)
    end = start + len(proposal.evidence)
    return any(span.start < end and start < span.end for span in noise)


def _topic(article: Article) -> str:
    """Return the title as a question says it: without marks at its ends, cut between words."""
    words, topic = _bare(_IN_FRONT.sub("", article.title) or article.id).split(), ""
    for word in words:
        if topic and len(topic) + len(word) >= _TOPIC:
            break
        topic = f"{topic} {word}".strip()
    return _bare(topic)


def _first_sentence(text: str) -> str:
    """Return what a citation of the text would hold at least."""
    found = _SENTENCE.match(text.strip())
    return found.group() if found else text.strip()


def _bare(text: str) -> str:
    """Return the text on one line, without its number, marks at its ends and brackets at its end."""
    line = _NUMBER.sub("", _one_line(text).strip(_MARKS))
    return _AT_THE_END.sub("", line).strip(_MARKS)


def _one_line(text: str) -> str:
    return " ".join(text.split())
