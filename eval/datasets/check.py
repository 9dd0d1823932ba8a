"""Everything that is wrong with a data-set folder, each fault with file and line; nothing is passed over in silence.

``geungeo eval FOLDER`` stops at the first fault and leaves out questions without a judgement; this lists them all.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.datasets.datasets import load_corpus, splits_of
from eval.datasets.records import Record, failure, read_lines, read_records
from eval.datasets.written import Written, WrittenQuestion, is_written, read_folder
from index.articles import Article
from index.errors import ReadError
from index.text.characters import normalize

_CORPUS = ("id", "title", "text", "published_at", "date", "source", "url", "lang", "author", "kind")
_NOTES = ("published_at_basis", "published_at_note", "title_basis")
_ABOUT = ("half", "split", "type", "tags", "answerable", "kind", "must_not", "why", "note")
KEYS: Mapping[str, tuple[str, ...]] = {
    "corpus.jsonl": (*_CORPUS, *_NOTES),
    "queries.jsonl": ("id", "text", *_ABOUT),
    "answers.jsonl": ("qid", "answers", "answer_start"),
    "meta.jsonl": ("qid", *_ABOUT),
}
MOST_COPIED = 0.85  # of a question's letters in one run of a document: then it is no question but the sentence itself
LONGEST_COPY = 30  # letters in one run, in a long question


@dataclass(frozen=True, slots=True)
class Checked:
    """How much there is, and what is wrong with it. ``paraphrased`` answers stand in no judged article as they are.

    Those are no faults, for an answer may be in other words; but no quote can hold one, so they are not looked for.
    ``proposed`` questions were not accepted yet, and are not measured. In a probe no question has an answer.
    """

    articles: int
    questions: int
    faults: tuple[ReadError, ...]
    paraphrased: int = 0
    proposed: int = 0
    is_probe: bool = False


def check_folder(folder: Path) -> Checked:
    """Check a data-set folder of either form, or one that holds such splits. Raises ReadError where there is none."""
    if splits := splits_of(folder):
        return check_splits(splits)
    if not folder.is_dir():
        raise failure(str(folder), "데이터 세트 폴더가 없습니다", "no such data-set folder")
    return _check_written(read_folder(folder)) if _is_written_alone(folder) else _check_records(folder)


def _is_written_alone(folder: Path) -> bool:
    return is_written(folder) and not (folder / "queries.jsonl").is_file()


def _check_written(written: Written) -> Checked:
    faults = tuple(written_faults(written))
    return Checked(len(written.documents), len(written.questions), faults, proposed=written.proposed)


def check_splits(folders: Sequence[Path]) -> Checked:
    """Check each split, and that nothing stands in two of them: no id, title, text or publisher."""
    read = {folder.name: read_folder(folder) for folder in folders if is_written(folder)}
    parts = [_check_written(read[each.name]) if _is_written_alone(each) else check_folder(each) for each in folders]
    faults = [fault for part in parts for fault in part.faults]
    return Checked(
        sum(part.articles for part in parts),
        sum(part.questions for part in parts),
        (*faults, *_shared(read)),
        sum(part.paraphrased for part in parts),
        sum(part.proposed for part in parts),
    )


def written_faults(written: Written) -> Iterator[ReadError]:
    """Yield the faults of text files: what the reader found, questions asked twice, questions that copy a sentence."""
    yield from written.faults
    seen: dict[str, str] = {}
    texts = _texts_by_file(written)
    for question in written.questions:
        before = seen.setdefault(squeezed(question.text), question.where)
        if before != question.where:
            yield failure(question.where, f"같은 질문이 {before}에 있습니다", f"the same question is at {before}")
        if copied := _copied(question, texts[_file_of(question.where)]):
            korean = f"질문이 문장을 베꼈습니다: {copied!r}"
            yield failure(question.where, korean, f"the question copies a sentence: {copied!r}")


def longest_copy(question: str, text: str) -> str:
    """Return the longest run of the question's letters, white space left out, that ``text`` (squeezed) holds."""
    letters, low, high, found = squeezed(question), 0, len(squeezed(question)), ""
    while low < high:  # every part of a run is in the text too, so halving finds the longest
        middle = (low + high + 1) // 2
        runs = (letters[start : start + middle] for start in range(len(letters) - middle + 1))
        run = next((run for run in runs if run in text), None)
        low, high, found = (middle, high, run) if run is not None else (low, middle - 1, found)
    return found


def squeezed(text: str) -> str:
    """Return the text without white space."""
    return re.sub(r"\s+", "", text)


def _copied(question: WrittenQuestion, text: str) -> str:
    """Return the longest run that a question has of ``text`` (squeezed), nothing where none is longer than it may be."""
    letters = squeezed(question.text)
    forbidden = min(int(MOST_COPIED * len(letters)), LONGEST_COPY) + 1
    runs = (letters[start : start + forbidden] for start in range(len(letters) - forbidden + 1))
    return longest_copy(question.text, text) if any(run in text for run in runs) else ""


def _texts_by_file(written: Written) -> Mapping[str, str]:
    """Return the documents of each file, squeezed, with a mark between them."""
    texts: dict[str, list[str]] = {_file_of(question.where): [] for question in written.questions}
    for document in written.documents:
        texts.setdefault(_file_of(document.where), []).append(squeezed(document.text))
    return {file: "\n".join(parts) for file, parts in texts.items()}


def _file_of(where: str) -> str:
    return where.rpartition(":")[0]


