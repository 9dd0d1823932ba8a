"""What a sentence has in common with a question, as numbers, with what its place in the document adds to it.

A word of the question counts as met in the sentence itself, in what it stands under (path), or in what holds for the whole
document (head: title, publisher, date; opening: its first sentence). What head and opening leave over is the *rest*: it
tells the line that answers from one that only names the subject. Nothing else decides how good a sentence is; the
trees that turn these numbers into a score are data, grown by ``scripts/fit/answers.py``.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from index.articles import SpanKind
from index.korean.terms import NUMBER_MARK, search_key
from index.store.rows import SentenceRow
from index.structure.outline import Role
from rag.answers import Hit
from rag.evidence.answer_types import has_answer_type, names_person, new_values, unit_agreement
from rag.evidence.editions import Edition, read_edition
from rag.evidence.expected import Meaning, agreement, day_of, in_unit, named_values, read_meaning, wanted_values
from rag.evidence.rivals import find_rivals, read_narrowing
from rag.evidence.saying import asks_corrected, corrects, gives_reason, says_sort, settles
from rag.evidence.standing import LONGEST_LINE, Scope, Standing, is_inside
from rag.question.asked import Asked, Asks
from rag.question.question import AnswerType, Question
from rag.ranking.matching import Prepared, Values, inverse_frequency, share

ROLES = (Role.HEADING, Role.ITEM, Role.ROW, Role.ANSWER, Role.SPEECH, Role.TEXT)
ASKS = tuple(kind for kind in Asks if kind is not Asks.OTHER)
FEATURES = (
    # met by its own words
    "sentence_cosine",
    "previous_cosine",
    "next_cosine",
    "passage_fused",
    "passage_cosine",
    "passage_rank",
    "maxsim",
    "maxsim_weighted",
    "maxsim_least",
    "maxsim_with_neighbours",
    "coverage",
    "coverage_with_neighbours",
    "rare_coverage",
    "rare_coverage_with_neighbours",
    "noun_coverage",
    "verb_coverage",
    "name_coverage",
    "focus_covered",
    "rarest_missing",
    "bigram_coverage",
    "trigram_coverage",
    "has_answer_type",
    "names_person",
    "new_value",
    "unit_agreement",
    "is_headline",
    "is_short",
    "log_length",
    "ends_open",
    "position",
    # met by the place too
    "covered",
    "covered_everywhere",
    "path_coverage",
    "head_coverage",
    "opening_coverage",
    "article_coverage",
    "article_gap",
    "rest",
    "rest_own",
    "rest_covered",
    "rest_label",
    "rest_parent",
    "rest_columns",
    "rest_after_path",
    "own_after_path",
    "worst_missing",
    "worst_missing_in_article",
    "nouns_missing",
    "nouns_missing_in_article",
    "figures",
    "figures_own",
    "figures_met",
    # the words that ask: the last nouns and the last verb
    "last_noun_own",
    "last_noun_path",
    "last_noun_head",
    "last_noun_label",
    "second_last_own",
    "second_last_path",
    "last_verb_own",
    # what narrows it: the nouns before the last
    "modifiers",
    "modifiers_missing",
    "modifiers_missing_in_article",
    "modifier_soft_worst",
    "elsewhere",
    "elsewhere_in_list",
    # by meaning
    "soft_rest",
    "soft_rest_own",
    "soft_worst_rest",
    "soft_worst",
    "soft_last_noun",
    "soft_last_noun_own",
    "soft_second_last",
    "soft_last_verb",
    "soft_last_noun_best",
    "soft_worst_best",
    "parent_cosine",
    "parent_maxsim",
    # what the line is
    *(f"is_{role}" for role in ROLES),
    "has_label",
    "label_alone",
    "children",
    "depth",
    "asks",
    "announces",
    "is_opening",
    "is_first",
    "line_position",
    "begins_line",
    # values, qualifiers, polarity, clauses
    "wanted_value",
    "wanted_value_in_row",
    "wanted_unit",
    "wanted_kind_known",
    "named_own",
    "named_in_scope",
    "named",
    "qualifiers",
    "qualifiers_met",
    "qualifiers_met_in_scope",
    "contradicted",
    "contradicted_in_scope",
    "contradicted_in_title",
    "negative",
    "negative_asked",
    "polarity_agrees",
    "clause_same",
    "clause_within",
    "clause_other",
    "clause_mentioned",
    # another of the same sort
    "rival_endings",
    "rival_figures",
    "rival_modifiers",
    "words_missing",
    # whether it says a thing of the sort that is asked for, and how its neighbours meet the question
    "says_sort",
    "says_sort_before",
    "says_sort_after",
    "says_sort_in_article",
    "said_beside",
    "said_under",
    "rest_before",
    "rest_after",
    "settles",
    "gives_reason",
    "corrects",
    "corrects_as_asked",
    # editions of one notice
    "editions",
    "is_newest",
    "is_correction",
    "corrected_elsewhere",
    # the question
    "question_words",
    "question_length",
    *(f"wants_{kind}" for kind in ASKS),
)
_CLOSED = re.compile(r"[.!?。…\"'”’)\]]\s*$|[다요죠음함됨임]$")
_ANNOUNCES = re.compile(r"[:：]\s*$|(?:다음|아래)(?:과|와)?\s?같")


@dataclass(frozen=True, slots=True)
class Found:
    """A sentence before its features are known. ``letters`` is its search key."""

    row: SentenceRow
    text: str
    letters: str
    hit: Hit
    scope: Scope
    standing: Standing


def feature_matrix(asked: Prepared, read: Asked, found: Sequence[Found]) -> Values:
    """Return (sentences, len(FEATURES)) float64. ``read`` says what kind of thing is asked for."""
    own = np.stack([asked.matcher.match(sentence.row.words, sentence.letters) for sentence in found])
    similar = asked.meanings.match([sentence.row for sentence in found])
    cosines = np.array([float(sentence.row.vector @ asked.whole[0]) for sentence in found])
    met = _Met.of(asked, found, own)
    columns: dict[str, npt.ArrayLike] = {
        **_alone(asked, found, own, similar, cosines),
        **_with_place(asked, found, met),
        **_asking_words(asked, met),
        **_narrowing_words(asked, found, met),
        **_by_meaning(asked, found, met, similar, cosines),
        **_of_line(found),
        **(values := _of_values(read, found)),
        **_of_sort(asked, read, found, met, np.asarray(values["wanted_value"])),
        **_of_rivals(asked, found),
        **_of_editions(found),
        **_of_question(asked, read, len(found)),
    }
    return np.stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES], axis=1)


@dataclass(frozen=True, slots=True)
class _Met:
    """How the question's words are met, (sentences, words) each.

    By the sentence, its path, label, parent and columns, by head and opening together (``document``), by the whole
    article; and by anything but the whole article.
    """

    own: Values
    path: Values
    label: Values
    parent: Values
    columns: Values
    head: Values
    opening: Values
    article: Values

    @classmethod
    def of(cls, asked: Prepared, found: Sequence[Found], own: Values) -> "_Met":
        nothing = np.zeros(own.shape[1])

        def matched(text: str) -> Values:
            return asked.matcher.match((), search_key(text)) if text else nothing

        paths = [
            np.maximum(sentence.scope.path_matches(asked, sentence.standing.path), matched(sentence.standing.group))
            for sentence in found
        ]
        parents = [sentence.standing.line.parent for sentence in found]
        return cls(
            own,
            np.stack(paths),
            np.stack([matched(sentence.standing.label) for sentence in found]),
            np.stack(
                [
                    sentence.scope.line_matches(asked, at) if at >= 0 else nothing
                    for sentence, at in zip(found, parents, strict=True)
                ]
            ),
            np.stack([sentence.scope.path_matches(asked, sentence.standing.line.columns) for sentence in found]),
            np.stack([sentence.scope.head for sentence in found]),
            np.stack([sentence.scope.opening for sentence in found]),
            np.stack([sentence.scope.whole for sentence in found]),
        )

    @property
    def document(self) -> Values:
        return np.maximum(self.head, self.opening)

    @property
    def covered(self) -> Values:
        return np.maximum(self.own, self.path)

    @property
    def everywhere(self) -> Values:
        return np.maximum(self.covered, self.document)


def _share_of(matches: Values, weights: Values) -> Values:
    """Return (rows,) the weighted mean of each row, with weights of its own; 0 where nothing has weight."""
    totals = weights.sum(axis=1)
    return np.where(totals > 1e-9, (matches * weights).sum(axis=1) / np.where(totals > 1e-9, totals, 1.0), 0.0)


def _with_place(asked: Prepared, found: Sequence[Found], met: _Met) -> dict[str, npt.ArrayLike]:
    weights = asked.weights
    total, most = max(float(weights.sum()), 1e-9), max(float(weights.max(initial=0.0)), 1e-9)
    rest = weights * (1 - met.document)
    after_path = weights * (1 - np.maximum(met.document, met.path))
    article = share(met.article, weights)
    nouns, figures = _nouns(asked.question), _figures(asked.question)
    return {
        "covered": share(met.covered, weights),
        "covered_everywhere": share(met.everywhere, weights),
        "path_coverage": share(met.path, weights),
        "head_coverage": share(met.head, weights),
        "opening_coverage": share(met.opening, weights),
        "article_coverage": article,
        "article_gap": article - article.max(initial=0.0),
        "rest": rest.sum(axis=1) / total,
        "rest_own": _share_of(met.own, rest),
        "rest_covered": _share_of(met.covered, rest),
        "rest_label": _share_of(met.label, rest),
        "rest_parent": _share_of(met.parent, rest),
        "rest_columns": _share_of(met.columns, rest),
        "rest_after_path": after_path.sum(axis=1) / total,
        "own_after_path": _share_of(met.own, after_path),
        "worst_missing": ((1 - met.everywhere) * weights).max(axis=1, initial=0.0) / most,
        "worst_missing_in_article": ((1 - met.article) * weights).max(axis=1, initial=0.0) / most,
        "nouns_missing": ((met.everywhere < 0.5) * nouns).sum(axis=1),
        "nouns_missing_in_article": ((met.article < 0.5) * nouns).sum(axis=1),
        "figures": np.full(len(found), figures.sum()),
        "figures_own": (met.own * figures).sum(axis=1),
        "figures_met": (met.everywhere * figures).sum(axis=1),
    }


def _nouns(question: Question) -> Values:
    """Return (words,) 1 for each noun of the sentences that ask, else 0."""
    tags = [question.tags.get(word, "") for word in question.words]
    nouns = np.array([float(tag.startswith("N") or tag in ("SL", "XR")) for tag in tags])
    return nouns * _asking(question)


def _figures(question: Question) -> Values:
    """Return (words,) 1 for each number of the sentences that ask, else 0."""
    return np.array([float(word.startswith(NUMBER_MARK)) for word in question.words]) * _asking(question)


def _asking(question: Question) -> Values:
    return np.array([float(word not in question.circumstances) for word in question.words])


def _asking_words(asked: Prepared, met: _Met) -> dict[str, npt.ArrayLike]:
    """Return how the last nouns and the last verb are met: a Korean question names what it asks for last."""
    question, nothing = asked.question, np.zeros(len(met.own))
    nouns = np.flatnonzero(_nouns(question))
    verbs = [number for number, word in enumerate(question.words) if question.tags.get(word, "").startswith("V")]

    def at(matches: Values, back: int) -> Values:
        return matches[:, nouns[-back]] if len(nouns) >= back else nothing

    return {
        "last_noun_own": at(met.own, 1),
        "last_noun_path": at(met.path, 1),
        "last_noun_head": at(met.document, 1),
        "last_noun_label": at(met.label, 1),
        "second_last_own": at(met.own, 2),
        "second_last_path": at(met.path, 2),
        "last_verb_own": met.own[:, verbs[-1]] if verbs else nothing - 1,
    }


def _narrowing_words(asked: Prepared, found: Sequence[Found], met: _Met) -> dict[str, npt.ArrayLike]:
    """Return how the nouns before the last are met, which say which of several is meant.

    One that another line of the list holds, and this one does not, means the other line.
    """
    weights, nouns = asked.weights, _nouns(asked.question)
    places = np.flatnonzero(nouns)
    narrows = nouns.copy()
    narrows[places[-1:]] = 0
    total = max(float((weights * narrows).sum()), 1e-9)
    missing = np.clip(1 - met.everywhere, 0, 1) * weights * narrows
    elsewhere = np.clip(met.article - met.everywhere, 0, 1) * weights
    beside = _in_siblings(found, met)
    return {
        "modifiers": np.full(len(found), narrows.sum()),
        "modifiers_missing": missing.sum(axis=1) / total,
        "modifiers_missing_in_article": (np.clip(1 - met.article, 0, 1) * weights * narrows).sum(axis=1) / total,
        "elsewhere": elsewhere.sum(axis=1) / max(float(weights.sum()), 1e-9),
        "elsewhere_in_list": (np.clip(beside - met.everywhere, 0, 1) * weights).max(axis=1, initial=0.0)
        / max(float(weights.max(initial=0.0)), 1e-9),
    }


def _in_siblings(found: Sequence[Found], met: _Met) -> Values:
    """Return (sentences, words) how well the other lines under the same parent match each word."""
    groups: dict[tuple[str, int, str], list[int]] = {}
    for row, sentence in enumerate(found):
        line = sentence.standing.line
        groups.setdefault((sentence.scope.article.id, line.parent, line.role), []).append(row)
    beside = np.zeros_like(met.own)
    for places in groups.values():
        if len(places) > 1:
            best = np.sort(met.own[places], axis=0)
            for row in places:
                own = met.own[row]
                beside[row] = np.where(own >= best[-1], best[-2], best[-1])
    return beside


def _by_meaning(
    asked: Prepared, found: Sequence[Found], met: _Met, similar: Values, cosines: Values
) -> dict[str, npt.ArrayLike]:
    """Return the same by the nearest word in context, where the letters differ: 잃어버리다 for 분실."""
    nothing = np.zeros(len(found))
    parents = _of_parents(found, similar, cosines)
    names = ("soft_rest", "soft_rest_own", "soft_worst_rest", "soft_worst", "soft_last_noun", "soft_last_noun_own",
             "soft_second_last", "soft_last_verb", "soft_last_noun_best", "soft_worst_best", "modifier_soft_worst")  # fmt: skip
    if not similar.shape[1]:
        return {**dict.fromkeys(names, nothing), **parents}
    words, tags = asked.question.matched_words, asked.question.tags
    places = {word: number for number, word in enumerate(asked.question.words)}
    weights = np.array([asked.weights[places[word]] if word in places else 0.0 for word in words])
    picked = [places.get(word, -1) for word in words]

    def of_words(matches: Values) -> Values:
        return np.stack([matches[:, at] if at >= 0 else nothing for at in picked], axis=1)

    near = np.maximum(np.maximum(similar, _along_paths(found, similar)), of_words(met.covered))
    document = of_words(met.document)
    rest = weights * (1 - document)
    left = (rest > 1e-9) & (document < 0.5)
    nouns = [at for at, word in enumerate(words) if word in places and tags.get(word, "").startswith("N")]
    verbs = [at for at, word in enumerate(words) if tags.get(word, "").startswith("V")]
    worst = np.where(weights > 0, np.maximum(near, document), 9.0).min(axis=1)
    last = near[:, nouns[-1]] if nouns else nothing
    return {
        "soft_rest": _share_of(near, rest),
        "soft_rest_own": _share_of(np.maximum(similar, 0.0), rest),
        "soft_worst_rest": np.where(left.any(axis=1), np.where(left, near, 9.0).min(axis=1), 1.0),
        "soft_worst": np.minimum(worst, 1.0),
        "soft_last_noun": last,
        "soft_last_noun_own": similar[:, nouns[-1]] if nouns else nothing,
        "soft_second_last": near[:, nouns[-2]] if len(nouns) > 1 else nothing,
        "soft_last_verb": near[:, verbs[-1]] if verbs else nothing,
        "soft_last_noun_best": np.full(len(found), last.max(initial=0.0)),
        "soft_worst_best": np.full(len(found), np.minimum(worst, 1.0).max(initial=0.0)),
        "modifier_soft_worst": np.maximum(near, document)[:, nouns[:-1]].min(axis=1) if len(nouns) > 1 else nothing + 1,
        **parents,
    }


def _sentences_by_line(found: Sequence[Found]) -> dict[tuple[str, int], list[int]]:
    lines: dict[tuple[str, int], list[int]] = {}
    for row, sentence in enumerate(found):
        lines.setdefault((sentence.scope.article.id, sentence.standing.place), []).append(row)
    return lines


def _along_paths(found: Sequence[Found], similar: Values) -> Values:
    """Return (sentences, words) the nearest word in the lines above each, as far as these are among the sentences."""
    lines, near = _sentences_by_line(found), np.zeros_like(similar)
    for row, sentence in enumerate(found):
        above = [at for line in sentence.standing.path for at in lines.get((sentence.scope.article.id, line), ())]
        if above:
            near[row] = similar[above].max(axis=0)
    return near


def _of_parents(found: Sequence[Found], similar: Values, cosines: Values) -> dict[str, npt.ArrayLike]:
    """Return how near the line above each sentence is: an answer's question, an item's heading."""
    lines = _sentences_by_line(found)
    parents = [
        lines.get((sentence.scope.article.id, sentence.standing.line.parent), [])
        if sentence.standing.line.parent >= 0
        else []
        for sentence in found
    ]
    means = similar.mean(axis=1) if similar.shape[1] else np.zeros(len(found))
    return {
        "parent_cosine": [float(cosines[rows].max()) if rows else 0.0 for rows in parents],
        "parent_maxsim": [float(means[rows].max()) if rows else 0.0 for rows in parents],
    }


def _of_line(found: Sequence[Found]) -> dict[str, npt.ArrayLike]:
    lines = [sentence.standing.line for sentence in found]
    return {
        **{f"is_{role}": [float(line.role is role) for line in lines] for role in ROLES},
        "has_label": [float(line.label > line.content) for line in lines],
        "label_alone": [float(line.content < line.label and line.label >= line.end - 1) for line in lines],
        "children": [min(sentence.standing.children, 20) for sentence in found],
        "depth": [len(sentence.standing.path) - len(sentence.standing.line.columns) for sentence in found],
        "asks": [float(sentence.text.rstrip().endswith(("?", "？"))) for sentence in found],
        "announces": [float(_ANNOUNCES.search(sentence.text) is not None) for sentence in found],
        "is_opening": [float(sentence.scope.outline.opening == sentence.standing.place) for sentence in found],
        "is_first": [float(sentence.standing.place <= 0) for sentence in found],
        "line_position": [sentence.standing.place / max(1, len(sentence.scope.outline.lines)) for sentence in found],
        "begins_line": [float(sentence.row.sentence.start <= sentence.standing.line.content) for sentence in found],
    }


def _of_values(read: Asked, found: Sequence[Found]) -> dict[str, npt.ArrayLike]:
    rows = [_values_of(read, sentence) for sentence in found]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _values_of(read: Asked, sentence: Found) -> dict[str, float]:
    published = day_of(sentence.scope.article.published_at)
    own = read_meaning(sentence.text, published)
    above = [read_meaning(sentence.scope.text_of(line)[:200], published) for line in sentence.standing.path[-3:]]
    head = read_meaning(sentence.scope.article.title, published)
    wanted = wanted_values(read, own.values)
    in_scope = [value for meaning in (own, *above, head) for value in meaning.values]
    columns = [
        read_meaning(sentence.scope.text_of(line)[:LONGEST_LINE], published) for line in sentence.standing.line.columns
    ]
    return {
        "wanted_value": float(bool(wanted)),
        "wanted_value_in_row": float(bool(columns) and any(wanted_values(read, column.values) for column in columns)),
        "wanted_unit": float(bool(read.unit) and in_unit(read, wanted)),
        "wanted_kind_known": float(bool(read.unit)),
        "named_own": named_values(read, own.values),
        "named_in_scope": named_values(read, in_scope),
        "named": len(read.values),
        **_qualified(read, own, above, head, published),
        "negative": float(own.negative),
        "negative_asked": float(read.negative),
        "polarity_agrees": float(own.negative == read.negative),
        **_clauses(read.clause, sentence),
    }


def _qualified(
    read: Asked, own: Meaning, above: Sequence[Meaning], head: Meaning, published: date | None
) -> dict[str, float]:
    """Count the qualifiers that the sentence alone meets and contradicts, and that it does with all it stands under."""
    if not read.qualifiers:
        names = ("qualifiers", "qualifiers_met", "qualifiers_met_in_scope", "contradicted", "contradicted_in_scope",
                 "contradicted_in_title")  # fmt: skip
        return dict.fromkeys(names, 0.0)
    scope = [qualifier for meaning in (own, *above, head) for qualifier in meaning.qualifiers]
    alone = agreement(read.qualifiers, own.qualifiers, None)
    in_scope = agreement(read.qualifiers, scope, published)
    in_title = agreement(read.qualifiers, head.qualifiers, published)
    return {
        "qualifiers": len(read.qualifiers),
        "qualifiers_met": len(alone.met),
        "qualifiers_met_in_scope": len(in_scope.met),
        "contradicted": len(alone.contradicted),
        "contradicted_in_scope": len(in_scope.contradicted),
        "contradicted_in_title": len(in_title.contradicted),
    }


def _clauses(asked: str, sentence: Found) -> dict[str, float]:
    """Return whether the sentence is the clause asked for, lies inside it, is another one, or only mentions it."""
    clause = sentence.standing.clause
    same = bool(asked) and clause == asked
    within = bool(asked) and clause != asked and is_inside(clause, asked)
    return {
        "clause_same": float(same),
        "clause_within": float(within),
        "clause_other": float(bool(asked) and bool(clause) and not same and not within),
        "clause_mentioned": float(bool(asked) and asked in re.sub(r"\s", "", sentence.text[len(clause) :])),
    }


def _of_sort(
    asked: Prepared, read: Asked, found: Sequence[Found], met: _Met, wanted: Values
) -> dict[str, npt.ArrayLike]:
    """Return whether each sentence, or those beside it, say a thing of the sort that is asked for."""
    says = np.array(
        [says_sort(read, sentence.text, bool(value)) for sentence, value in zip(found, wanted, strict=True)]
    )
    before, after = _neighbours(found)
    rest = _share_of(met.own, asked.weights * (1 - met.document))
    under = _share_of(met.path, asked.weights * (1 - met.document))
    articles = [sentence.scope.article.id for sentence in found]
    best: dict[str, float] = {}
    for article, value in zip(articles, says.tolist(), strict=True):
        best[article] = max(value, best.get(article, -1.0))
    put_right = np.array([corrects(sentence.text) for sentence in found], dtype=np.float64)
    return {
        "says_sort": says,
        "says_sort_before": says[before],
        "says_sort_after": says[after],
        "says_sort_in_article": [best[article] for article in articles],
        "said_beside": (says > 0) * np.maximum(rest[before], rest),
        "said_under": (says > 0) * np.maximum(under, rest),
        "rest_before": rest[before],
        "rest_after": rest[after],
        "settles": [float(settles(sentence.text)) for sentence in found],
        "gives_reason": [float(gives_reason(sentence.text)) for sentence in found],
        "corrects": put_right,
        "corrects_as_asked": put_right * asks_corrected(read.core),
    }


def _of_rivals(asked: Prepared, found: Sequence[Found]) -> dict[str, npt.ArrayLike]:
    narrowing = read_narrowing(asked.question.core)
    rivals = [find_rivals(narrowing, sentence.letters, sentence.scope.around(sentence.standing)) for sentence in found]
    return {
        "rival_endings": [rival.endings for rival in rivals],
        "rival_figures": [rival.figures for rival in rivals],
        "rival_modifiers": [rival.modifiers for rival in rivals],
        "words_missing": [rival.missing for rival in rivals],
    }


def _of_editions(found: Sequence[Found]) -> dict[str, npt.ArrayLike]:
    """Return whether each article is the newest of its series, and whether it corrects another or is corrected."""
    articles = {sentence.scope.article.id: sentence.scope.article for sentence in found}
    series: dict[str, list[Edition]] = {}
    editions = {article_id: read_edition(article) for article_id, article in articles.items()}
    for edition in editions.values():
        series.setdefault(edition.series, []).append(edition)
    edition_of = [editions[sentence.scope.article.id] for sentence in found]
    series_of = [series[edition.series] for edition in edition_of]
    return {
        "editions": [min(len(siblings), 5) for siblings in series_of],
        "is_newest": [
            float(edition.date == max(sibling.date for sibling in siblings))
            for edition, siblings in zip(edition_of, series_of, strict=True)
        ],
        "is_correction": [float(edition.corrects) for edition in edition_of],
        "corrected_elsewhere": [
            float(not edition.corrects and any(sibling.corrects for sibling in siblings))
            for edition, siblings in zip(edition_of, series_of, strict=True)
        ],
    }


def _of_question(asked: Prepared, read: Asked, count: int) -> dict[str, npt.ArrayLike]:
    return {
        "question_words": np.full(count, len(asked.question.words)),
        "question_length": np.full(count, min(len(asked.question.core), 300)),
        **{f"wants_{kind}": np.full(count, float(kind in read.kinds)) for kind in ASKS},
    }


def _alone(
    asked: Prepared, found: Sequence[Found], matches: Values, similar: Values, cosines: Values
) -> dict[str, npt.ArrayLike]:
    question, weights = asked.question, asked.weights
    before, after = _neighbours(found)
    around = np.maximum(np.maximum(matches, matches[before]), np.maximum(matches[before[before]], matches[after]))
    rarity = inverse_frequency(matches.sum(axis=0), len(found)) * weights
    return {
        "sentence_cosine": cosines,
        "previous_cosine": cosines[before],
        "next_cosine": cosines[after],
        "passage_fused": [sentence.hit.scores.fused for sentence in found],
        "passage_cosine": _passage_cosines(found, cosines),
        "passage_rank": [1 / sentence.hit.rank for sentence in found],
        **_maxsim(asked, similar, similar[before]),
        "coverage": share(matches, weights),
        "coverage_with_neighbours": share(around, weights),
        "rare_coverage": share(matches, rarity),
        "rare_coverage_with_neighbours": share(around, rarity),
        **_coverage_by_class(question, matches, weights),
        "rarest_missing": (weights * (1 - around)).max(axis=1, initial=0.0) / max(weights.max(initial=0.0), 1e-9),
        **_letters(question, found),
        **_surface(question, found),
    }


def _neighbours(found: Sequence[Found]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the places of the sentence before and after each, its own where there is none of the same article."""
    articles = [sentence.row.sentence.article_id for sentence in found]
    last = len(found) - 1
    before = [row - 1 if row and articles[row - 1] == articles[row] else row for row in range(len(found))]
    after = [row + 1 if row < last and articles[row + 1] == articles[row] else row for row in range(len(found))]
    return np.array(before), np.array(after)


