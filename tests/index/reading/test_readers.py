"""Files to articles: what is read, what is refused and where, and that one bad thing never stops the rest (F36)."""

import gzip
import json
import os
import unicodedata
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path

import pytest

from index.articles import Article
from index.errors import ReadError
from index.reading import readers
from index.reading.documents import Failure
from index.reading.plain_text.records import article_from_record
from index.reading.readers import count_articles, read_articles

RECORD = {"id": "부산-1", "title": "부산항", "text": "부산항에 새 부두가 열렸다."}


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def lines(*records: object) -> str:
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)


def read(*paths: Path, encoding: str | None = None) -> tuple[dict[str, Article], dict[str, str]]:
    """(articles by id, English reasons by where)."""
    items = list(read_articles(paths, encoding))
    articles = [item for item in items if isinstance(item, Article)]
    failures = [item for item in items if isinstance(item, Failure)]
    assert len({article.id for article in articles}) == len(articles)
    return {article.id: article for article in articles}, {failure.where: failure.error.english for failure in failures}


def _or_false(path: Path, look: Callable[[Path], bool]) -> bool:
    try:
        return look(path)
    except OSError:
        return False


class TestTextFiles:
    def test_id_is_the_name_and_title_the_first_line(self, tmp_path: Path) -> None:
        path = tmp_path / "부산항.txt"
        path.write_text("\n  부산항 새 부두 \n\n부산항에 새 부두가 열렸다.\n", "utf-8")
        (article,) = read_articles([path])
        assert article == Article("부산항", "부산항 새 부두", "\n  부산항 새 부두 \n\n부산항에 새 부두가 열렸다.\n")

    def test_markdown_title_loses_its_marks_and_a_long_first_line_is_no_title(self, tmp_path: Path) -> None:
        (tmp_path / "짧은.md").write_text("## 부산항\n본문이다.", "utf-8")
        (tmp_path / "긴.md").write_text("부산항에 새 부두가 열렸다. " * 10, "utf-8")
        articles, _ = read(tmp_path)
        assert {name: article.title for name, article in articles.items()} == {"짧은": "부산항", "긴": "긴"}

    def test_a_line_that_only_draws_is_no_title(self, tmp_path: Path) -> None:
        (tmp_path / "줄.txt").write_text("==========\n공지 사항\n==========\n부산항이 열렸다.", encoding="utf-8")
        (tmp_path / "필드.md").write_text(
            '---\ndate: 2025-03-04\ntitle: "부산항"\n---\n# 소식\n글이다.', encoding="utf-8"
        )
        (tmp_path / "필드2.md").write_text("---\ndate: 2025-03-04\n---\n# 소식\n글이다.", encoding="utf-8")
        titles = {article.id: article.title for article in read_articles([tmp_path]) if isinstance(article, Article)}
        assert titles == {"줄": "공지 사항", "필드": "부산항", "필드2": "소식"}

    def test_a_first_line_that_says_something_is_text_and_no_title(self, tmp_path: Path) -> None:
        (tmp_path / "요금.txt").write_text("구름물놀이장 입장료는 2,900원이다.", "utf-8")
        (tmp_path / "회의.md").write_text('"회의는 3일에 개최함."\n장소는 강당이다.', "utf-8")
        (tmp_path / "공지.txt").write_text("도서관, 밤 10시까지 연다\n\n도서관이 밤 10시까지 연다.", "utf-8")
        (tmp_path / "물음.txt").write_text("보조금은 누가 받나요?\n\n모두 받는다.", "utf-8")
        (tmp_path / "예산.csv").write_text("여비는 30만원이다.\n", "utf-8")
        articles, _ = read(tmp_path)
        assert {name: article.title for name, article in articles.items()} == {
            "요금": "요금",
            "회의": "회의",
            "공지": "도서관, 밤 10시까지 연다",
            "물음": "보조금은 누가 받나요?",
            "예산.csv": "예산",
        }

    def test_folders_are_walked_in_name_order_hidden_files_left_out(self, tmp_path: Path) -> None:
        for name in ("나.txt", "가/둘.md", "가/하나.txt", ".숨김.txt", ".git/비밀.txt", "그림.png", "가/.몰래/셋.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / name).write_text(f"{name}의 글.", "utf-8")
        assert [item.id for item in read_articles([tmp_path]) if isinstance(item, Article)] == [
            "가/둘",
            "가/하나",
            "나",
        ]

    def test_manifest_says_what_files_do_not(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("첫 줄\n본문이다.", "utf-8")
        (tmp_path / "b.txt").write_text("다른 글이다.", "utf-8")
        entry = {
            "file": "a.txt",
            "id": "기사-1",
            "title": "부산항",
            "source": "부산일보",
            "author": "김하늘",
            "published_at": "2024-10-03",
            "published_at_basis": "stated",
            "text": "이것은 무시된다.",
        }
        (tmp_path / "manifest.json").write_text(json.dumps([entry]), "utf-8")
        expected = Article(
            "기사-1",
            "부산항",
            "첫 줄\n본문이다.",
            source="부산일보",
            published_at="2024-10-03",
            meta={"author": "김하늘", "published_at_basis": "stated"},
        )
        articles, failures = read(tmp_path)
        assert articles["기사-1"] == expected
        assert articles.keys() == {"기사-1", "b"}
        assert failures == {}
        assert read(tmp_path / "a.txt")[0] == {"기사-1": expected}

    @pytest.mark.parametrize("bad", ["{", "null", '["a.txt"]', '{"file": "a.txt"}', "", "[" * 10_000])
    def test_broken_manifest_is_one_failure_and_the_files_are_read(self, tmp_path: Path, bad: str) -> None:
        (tmp_path / "a.txt").write_text("글이다.", "utf-8")
        (tmp_path / "manifest.json").write_text(bad, "utf-8")
        articles, failures = read(tmp_path)
        assert list(articles) == ["a"]
        assert list(failures) == [str(tmp_path / "manifest.json")]

    def test_cp949_file_among_utf8_files(self, tmp_path: Path) -> None:
        (tmp_path / "가.txt").write_bytes("똠방각하가 다시 방영된다.".encode("cp949"))
        (tmp_path / "나.txt").write_text("한글이다.", "utf-8")
        (tmp_path / "다.txt").write_bytes("今天天气很好".encode("gb18030"))
        articles, failures = read(tmp_path)
        assert articles["가"].text == "똠방각하가 다시 방영된다."
        assert articles.keys() == {"가", "나"}
        assert failures[str(tmp_path / "다.txt")].startswith("unknown character encoding at byte 0.")
        assert read(tmp_path / "다.txt", encoding="gb18030")[0]["다"].text == "今天天气很好"

    def test_a_file_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(readers, "MAX_TEXT_BYTES", 20)
        (tmp_path / "큰.txt").write_text("가" * 7, "utf-8")
        (tmp_path / "작은.txt").write_text("가" * 6, "utf-8")
        articles, failures = read(tmp_path)
        assert list(articles) == ["작은"]
        assert "Split it" in failures[str(tmp_path / "큰.txt")]


class TestNormalForm:
    """T1: macOS spells 한글 in NFD, in names as in texts."""

    def test_ids_and_texts_are_nfc(self, tmp_path: Path) -> None:
        (tmp_path / nfd("부산항.txt")).write_text(nfd("제목\n새 부두가 열렸다."), "utf-8")
        articles, _ = read(tmp_path)
        assert articles == {"부산항": Article("부산항", "제목", "제목\n새 부두가 열렸다.")}

    def test_json_fields_are_nfc(self) -> None:
        record = {**RECORD, "source": "부산일보", "author": "김하늘", "date": "2024-10-03"}
        assert article_from_record({key: nfd(value) for key, value in record.items()}) == article_from_record(record)

    @pytest.mark.parametrize(("on_disk", "in_manifest"), [(nfd, str), (str, nfd)])
    def test_manifest_and_disk_may_spell_a_name_differently(self, tmp_path: Path, on_disk, in_manifest) -> None:
        path = tmp_path / on_disk("부산항.txt")
        path.write_text("글이다.", "utf-8")
        entry = {"file": in_manifest("부산항.txt"), "id": "기사-1"}
        (tmp_path / "manifest.json").write_text(json.dumps([entry]), "utf-8")
        assert list(read(tmp_path)[0]) == ["기사-1"]
        assert list(read(path)[0]) == ["기사-1"]


class TestJsonLines:
    def test_every_field(self, tmp_path: Path) -> None:
        path = tmp_path / "글.jsonl"
        record = {
            **RECORD,
            "published_at": "2024-10-03",
            "url": "https://example.com/1",
            "source": "부산일보",
            "lang": "ko",
        }
        path.write_text(lines(record, {"id": 7, "text": "짧다."}), "utf-8")
        articles, failures = read(path)
        assert failures == {}
        assert articles == {
            "부산-1": Article(
                "부산-1",
                "부산항",
                "부산항에 새 부두가 열렸다.",
                source="부산일보",
                url="https://example.com/1",
                published_at="2024-10-03",
            ),
            "7": Article("7", "", "짧다."),
        }

    def test_gzip_and_a_byte_order_mark(self, tmp_path: Path) -> None:
        data = lines(RECORD, {**RECORD, "id": "부산-2"})
        (tmp_path / "a.jsonl").write_text("\ufeff" + data, "utf-8")
        (tmp_path / "b.JSONL.GZ").write_bytes(gzip.compress(data.replace("부산-", "울산-").encode()))
        assert sorted(read(tmp_path)[0]) == ["부산-1", "부산-2", "울산-1", "울산-2"]

    def test_bad_lines_are_listed_by_number_and_the_others_read(self, tmp_path: Path) -> None:
        path = tmp_path / "글.jsonl"
        bad = {
            2: (b'{"id": "x", "text": ', "not valid JSON."),
            3: ('{"id": "가", "text": "한글"}'.encode("cp949"), "not UTF-8 at byte 8 of the line."),
            4: (b"[1, 2]", "a line must be one JSON object. Write each article in braces, on a line of its own."),
            6: (b'{"id": "x"}', "text must be a string."),
            7: (b'{"text": "x"}', "id must be a string."),
            8: (b'{"id": "x", "text": " \\n\\t"}', "text is empty. Put something into it."),
            9: (b'{"id": "x", "text": 12}', "text must be a string."),
            10: (b'{"id": true, "text": "x"}', "id must be a string."),
            11: (b'{"id": "x", "text": "\\ud800"}', "text holds a lone surrogate at character 0."),
            12: (b'{"id": "a\\udfff", "text": "x"}', "id holds a lone surrogate at character 1."),
            13: (b'{"id": "x", "text": "x", "date": "10/03"}', "date must be a date such as 2024-10-10 or 2024-10."),
            14: (b"[" * 100_000, "the JSON is nested too deep. Keep the fields flat."),
            15: (b'{"id": ' + b"9" * 5_000 + b', "text": "x"}', "not valid JSON."),
            16: (b'{"id": "x", "text": "x", "author": "\\ud83d"}', "author holds a lone surrogate at character 0."),
            17: ('{"id": "x", "text": "\u200b\u3164\ufeff"}'.encode(), "text is empty. Put something into it."),
            18: (
                b'{"id": "a\\u0000b", "text": "x"}',
                "id must be 1-512 printable characters. Change it and give the article again.",
            ),
        }
        good = lines(RECORD).strip().encode()
        rows = [good, *(bad[number][0] if number in bad else b"" for number in range(2, 19))]
        path.write_bytes(b"\n".join([*rows, good.replace("부산-1".encode(), b"last")]))
        articles, failures = read(path)
        assert list(articles) == ["부산-1", "last"]
        assert failures == {f"{path}:{number}": reason for number, (_, reason) in bad.items()}

    def test_a_line_too_long_is_one_failure_and_the_next_keeps_its_number(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(readers, "MAX_RECORD_BYTES", 40)
        path = tmp_path / "글.jsonl"
        path.write_text(lines({"id": "긴", "text": "가" * 100}, {"id": "a", "text": "짧다."}) + "{\n", "utf-8")
        articles, failures = read(path)
        assert list(articles) == ["a"]
        assert failures == {f"{path}:1": "line longer than 40 bytes; split it.", f"{path}:3": "not valid JSON."}

    @pytest.mark.parametrize("cut", [-1, -8, 40])
    def test_truncated_gzip_gives_its_whole_lines_and_one_failure(self, tmp_path: Path, cut: int) -> None:
        path = tmp_path / "글.jsonl.gz"
        path.write_bytes(gzip.compress(lines(*({**RECORD, "id": str(place)} for place in range(50))).encode())[:cut])
        items = list(read_articles([path]))
        failures = [item for item in items if isinstance(item, Failure)]
        assert failures[0].where in (str(path), f"{path}:{len(items)}")
        assert "cannot be read" in failures[-1].error.english or "not valid JSON" in failures[-1].error.english
        assert [item.id for item in items if isinstance(item, Article)] == [
            str(place) for place in range(len(items) - len(failures))
        ]

    def test_a_flipped_bit_inside_gzip_is_a_failure_or_changes_nothing(self, tmp_path: Path) -> None:
        data = gzip.compress(lines(*({**RECORD, "id": str(place)} for place in range(50))).encode())
        path = tmp_path / "글.jsonl.gz"
        path.write_bytes(data)
        whole = list(read_articles([path]))
        for place in range(10, len(data), 3):
            path.write_bytes(data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
            items = list(read_articles([path]))
            assert items == whole or any(isinstance(item, Failure) for item in items), place


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"published_at": "2024-10-03"}, "2024-10-03"),
        ({"date": "2024-10-03"}, "2024-10-03"),
        ({"published_at": "", "date": "2024-10-03"}, "2024-10-03"),
        ({"published_at": "2025-01-01", "date": "2024-10-03"}, "2025-01-01"),
        ({"published_at": "2024-10-03T23:59:00+09:00"}, "2024-10-03"),
        ({"published_at": "20241003"}, "2024-10-03"),
        ({"date": "2024.10.3"}, "2024-10-03"),
        ({"date": "2024. 10. 3."}, "2024-10-03"),
        ({"date": "2024/10/03"}, "2024-10-03"),
        ({"date": "2024년 10월 3일"}, "2024-10-03"),
        ({"date": "2021-02"}, "2021-02"),
        ({"date": "2021년 2월"}, "2021-02"),
        ({"date": "２０２４"}, "2024"),
        ({"date": "2021"}, "2021"),
        ({"published_at": None}, None),
        ({}, None),
    ],
)
def test_dates(fields: dict[str, str], expected: str | None) -> None:
    assert article_from_record({**RECORD, **fields}).published_at == expected