def _shared(read: Mapping[str, Written]) -> Iterator[ReadError]:
    """Yield what two splits share; the later one is named."""
    seen: dict[tuple[str, str], str] = {}
    for split, written in read.items():
        for document in written.documents:
            named = {"id": document.id, "title": document.title, "text": squeezed(document.text)}
            if document.source:
                named["source"] = document.source
            for name, value in named.items():
                before = seen.setdefault((name, value), split)
                if before != split:
                    korean = f"{before}에도 있는 {name}입니다: {value[:40]!r}"
                    yield failure(document.where, korean, f"this {name} is in {before} too: {value[:40]!r}")


def _check_records(folder: Path) -> Checked:
    """Check a folder of JSON lines and ``qrels.tsv``."""
    queries = list(read_records(folder / "queries.jsonl"))
    articles = load_corpus(folder, required=(folder / "qrels.tsv").is_file())
    faults = [fault for name in KEYS for fault in _strange_keys(folder, name)]
    asked = _by_id(queries, "id", faults)
    answers, meta = (_beside(folder, name, asked, faults) for name in ("answers.jsonl", "meta.jsonl"))
    relevant = _qrels(folder / "qrels.tsv", asked, articles, faults)
    for key, record in asked.items():
        about = {**(meta[key].fields if key in meta else {}), **record.fields}
        faults += _judged(
            Record(record.where, about), (relevant or {}).get(key, set()), answers.get(key), relevant is None
        )
    paraphrased = sum(_paraphrased(texts, (relevant or {}).get(key, set()), articles) for key, texts in answers.items())
    return Checked(len(articles), len(asked), tuple(faults), paraphrased, is_probe=relevant is None)


def _strange_keys(folder: Path, name: str) -> Iterator[ReadError]:
    """Yield a fault for each key that nothing reads, with the known one that looks most like it."""
    for path in (folder / name, folder / f"{name}.gz"):
        for record in read_records(path) if path.is_file() else ():
            for key in record.fields.keys() - set(KEYS[name]):
                near = difflib.get_close_matches(key, KEYS[name], 1)
                korean = f" ({near[0]}인가요?)" if near else ""
                english = f" (did you mean {near[0]}?)" if near else ""
                yield failure(record.where, f"모르는 이름입니다: {key}{korean}", f"unknown key: {key}{english}")


def _by_id(records: Iterable[Record], name: str, faults: list[ReadError]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for record in records:
        try:
            key = record.string(name)
        except ReadError as error:
            faults.append(error)
            continue
        if key in found:
            faults.append(failure(record.where, f"질문 id가 겹칩니다: {key}", f"question id repeated: {key}"))
        found.setdefault(key, record)
    return found


def _beside(folder: Path, name: str, asked: Mapping[str, Record], faults: list[ReadError]) -> dict[str, Record]:
    """Return the records of a file that says more of the questions; one about no question is a fault."""
    path = folder / name
    found = _by_id(read_records(path), "qid", faults) if path.is_file() else {}
    faults += [
        failure(record.where, f"queries.jsonl에 없는 질문입니다: {key}", f"no such question: {key}")
        for key, record in found.items()
        if key not in asked
    ]
    return found


def _qrels(
    path: Path, asked: Mapping[str, Record], articles: Mapping[str, Article], faults: list[ReadError]
) -> dict[str, set[str]] | None:
    """Return the relevant articles of each question; ``None`` without the file."""
    if not path.is_file():
        return None
    relevant: dict[str, set[str]] = {}
    for number, (where, line) in enumerate(read_lines(path)):
        key, _, rest = line.partition("\t")
        name, _, grade = rest.partition("\t")
        article = normalize(name).strip()
        if not re.fullmatch(r"-?\d+", grade.strip()):
            if number:
                faults.append(failure(where, "qid<TAB>docid<TAB>grade가 아닙니다", "not qid<TAB>docid<TAB>grade"))
            continue
        if key not in asked:
            faults.append(failure(where, f"queries.jsonl에 없는 질문입니다: {key}", f"no such question: {key}"))
        if article not in articles:
            faults.append(failure(where, f"그런 글이 없습니다: {article}", f"no such article: {article}"))
        if int(grade) > 0:
            relevant.setdefault(key, set()).add(article)
    return relevant


def _judged(record: Record, own: set[str], answer: Record | None, probe: bool) -> Iterator[ReadError]:
    """Yield a fault where the question lacks a judgement (in a probe it needs none) or its answers contradict it."""
    answers = answer.items("answers") if answer is not None else []
    said = record.fields.get("answerable")
    if said is None and not probe and not own and (answer is None or answers):
        korean = '판정이 없는 질문입니다. qrels.tsv에 글의 id를 적거나 "answerable": false를 적으세요'
        yield failure(record.where, korean, 'no judgement: add it to qrels.tsv, or say "answerable": false')
    if said is False and (own or answers):
        korean = "답이 없다는 질문에 정답이나 판정이 있습니다"
        yield failure(record.where, korean, "answerable is false, and there are answers or judgements")
    if said is True and not own:
        yield failure(
            record.where, "답이 있다는 질문에 정답이 든 글이 없습니다", "answerable is true, and no article is judged"
        )


def _paraphrased(answer: Record, own: set[str], articles: Mapping[str, Article]) -> int:
    """Count the answers that stand in no judged article letter by letter."""
    texts = [squeezed(articles[name].text) for name in own if name in articles]
    wanted = [squeezed(normalize(str(text))) for text in answer.items("answers")]
    return sum(not any(text in whole for whole in texts) for text in wanted) if texts else 0