def _maxsim(asked: Prepared, similar: Values, before: Values) -> dict[str, Values]:
    if not similar.shape[1]:
        return dict.fromkeys(
            ("maxsim", "maxsim_weighted", "maxsim_least", "maxsim_with_neighbours"), np.zeros(len(similar))
        )
    return {
        "maxsim": similar.mean(axis=1),
        "maxsim_weighted": share(similar, asked.matched_weights),
        "maxsim_least": similar.min(axis=1),
        "maxsim_with_neighbours": share(np.maximum(similar, before), asked.matched_weights),
    }


def _coverage_by_class(question: Question, matches: Values, weights: Values) -> dict[str, Values]:
    tags = [question.tags.get(word, "") for word in question.words]
    nouns = np.array([tag.startswith("N") or tag == "XR" for tag in tags], dtype=bool)
    verbs = np.array([tag.startswith("V") for tag in tags], dtype=bool)
    names = np.array([tag in ("NNP", "SL", "SH") for tag in tags], dtype=bool)
    common = [number for number, tag in enumerate(tags) if tag == "NNG"]
    return {
        "noun_coverage": share(matches, weights * nouns),
        "verb_coverage": share(matches, weights * verbs),
        "name_coverage": share(matches, weights * names),
        "focus_covered": matches[:, common[-1]] if common else np.zeros(len(matches)),
    }