@pytest.mark.parametrize("date", ["2024-13-01", "2024-02-30", "2024-13", "어제", "0000", "202410", "10월 3일"])
def test_a_date_that_is_none_is_refused_and_never_invented(date: str) -> None:
    with pytest.raises(ReadError):
        article_from_record({**RECORD, "date": date})


@pytest.mark.parametrize("article_id", ["", "   ", "가" * 513, "a\tb", "a\nb"])
def test_ids_that_cannot_be_named_again(article_id: str) -> None:
    with pytest.raises(ReadError):
        article_from_record({**RECORD, "id": article_id})


def test_the_text_is_kept_as_it_is_but_for_its_normal_form() -> None:
    text = "  ㅋㅋㅠㅠ １２３ ㎏ ㈜\u00a0\u3000樂\r\n👨\u200d👩\u200d👧 \u202eabc\u00ad 햏\x00끝 "
    assert article_from_record({**RECORD, "text": text}).text == text.replace("樂", "樂")


class TestPaths:
    def test_missing_unsupported_and_special_paths_are_listed(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "관.txt")
        (tmp_path / "그림.png").write_bytes(b"\x89PNG")
        (tmp_path / "글.txt").write_text("글이다.", "utf-8")
        (tmp_path / "빈.txt").write_text("", "utf-8")
        (tmp_path / "고리.txt").symlink_to(tmp_path / "고리.txt")
        names = ("없음.txt", "관.txt", "그림.png", "빈.txt", "고리.txt", "글.txt")
        articles, failures = read(*(tmp_path / name for name in names))
        assert list(articles) == ["글"]
        assert failures == {
            str(tmp_path / "없음.txt"): "no such file or folder. Check the path.",
            str(tmp_path / "관.txt"): "not a regular file. Save its content as one.",
            str(tmp_path / "그림.png"): "picture: not a format that is read. Add the document that it was made from.",
            str(tmp_path / "빈.txt"): "text is empty. Put something into it.",
            str(tmp_path / "고리.txt"): "no such file or folder. Check the path.",
        }

    @pytest.mark.parametrize("quiet", [False, True])
    def test_a_path_the_system_refuses_is_listed_and_the_next_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: bool
    ) -> None:
        """Newer Pythons say of what they may not look at that it is not there."""
        for name in ("exists", "is_file", "is_dir") if quiet else ():
            monkeypatch.setattr(Path, name, partialmethod(_or_false, getattr(Path, name)))
        (tmp_path / "글.txt").write_text("글이다.", "utf-8")
        long = tmp_path / ("가" * 300 + ".txt")
        articles, failures = read(long, tmp_path / "글.txt")
        assert list(articles) == ["글"]
        assert failures == {
            str(long): ("cannot be read: File name too long. Check its permissions, and that all of it is there.")
        }

    def test_a_name_that_is_no_unicode_is_shown_in_escapes(self, tmp_path: Path) -> None:
        path = Path(os.fsdecode(bytes(tmp_path) + b"/\xb0\xa1.txt"))  # 가 in CP949
        path.write_text("글이다.", "utf-8")
        articles, failures = read(tmp_path)
        assert articles == {}
        assert failures == {
            f"{tmp_path}/\\xb0\\xa1.txt": "the name of the file, or of a folder it is in, is not UTF-8. Rename it and try again."
        }
        assert next(iter(failures)).isprintable()

    def test_an_empty_folder_gives_nothing(self, tmp_path: Path) -> None:
        assert read(tmp_path) == ({}, {})


