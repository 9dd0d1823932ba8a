"""Evidence put in order: the best sentence first, and how likely it is that it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rag.answers import Hit
from rag.evidence.confidence import confidence_features
from rag.evidence.evidence import Evidence, Usual, within_question
from rag.evidence.joining import Opinions, packaged_join
from rag.evidence.naming import holders, holds_number
from rag.evidence.rules.blanks import is_left_open
from rag.evidence.rules.boundaries import other_end
from rag.evidence.rules.elsewhere import is_elsewhere
from rag.evidence.rules.moves import moved_of
from rag.evidence.rules.newest import newest_of
from rag.evidence.rules.outright import names_outright
from rag.evidence.rules.replaced import replaced_by
from rag.evidence.rules.siblings import sibling_of
from rag.evidence.superlative import extreme_of
from rag.question.asked import Asked
from rag.question.question import Question
from rag.ranking.matching import Values
from rag.ranking.models import Bounds, Models
from rag.reader.closely import MOST_WINDOWS, CloseReader
from rag.reader.reader import MISSING
from rag.reader.windows import Candidate


@dataclass(frozen=True, slots=True)
class Selection:
    """``evidence`` best first and its ``scores`` (sentences,) in logits.

    ``confidence`` is that the first one answers, ``bounds`` are its own. ``values`` are where the value stands in a sentence, as
    characters of its article, where a reader told.
    """

    evidence: Sequence[Evidence]
    scores: Values
    confidence: float
    bounds: Bounds
    values: Mapping[Candidate, tuple[int, int]] = field(default_factory=dict)

    def value(self, evidence: Evidence) -> tuple[int, int] | None:
        """Return where the value stands in one of the sentences, None where no reader told."""
        return self.values.get(_candidate(evidence))


def select_evidence(
    models: Models,
    question: Question,
    asked: Asked,
    hits: Sequence[Hit],
    evidence: Sequence[Evidence],
    reader: CloseReader | None = None,
) -> Selection:
    """Order the sentences found in ``hits`` by the evidence model and the ``reader``, and weigh the best against the rest.

    Of a value or clause that is named only what holds it stays; of editions the newest leads, of a value that gave way the line
    that says so, of a comparison the most or the least, and behind it the other where two are named.
    """
    if not evidence:
        return Selection((), np.empty(0), 0.0, models.bounds)
    within = within_question(np.stack([sentence.features for sentence in evidence]), Usual(*models.usual))
    scores = models.evidence.logit(within)
    kept = np.array(holders(asked, evidence))
    order = kept[np.argsort(-scores[kept], kind="stable")]
    ranked, within, scores = [evidence[row] for row in order], within[order], scores[order]
    candidates = [_candidate(sentence) for sentence in ranked]
    features = confidence_features(hits, within, scores, [candidate.article for candidate in candidates])
    confidence = float(models.confidence.probability(features)[0])
    if reader is None:
        selection = Selection(ranked, scores, confidence, models.bounds)
    else:
        unread = np.full(len(scores), MISSING)
        selection = _read(reader, question, ranked, Opinions(hits, candidates, within, scores, unread, confidence))
    return _by_rules(question, asked, selection)


def _by_rules(question: Question, asked: Asked, selection: Selection) -> Selection:
    """Return the same as plain rules decide it: which line is meant in place of the first, and that it answers, or nothing."""
    selection = _led_by(newest_of(asked, selection.evidence), _with_number(asked, selection))
    selection = _led_by(replaced_by(asked, selection.evidence), selection)
    selection = _led_by(sibling_of(asked, selection.evidence), selection)
    selection = _with_move(moved_of(asked, selection.evidence), selection)
    selection = _in_lead(extreme_of(asked, question.text, selection.evidence), selection)
    if selection.confidence < selection.bounds.medium and names_outright(question, asked, selection.evidence):
        selection = _raised(selection)
    return replace(selection, confidence=0.0) if _cannot_answer(asked, selection.evidence) else selection


def _cannot_answer(asked: Asked, evidence: Sequence[Evidence]) -> bool:
    """Return whether the first sentence answers nothing, however like an answer it looks."""
    first = evidence[0]
    return other_end(asked, first) or is_left_open(asked, first) or is_elsewhere(asked.core, evidence)


def _with_move(places: Sequence[int] | None, selection: Selection) -> Selection:
    """Put the line first whose arrow begins or ends where the question says: surely where there is but one, never without."""
    if places is None:
        return selection
    if not places:
        return replace(selection, confidence=0.0)
    led = _led_by(places[0], selection)
    return _raised(led) if len(places) == 1 else led


def _raised(selection: Selection) -> Selection:
    """Return the same, sure enough to be told: a rule has decided it."""
    return replace(selection, confidence=max(selection.confidence, selection.bounds.medium))


def _with_number(asked: Asked, selection: Selection) -> Selection:
    """Raise the confidence where the line holds the telephone number asked about; make it 0 where it does not."""
    holds = holds_number(asked, selection.evidence[0])
    if holds is None:
        return selection
    return _raised(selection) if holds else replace(selection, confidence=0.0)


def _read(reader: CloseReader, question: Question, evidence: Sequence[Evidence], opinions: Opinions) -> Selection:
    """Order ``evidence``, best first by the evidence trees, after a close look at the best of it."""
    join = packaged_join()
    unsure = join.hopeless <= opinions.sure < join.certain
    texts = {sentence.scope.article.id: (sentence.scope.article, sentence.scope.outline) for sentence in evidence}
    candidates = opinions.candidates
    windows = MOST_WINDOWS if unsure or reader.always else 1
    reading = reader.look(question.core, candidates, opinions.evidence, texts, windows)
    opinions = replace(opinions, reader=reading.scores)
    scores = join.scores(opinions)
    order = np.argsort(-scores, kind="stable").tolist()
    values = {candidates[candidate]: span for candidate, span in reading.values.items()}
    ordered = [evidence[row] for row in order]
    return Selection(ordered, scores[order], join.chance(opinions, scores), join.bounds, values)


def _candidate(evidence: Evidence) -> Candidate:
    sentence = evidence.row.sentence
    return Candidate(sentence.article_id, sentence.start, sentence.end)


def _led_by(place: int | None, selection: Selection) -> Selection:
    """Return the same with the evidence at ``place`` first, where one is named."""
    return _in_lead([place], selection) if place else selection


def _in_lead(places: Sequence[int], selection: Selection) -> Selection:
    """Return the same with the evidence at ``places`` before all other, each of it as good as the best."""
    order = [*places, *(at for at in range(len(selection.evidence)) if at not in places)]
    scores = selection.scores[order]
    scores[: len(places)] = selection.scores.max(initial=-np.inf)
    return replace(selection, evidence=[selection.evidence[at] for at in order], scores=scores)
