"""Original files: kept where asked for, for the very text that was read from them, and gone with it."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email.message import EmailMessage
from pathlib import Path

import pytest

from index.backup.export import export_backup
from index.backup.restore import import_backup
from index.doctor import examine, repair
from index.errors import StorageError
from index.folders import known_files
from index.ingest import Ingestor, remove_articles
from index.korean.parsing import analysis_fingerprint
from index.reading.readers import read_articles, read_changed
from index.store import originals
from index.store.erasing import erase
from index.store.store import Store
from tests.support.fakes import HashEncoder, RegexSplitter

TEXT = "한빛시는 도서관을 새로 지었다. 공사비는 12억 원이었다.\n"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    folder = tmp_path / "문서"
    folder.mkdir()
    (folder / "도서관.txt").write_text(TEXT)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def index(data: Path, folder: Path, *, keep: bool = True) -> None:
    ingestor = Ingestor(data, HashEncoder(), RegexSplitter(), originals=keep)
    report = ingestor.ingest(read_articles([folder]))
    assert not report.failures


def kept(data: Path, article_id: str) -> tuple[str, bytes] | None:
    store = Store(data)
    found = originals.open_original(data, article_id, store.recorded_sha256(article_id) or "")
    store.close()
    return None if found is None else (found.name, b"".join(found.pieces()))


def files(data: Path) -> Iterator[Path]:
    return (path for path in data.rglob("*") if path.is_file())


def test_a_file_is_kept_byte_for_byte_for_its_owner_alone(given: Path, data: Path) -> None:
    index(data, given)
    assert kept(data, "도서관") == ("도서관.txt", TEXT.encode())
    (path,) = (data / originals.FOLDER).iterdir()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


def test_none_is_kept_unless_asked_for(given: Path, data: Path) -> None:
    index(data, given, keep=False)
    assert kept(data, "도서관") is None
    assert not (data / originals.FOLDER).exists()


def test_what_is_attached_to_a_mail_has_its_own_file(given: Path, data: Path) -> None:
    mail = EmailMessage()
    mail["Subject"] = "회신"
    mail.set_content("도서관 예산을 보냅니다. 검토해 주십시오.")
    mail.add_attachment(TEXT, filename="예산.txt")
    (given / "회신.eml").write_bytes(bytes(mail))
    index(data, given)
    name, content = kept(data, "회신.eml/예산.txt") or ("", b"")
    assert (name, content.decode().replace("\r\n", "\n")) == ("예산.txt", TEXT)
    assert kept(data, "회신.eml") == ("회신.eml", bytes(mail))


def test_lines_of_json_have_none(given: Path, data: Path) -> None:
    (given / "많은글.jsonl").write_text('{"id": "하나", "title": "하나", "text": "글이 하나 있다."}\n')
    index(data, given)
    assert kept(data, "하나") is None


def test_it_goes_with_its_article_and_leaves_no_byte(given: Path, data: Path) -> None:
    index(data, given)
    remove_articles(data, ["도서관"])
    assert erase(data, 0)
    assert not [path for path in files(data) if "12억".encode() in path.read_bytes()]
    assert originals.count_originals(data) == 0


def test_another_text_leaves_nothing_of_the_file_before(given: Path, data: Path) -> None:
    index(data, given)
    (given / "도서관.txt").write_text(TEXT.replace("12억", "34억"))
    index(data, given)
    assert kept(data, "도서관") == ("도서관.txt", TEXT.replace("12억", "34억").encode())
    assert originals.count_originals(data) == 1
    (given / "도서관.txt").write_text(TEXT.replace("12억", "56억"))
    index(data, given, keep=False)
    assert originals.count_originals(data) == 0


def test_a_new_title_and_a_rebuild_keep_it(given: Path, data: Path) -> None:
    index(data, given)
    ingestor = Ingestor(data, HashEncoder(), RegexSplitter(), originals=True)
    ingestor.edit("도서관", {"title": "새 이름"})
    ingestor.ingest([], rebuild=True)
    assert kept(data, "도서관") == ("도서관.txt", TEXT.encode())


def test_a_file_indexed_before_the_setting_was_made_is_kept_by_the_next_run(given: Path, data: Path) -> None:
    ingestor = Ingestor(data, HashEncoder(), RegexSplitter())
    ingestor.ingest(lambda store: read_changed([given], None, known_files(store)))
    ingestor = Ingestor(data, HashEncoder(), RegexSplitter(), originals=True)
    for _ in range(2):
        report = ingestor.ingest(lambda store: read_changed([given], None, known_files(store, None, data)))
        assert (report.unchanged, report.replaced.total) == (["도서관"], 0)
        assert kept(data, "도서관") == ("도서관.txt", TEXT.encode())


def test_a_file_that_changes_while_it_is_read_is_not_kept(given: Path, data: Path) -> None:
    ingestor = Ingestor(data, HashEncoder(), RegexSplitter(), originals=True)

    def changed() -> Iterator[object]:
        for item in read_articles([given]):
            (given / "도서관.txt").write_text("다른 글이 여기에 있다.\n")
            yield item

    ingestor.ingest(changed())  # type: ignore[arg-type]
    assert kept(data, "도서관") is None
    assert not list((data / originals.FOLDER).iterdir())


def test_a_write_that_fails_leaves_all_as_it_was(given: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index(data, given)
    (given / "도서관.txt").write_text(TEXT.replace("12억", "34억"))

    def full(*_: object, **__: object) -> None:
        raise StorageError("가득 찼습니다", "full")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", full)
        with pytest.raises(StorageError):
            index(data, given)
    assert kept(data, "도서관") == ("도서관.txt", TEXT.encode())
    assert originals.count_originals(data) == 1


def test_a_full_disk_is_said_and_nothing_is_lost(given: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index(data, given)
    (given / "새글.txt").write_text("새 글이 하나 더 있다.\n")

    def full(*_: object) -> bool:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(originals, "_copied", full)
    with pytest.raises(StorageError):
        index(data, given)
    assert kept(data, "도서관") == ("도서관.txt", TEXT.encode())
    assert [path.suffix for path in (data / originals.FOLDER).iterdir()] == [""]


def test_what_a_killed_writer_left_goes_with_the_next_write(given: Path, data: Path) -> None:
    index(data, given)
    left = data / originals.FOLDER / "abc.part"
    left.write_bytes(b"left")
    index(data, given)
    assert not left.exists()


def killed_at(data: Path, given: Path, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> None:
    """Index as a writer does that is killed just before or after the store has what it writes; nothing is undone."""
    write = Store.write

    class KilledError(BaseException): ...

    def killing(*arguments: object, **named: object) -> None:
        if committed:
            write(*arguments, **named)  # type: ignore[arg-type]
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", killing)
        patch.setattr(ExitStack, "__exit__", lambda *_: False)
        with pytest.raises(KilledError):
            index(data, given)


def test_a_writer_killed_before_it_committed_has_lost_no_file(
    given: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(data, given)
    (given / "도서관.txt").write_text(TEXT.replace("12억", "34억"))
    killed_at(data, given, monkeypatch, committed=False)
    assert kept(data, "도서관") is None
    assert erase(data, 5)
    assert kept(data, "도서관") == ("도서관.txt", TEXT.encode())
    assert len(list((data / originals.FOLDER).iterdir())) == 1


def test_a_writer_killed_after_it_committed_has_kept_the_new_file_and_no_old_one(
    given: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(data, given)
    (given / "도서관.txt").write_text(TEXT.replace("12억", "34억"))
    killed_at(data, given, monkeypatch, committed=True)
    assert [found.code for found in examine(data)]
    assert erase(data, 5)
    assert kept(data, "도서관") == ("도서관.txt", TEXT.replace("12억", "34억").encode())
    assert len(list((data / originals.FOLDER).iterdir())) == 1


def spoil_last(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def move_elsewhere(path: Path) -> None:
    path.rename(path.with_name("0" * 64))


def say_another_text(path: Path) -> None:
    head, _, rest = path.read_bytes().partition(b"\n")
    other = {**json.loads(head), "text": "1" * 64}
    path.write_bytes(json.dumps(other).encode() + b"\n" + rest)
    path.rename(path.with_name(originals._name(other["id"], other["text"])))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(spoil_last, "damaged"), (move_elsewhere, "damaged"), (say_another_text, "whose article is gone")],
)
def test_the_doctor_names_one_that_is_not_what_it_was_and_removes_it(
    given: Path, data: Path, spoil: Callable[[Path], None], said: str
) -> None:
    index(data, given)
    assert examine(data) == []
    (path,) = (data / originals.FOLDER).iterdir()
    spoil(path)
    (complaint,) = examine(data)
    assert said in complaint.english
    assert complaint.exit_code == 4
    repair(data)
    assert examine(data) == []
    assert originals.count_originals(data) == 0


def test_one_that_was_altered_is_none(given: Path, data: Path) -> None:
    index(data, given)
    (path,) = (data / originals.FOLDER).iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    assert kept(data, "도서관") is None
    path.write_bytes(b"[1]\n")
    assert kept(data, "도서관") is None


def test_an_imported_article_of_another_text_drops_it(given: Path, data: Path, tmp_path: Path) -> None:
    index(data, given, keep=False)
    export_backup(data, tmp_path / "backup.zip")
    (given / "도서관.txt").write_text(TEXT.replace("12억", "34억"))
    index(data, given)
    assert originals.count_originals(data) == 1
    analysis = analysis_fingerprint(RegexSplitter())
    import_backup(data, tmp_path / "backup.zip", encoder=HashEncoder().fingerprint, analysis=analysis)
    assert originals.count_originals(data) == 0