def _letters(question: Question, found: Sequence[Found]) -> dict[str, list[float]]:
    asked = search_key(question.core).replace(" ", "")
    triples = {asked[start : start + 3] for start in range(len(asked) - 2)}
    pair_shares, triple_shares = [], []
    for sentence in found:
        key = sentence.letters.replace(" ", "")
        pair_shares.append(sum(map(sentence.letters.__contains__, question.bigrams)) / max(1, len(question.bigrams)))
        triple_shares.append(sum(map(key.__contains__, triples)) / max(1, len(triples)))
    return {"bigram_coverage": pair_shares, "trigram_coverage": triple_shares}


def _surface(question: Question, found: Sequence[Found]) -> dict[str, list[float]]:
    valued = question.kind in (AnswerType.NUMBER, AnswerType.DATE)
    asks_person = question.kind is AnswerType.PERSON
    kinds = (SpanKind.HEADLINE, SpanKind.SUBHEADLINE)
    return {
        "has_answer_type": [float(has_answer_type(question.kind, sentence.text, question.core)) for sentence in found],
        "names_person": [float(asks_person and names_person(sentence.text, question.core)) for sentence in found],
        "new_value": [float(valued and bool(new_values(sentence.text, question.core))) for sentence in found],
        "unit_agreement": [unit_agreement(question.core, sentence.text) for sentence in found],
        "is_headline": [float(sentence.row.sentence.kind in kinds) for sentence in found],
        "is_short": [float(len(sentence.text) < 15) for sentence in found],
        "log_length": [math.log(max(len(sentence.text), 1)) / 5 for sentence in found],
        "ends_open": [float(not _CLOSED.search(sentence.text)) for sentence in found],
        "position": [1 / (1 + sentence.row.sentence.start / 500) for sentence in found],
    }


def _passage_cosines(found: Sequence[Found], cosines: Values) -> list[float]:
    return [
        cosine if sentence.hit.scores.dense is None else sentence.hit.scores.dense
        for sentence, cosine in zip(found, cosines.tolist(), strict=True)
    ]