@pytest.mark.parametrize("error", [ValueError, IndexError, OverflowError])
def test_an_error_that_nobody_foresaw_costs_its_document_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: type[Exception]
) -> None:
    def fails(record: dict[str, str]) -> Article:
        if "이상한" in record["text"]:
            raise error(record["text"])
        return article_from_record(record)

    monkeypatch.setattr(readers, "article_from_record", fails)
    for name, text in (("가.txt", "첫째 글이다."), ("나.txt", "이상한 글이다."), ("다.txt", "셋째 글이다.")):
        (tmp_path / name).write_text(text, "utf-8")
    told = [{**RECORD, "id": str(number), "text": text} for number, text in enumerate(("글", "이상한 글", "글"))]
    (tmp_path / "라.jsonl").write_text(lines(*told), "utf-8")
    articles, failures = read(tmp_path)
    assert sorted(articles) == ["0", "2", "가", "다"]
    assert sorted(failures) == [str(tmp_path / "나.txt"), f"{tmp_path / '라.jsonl'}:2"]
    assert all(error.__name__ in reason for reason in failures.values())
    assert "in fails" in caplog.text
    assert "이상한 글" not in caplog.text


def test_fifty_bad_files_among_a_thousand(tmp_path: Path) -> None:
    for place in range(1000):
        data = b"\xff\xfe\xff" if place % 20 == 7 else f"{place}번째 글이다.".encode()
        (tmp_path / f"{place:04}.txt").write_bytes(data)
    articles, failures = read(tmp_path)
    assert (len(articles), len(failures)) == (950, 50)
    assert all(reason.startswith("not valid utf-16 at byte 2.") for reason in failures.values())


def test_count_is_of_files_and_of_lines_that_hold_something(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("글\n글\n", "utf-8")
    (tmp_path / "b.jsonl").write_text(lines(RECORD) + "\n\n" + lines(RECORD), "utf-8")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(lines(RECORD).encode() * 3))
    (tmp_path / "d.jsonl.gz").write_bytes(b"no gzip")
    assert count_articles([tmp_path]) == 1 + 2 + 3 + 1
    assert count_articles([tmp_path / "b.jsonl", tmp_path / "없음.txt"]) == 3
