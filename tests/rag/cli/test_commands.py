"""The command line: the real command as a process where it matters, ``main`` with fakes where only its words do."""

import errno
import gzip
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from unittest import mock

import apsw
import pytest
from filelock import FileLock

from index.engine import Engine
from index.errors import LockedError, ModelError
from index.ingest import Ingestor
from index.reading.kinds import SHOWN_KINDS
from index.search.generation import current_number
from index.store.store import DATABASE
from index.text.messages import say
from rag.cli import commands, folders
from rag.cli import parser as cli
from rag.loading import Tools
from tests.support.fakes import FESTIVAL, PORT, HashEncoder, RegexSplitter
from tests.support.rag_support import FirstAsk, command, environment, first_ask, geungeo, geungeo_here
from tests.support.waiting import wait_until

ANSWER_KEYS = {
    "question", "answered", "reason", "answer", "confidence", "citations", "passages", "expansions", "timings_ms", "index",
    "certainty", "parts", "conflicts", "absent", "completed", "added", "written",
}  # fmt: skip
CITATION_KEYS = {
    "article_id", "title", "source", "url", "published_at", "start", "end", "quote", "score", "highlights", "context",
    "locator",
    "value",
}  # fmt: skip
PASSAGE_KEYS = {
    "id", "article_id", "title", "text", "start", "end", "duplicates", "scores", "source", "url", "published_at",
}  # fmt: skip
QUESTION = "AX 법인의 매출 목표는?"
HEAVY = (
    "numpy",
    "faiss",
    "tantivy",
    "kiwipiepy",
    "onnxruntime",
    "onnx",
    "sentencepiece",
    "pydantic",
    "rich",
    "apsw",
    "fastapi",
    "torch",
)
Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FirstAsk:
    return first_ask(tmp_path_factory.getbasetemp())


@pytest.fixture
def copy(made: FirstAsk, tmp_path: Path) -> Path:
    """The index of the seeds, to be spoilt."""
    return shutil.copytree(made.data, tmp_path / "copy")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The real command over a data folder; light commands only, or it takes seconds."""
    return partial(_call, geungeo, tmp_path / "cache")


@pytest.fixture
def here(tmp_path: Path) -> Run:
    """The same in this process, where nothing is asked of the process itself."""
    return partial(_call, geungeo_here, tmp_path / "cache")


def _call(
    started: Run, cache: Path, data: Path, *arguments: str | Path | bytes, **more: str
) -> "subprocess.CompletedProcess[bytes]":
    return started(environment(data, cache, **more), *arguments)


def one_line(process: "subprocess.CompletedProcess[bytes]", code: int) -> str:
    """The complaint: one line on stderr, no traceback, nothing on stdout."""
    text = process.stderr.decode()
    assert (process.returncode, process.stdout) == (code, b""), text
    assert text.startswith("geungeo: ")
    assert text.count("\n") == 1
    return text


# The real thing


@pytest.mark.model
class TestForReal:
    def test_the_first_question_builds_the_index_and_says_so(self, made: FirstAsk) -> None:
        assert made.process.returncode == 0, made.process.stderr.decode()
        notes = made.process.stderr.decode()
        assert notes.startswith(f"색인이 없어, 함께 온 예시 글 5건으로 만듭니다: {made.data}\n")
        assert "Traceback" not in notes
        answer = json.loads(made.process.stdout)
        assert answer["question"] == QUESTION
        assert answer["answered"] is True
        assert answer["reason"] == "answered"
        assert answer["citations"][0]["article_id"] == "kt-ms-korean-ai"
        assert "4조6000억 원" in answer["citations"][0]["quote"]
        assert answer["index"]["articles"] == 5
        assert list(made.data.parent.glob("encoder-cache/*.onnx"))

    def test_json_has_the_keys_of_the_contract_and_no_others(self, made: FirstAsk) -> None:
        answer = json.loads(made.process.stdout)
        assert answer.keys() == ANSWER_KEYS
        assert all(citation.keys() == CITATION_KEYS for citation in answer["citations"])
        assert all(passage.keys() == PASSAGE_KEYS for passage in answer["passages"])
        assert all(passage["scores"].keys() == {"dense", "lexical", "fused"} for passage in answer["passages"])
        assert answer["index"].keys() == {"generation", "encoder", "articles", "passages"}
        assert len(answer["passages"]) == 5
        assert made.process.stdout.count(b"\n") == 1

    def test_it_prints_what_the_readme_shows(self, made: FirstAsk) -> None:
        shown = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
        sample = shown.partition(f'```text\n$ geungeo ask "{QUESTION}"\n')[2].partition("```")[0]
        assert geungeo(environment(made.data, made.cache), "ask", QUESTION).stdout.decode() == sample

    def test_an_ascii_locale_a_piped_question_and_english(self, made: FirstAsk) -> None:
        env = environment(made.data, made.cache, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0", TERM="dumb")
        process = geungeo(env, "ask", "-", "--lang", "en", "-k", "1", stdin=QUESTION.encode("cp949") + b"\n")
        lines = process.stdout.decode().splitlines()
        assert (process.returncode, process.stderr) == (0, b"")
        assert "4조6000억 원" in lines[0]
        assert lines[0].endswith("[1]")
        assert any(line.startswith("Evidence · certainty ") for line in lines)
        assert any("한국형 AI 개발 · KPI뉴스 · 2024-10-10" in line for line in lines)
        assert "\x1b" not in process.stdout.decode()

    def test_index_some_that_are_known_one_new_and_one_bad(self, made: FirstAsk, copy: Path, tmp_path: Path) -> None:
        new = tmp_path / "들"
        new.mkdir()
        record = {"id": "부두", "title": PORT.title, "text": PORT.text, "date": "2024-10-03"}
        (new / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps(record).encode() + b"\n"))
        (new / "b.txt").write_bytes(b"\xff\xfe\xfa\xfb\xfc")
        seeds = Path(__file__).parents[3] / "seeds"
        env = environment(copy, made.cache)
        before = current_number(copy)
        process = geungeo(env, "index", seeds, new)
        notes = process.stderr.decode()
        assert process.returncode == 8, notes
        assert process.stdout == b""
        assert f"읽지 못함: {new / 'b.txt'}: " in notes
        assert "추가 1건, 변경 0건, 변경 없음 5건, 실패 1건 · 글 6건" in notes
        assert current_number(copy) == before + 1

    def test_interrupted(self, made: FirstAsk, tmp_path: Path) -> None:
        lines = [
            json.dumps({"id": str(n), "title": "", "text": f"{n}번 글이다. {PORT.text} " * 40}) for n in range(300)
        ]
        (tmp_path / "many.jsonl").write_text("\n".join(lines))
        env = environment(tmp_path / "data", made.cache)
        process = subprocess.Popen(
            command("index", tmp_path / "many.jsonl"),
            env=env,
            stderr=subprocess.PIPE,
            # A shell starts what it runs in the background deaf to SIGINT, this test run perhaps too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        try:
            wait_until((tmp_path / "data" / DATABASE).exists, seconds=150)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            _, notes = process.communicate(timeout=100)
        finally:
            process.kill()
        assert process.returncode == 130, notes.decode()
        assert notes.decode().splitlines()[-1] == (
            "geungeo: 멈췄습니다. 지금까지 넣은 글은 남아 있고, 같은 명령을 다시 내리면 나머지를 넣습니다."
        )
        assert b"Traceback" not in notes
        with FileLock(tmp_path / "data" / "write.lock", timeout=0):
            pass


# Light commands: some as processes, the others in this one


class TestLightCommands:
    def test_list(self, made: FirstAsk, run: Run) -> None:
        process = run(made.data, "list", PYTHONIOENCODING="ascii", LC_ALL="C")
        rows = [line.split("\t") for line in process.stdout.decode().splitlines()]
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)
        assert len(rows) == 5
        by_id = {row[0]: row for row in rows}
        assert by_id["kt-ms-korean-ai"][1:3] == ["2024-10-10", "KPI뉴스"]
        assert by_id["kt-ms-alliance"][1:3] == ["-", "-"]
        assert (process.returncode, process.stderr) == (0, b"")

    def test_list_as_json(self, made: FirstAsk, here: Run) -> None:
        records = [json.loads(line) for line in here(made.data, "list", "--json").stdout.splitlines()]
        assert all(
            record.keys() == {"id", "title", "source", "published_at", "passages", "collection"} for record in records
        )
        assert sum(record["passages"] for record in records) == json.loads(made.process.stdout)["index"]["passages"]

    def test_status_and_doctor(self, made: FirstAsk, here: Run) -> None:
        status = json.loads(here(made.data, "status", "--json").stdout)
        assert (status["articles"], status["generation"], status["folder"]) == (5, 1, str(made.data))
        assert status["encoder"] == json.loads(made.process.stdout)["index"]["encoder"]
        assert "articles: 5\n" in here(made.data, "status", "--lang", "en").stdout.decode()
        doctor = here(made.data, "doctor")
        lines = doctor.stdout.decode().splitlines()
        assert (doctor.returncode, len(lines), doctor.stderr) == (0, 7, b"")
        assert all(": 이상 없음" in line for line in lines)
        assert any("SQLite 3." in line for line in lines)

    def test_doctor_sees_another_encoder_s_index(self, made: FirstAsk, run: Run) -> None:
        doctor = run(made.data, "doctor", "--user-words", Path(__file__), "--lang", "en")
        assert doctor.returncode == 5
        assert b"Rebuild: geungeo index --rebuild" in doctor.stdout

    def test_remove_for_good(self, copy: Path, here: Run) -> None:
        generation = current_number(copy)
        process = here(copy, "remove", "kt-lg-one-team", "없는\x1b[31m글")
        assert process.returncode == 2
        assert process.stderr.decode().splitlines() == [
            "1건을 지웠습니다.",
            "geungeo: 그런 글이 없습니다: 없는␛[31m글. geungeo list로 id를 확인하세요.",
        ]
        assert len(here(copy, "list").stdout.splitlines()) == 4
        assert current_number(copy) == generation + 1
        assert here(copy, "remove", "kt-lg-one-team").returncode == 2
        assert current_number(copy) == generation + 1  # nothing to remove: nothing is made
        assert here(copy, "doctor").returncode == 0

    def test_damaged_vectors_are_found_and_mended(self, copy: Path, here: Run) -> None:
        (vectors,) = copy.glob("generations/*/vectors/*.faiss")
        vectors.write_bytes(vectors.read_bytes()[:-100])
        doctor = here(copy, "doctor")
        assert doctor.returncode == 4
        assert str(vectors) in doctor.stdout.decode()
        assert "doctor --repair" in doctor.stdout.decode()
        repaired = here(copy, "doctor", "--repair", "--lang", "en")
        assert repaired.returncode == 0
        assert all(b": ok" in line for line in repaired.stdout.splitlines())
        assert b"rebuilt" in repaired.stderr

    def test_export_and_import(self, made: FirstAsk, tmp_path: Path, here: Run) -> None:
        backup = tmp_path / "백업.zip"
        exported = here(made.data, "export", backup)
        assert (exported.returncode, exported.stdout) == (0, b"")
        assert f"글 5건, 대목 {self.passages(made)}개를 내보냈습니다: {backup}" in exported.stderr.decode()
        imported = here(tmp_path / "data", "import", backup, "--lang", "en")
        assert imported.returncode == 0
        assert b"5 added, 0 replaced, 0 unchanged" in imported.stderr
        again = here(tmp_path / "data", "import", backup)
        assert "합쳤습니다" in again.stderr.decode()
        assert "변경 없음 5건" in again.stderr.decode()
        assert here(tmp_path / "data", "doctor").returncode == 0
        other = here(tmp_path / "other", "import", backup, "--user-words", Path(__file__))
        assert other.returncode == 5
        backup.write_bytes(backup.read_bytes()[:-9])
        assert str(backup) in one_line(here(tmp_path / "new", "import", backup), 4)
        one_line(here(tmp_path / "data", "import", backup), 4)  # nothing is said to be merged
        one_line(here(tmp_path / "data", "import", tmp_path / "없음.zip"), 2)

    def passages(self, made: FirstAsk) -> int:
        return int(json.loads(made.process.stdout)["index"]["passages"])

    def test_a_damaged_database_is_refused(self, copy: Path, here: Run) -> None:
        damage(copy)
        for name in ("list", "status", "remove"):
            text = one_line(here(copy, name, *(["kt-ms-alliance"] if name == "remove" else [])), 4)
            assert str(copy) in text
        assert here(copy, "doctor").returncode == 4
        assert one_line(here(copy, "doctor", "--repair"), 4)

    def test_a_locked_index(self, copy: Path, here: Run) -> None:
        script = "import sys; from filelock import FileLock\nwith FileLock(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
        holder = subprocess.Popen(
            [sys.executable, "-c", script, copy / "write.lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        try:
            text = one_line(here(copy, "remove", "kt-ms-alliance"), 7)
            assert "--wait" in text
            assert str(copy) in text
            assert len(here(copy, "list").stdout.splitlines()) == 5
        finally:
            holder.communicate(b"")

    @pytest.mark.parametrize("name", ["list", "status", "doctor"])
    def test_no_index(self, tmp_path: Path, here: Run, name: str) -> None:
        text = one_line(here(tmp_path / "없음", name), 2)
        assert str(tmp_path / "없음") in text
        assert "geungeo index" in text
        assert not (tmp_path / "없음").exists()

    def test_an_unknown_variable(self, tmp_path: Path, run: Run) -> None:
        assert "GEUNGEO_TOPK" in one_line(run(tmp_path, "list", GEUNGEO_TOPK="3"), 2)

    def test_a_path_that_is_not_there_loads_nothing_and_leaves_nothing(self, tmp_path: Path, run: Run) -> None:
        text = one_line(run(tmp_path / "data", "index", b"\xb0\xa1.txt", tmp_path / ("긴" * 200)), 2)
        assert "\\xb0\\xa1.txt" in text
        assert not (tmp_path / "data").exists()

    def test_a_question_of_no_text(self, tmp_path: Path, run: Run) -> None:
        assert "유니코드" in one_line(run(tmp_path / "data", "ask", b"\xff\xfeab"), 2)
        assert "비어" in one_line(run(tmp_path / "data", "search", "\u3164"), 2)
        assert not (tmp_path / "data").exists()


def damage(folder: Path) -> None:
    for name in (DATABASE, f"{DATABASE}-wal"):
        if (folder / name).exists():
            (folder / name).write_bytes(b"no database at all" * 1000)


class TestOutput:
    def test_a_reader_that_leaves(self, made: FirstAsk) -> None:
        env = environment(made.data, made.cache)
        for arguments in (["list"], ["--help"]):
            process = subprocess.Popen(command(*arguments), env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            notes = process.stderr.read()
            process.stderr.close()
            assert (process.wait(60), notes) == (0, b"")

    def test_a_full_disk(self, made: FirstAsk) -> None:
        env = environment(made.data, made.cache)
        with Path("/dev/full").open("wb") as full:
            process = subprocess.run(command("list"), env=env, stdout=full, stderr=subprocess.PIPE, check=False)
        assert process.returncode == 6
        assert (
            process.stderr.decode()
            == "geungeo: 출력을 쓸 수 없습니다: 디스크가 가득 찼습니다. 공간을 비우고 다시 실행하세요.\n"
        )

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
    def test_closed_streams(self, made: FirstAsk, closed: str) -> None:
        env = environment(made.data, made.cache)
        line = f'"{sys.executable}" -m rag.cli list {closed}'
        process = subprocess.run(line, shell=True, env=env, capture_output=True, check=False)
        assert (process.returncode, process.stderr) == (0, b"")
        assert len(process.stdout.splitlines()) == (0 if " >&-" in f" {closed}" else 5)

    def test_help_loads_nothing_heavy(self, tmp_path: Path) -> None:
        script = (
            "import sys; from rag.cli import main\n"
            "for arguments in (['--help'], ['ask', '--help'], ['index', '--help'], ['--version'], ['search']):\n"
            "    try: main(arguments)\n"
            "    except SystemExit: pass\n"
            f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
        )
        env = environment(tmp_path, tmp_path)
        process = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, check=True)
        assert process.stderr.decode().splitlines()[-1] == "[]"
        for name in (
            "index",
            "ask",
            "search",
            "serve",
            "eval",
            "remove",
            "list",
            "status",
            "doctor",
            "export",
            "import",
        ):
            assert f"\n  {name} " in process.stdout.decode()


# In this process, over fakes


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """``main`` over a folder of its own, without Kiwi and encoder; the data folder."""
    monkeypatch.setattr(
        "rag.cli.folders.make_ingestor",
        lambda settings: Ingestor(settings.data, HashEncoder(), RegexSplitter(), originals=settings.originals),
    )
    monkeypatch.setattr("rag.loading.load_tools", lambda settings: Tools(HashEncoder(), RegexSplitter()))
    monkeypatch.setattr("rag.cli.kiwi_process.begin_kiwi", lambda: None)
    monkeypatch.setattr(
        "rag.cli.kiwi_process.load_tools_with_kiwi_process",
        lambda settings, kiwi: Tools(HashEncoder(), RegexSplitter()),
    )
    monkeypatch.setattr(
        "rag.loading.make_ingestor",
        lambda settings: Ingestor(settings.data, HashEncoder(), RegexSplitter(), originals=settings.originals),
    )
    monkeypatch.setenv("GEUNGEO_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GEUNGEO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "data"


def test_whoever_calls_main_keeps_their_own_sigterm(fakes: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main(["completion", "bash"]) == 0
    assert exit_code(["ask", "--help"]) == 0
    assert signal.getsignal(signal.SIGTERM) is before


def exit_code(arguments: Sequence[str]) -> object:
    try:
        return cli.main(arguments)
    except SystemExit as error:
        return error.code


def complaint(capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int) -> str:
    """The last line on stderr of a command that fails with ``code``."""
    assert exit_code(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    return captured.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "명령"),
        (["fly"], "fly"),
        (["ask"], "질문이 없습니다"),
        (["aks", "가"], "혹시 ask?"),
        (["--lang", "en", "aks", "가"], "Did you mean ask?"),
        (["ask", "--lang", "en", "가", "--josn"], "no such option: --josn. Did you mean --json?"),
        (["ask", "가", "--josn"], "혹시 --json?"),
        (["ask", "매출", "목표는?"], "목표는?. 질문은 따옴표로"),
        (["search"], "빠진 것이 있습니다: 질문"),
        (["ask", "가", "--from", "2025-13-01"], "달력에 있는 날짜여야 합니다: 2025-13-01"),
        (["index", "내", "문서"], "이름에 빈칸이 있으면 따옴표로 묶으세요"),
        (["search", "--lang", "en"], "required: QUESTION"),
        (["ask", "가", "--from"], "뒤에 값 하나가"),
        (["ask", "가", "--json=가"], "값을 받지 않는"),
        (["ask", "가", "--lang", "en", "-k", "0"], "must be 1–50"),
        (["keys"], "할 일"),
        (["keys", "open"], "'open'은(는) 쓸 수 없습니다"),
        (["serve", "--rate", "0"], "0보다"),
        (["--json", "ask", "가"], "옵션은 명령 뒤에 적어 주세요: geungeo ask --json"),
        (["--data", "/tmp", "list"], "옵션은 명령 뒤에 적어 주세요: geungeo list --data"),
        (["--lang", "en", "--debug", "list"], "options come after the command: geungeo list --debug"),
        (["--fly"], "명령"),
        (["index", ""], "경로가 비어 있습니다"),
        (["list", "--data", "", "--lang", "en"], "the path is empty"),
        (["export", ""], "경로가 비어 있습니다"),
        (["index", __file__, "--wait", "nan"], "0–86400"),
        (["index", __file__, "--wait", "-5"], "0–86400"),
        (["completion"], "빠진 것이 있습니다: {bash,zsh,fish}"),
        (["open", "글:5-3"], "색인이 없습니다"),
        (["ask", "가", "--fly"], "--fly"),
        (["ask", "가", "-k", "0"], "1–50"),
        (["ask", "가", "-k", "51"], "1–50"),
        (["ask", "가", "--k", "-1"], "1–50"),
        (["ask", "가", "-k", "셋"], "알맞은 값이 아닙니다: '셋'"),
        (["ask", "가", "-k", "9" * 5000], "-k"),
        (["search", "가", "-k", "201"], "1–200"),
        (["ask", "가", "--mode", "magic"], "'magic'은(는) 쓸 수 없습니다. 쓸 수 있는 것: 'hybrid'"),
        (["ask", "가", "--from", "어제"], "2024-10-10"),
        (["ask", "가", "--as-of", "어제"], "2024-10-10"),
        (["ask", "가", "--to", "2024-13-01"], "2024-13-01"),
        (["ask", "가", "--lang", "fr"], "fr"),
        (["ask", ""], "비어"),
        (["ask", "  \u200b"], "비어"),
        (["ask", "가" * 2001], "2001자"),
        (["ask", "", "--lang", "en"], "empty"),
        (["search", "??"], "비어"),
        (["index"], "--rebuild"),
        (["index", "/없는/길"], "/없는/길"),
        (["remove"], "ID"),
        (["remove", "없는 글"], "색인이 없습니다"),
        (["ask", "가", "--aliases", "/없는/별칭"], "/없는/별칭 (No such file or directory). 경로와 권한을 확인하세요"),
    ],
)
def test_usage_is_2(fakes: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert words in complaint(capsys, arguments, 2)


def test_index_ask_search(fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for article in (PORT, FESTIVAL):
        (tmp_path / f"{article.id}.txt").write_text(article.text, encoding="utf-8")
    assert cli.main(["index", str(tmp_path / f"{PORT.id}.txt"), str(tmp_path / f"{FESTIVAL.id}.txt")]) == 0
    assert "추가 2건" in capsys.readouterr().err
    assert cli.main(["index", str(tmp_path / f"{PORT.id}.txt"), "--lang", "en"]) == 0
    assert "0 added, 0 replaced, 1 unchanged, 0 failed · 2 articles" in capsys.readouterr().err
    assert current_number(fakes) == 1  # nothing changed: nothing is made
    for arguments in (["--article", PORT.id], ["--mode", "lexical"], ["-k", "1"]):
        assert cli.main(["search", "공사비는 4조6000억원이었다", "--json", *arguments]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found.keys() == {"question", "passages", "expansions", "timings_ms", "index", "completed", "added"}
        assert found["passages"][0]["article_id"] == PORT.id
    assert cli.main(["ask", "공사비는 4조6000억원이었다", "--json", "--from", "2031-01-01"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["answered"], answer["reason"], answer["answer"]) == (False, "index_empty", None)
    assert cli.main(["search", "공사비"]) == 0
    assert capsys.readouterr().out.startswith("[1] ")


def test_a_folder_goes_into_a_collection_and_is_asked_there(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "문서"
    folder.mkdir()
    (folder / f"{PORT.id}.txt").write_text(PORT.text, encoding="utf-8")
    asked = ["search", "공사비는 4조6000억원이었다", "--json", "--collection", "항만"]
    assert cli.main(["index", str(folder)]) == 0
    assert "어느 글도 모음에 넣지 않았습니다" in complaint(capsys, asked, 2)
    assert cli.main(["index", str(folder), "--collection", "항만"]) == 0  # unchanged, but not in the collection yet
    assert cli.main(asked) == 0
    (found,) = (json.loads(line)["passages"] for line in capsys.readouterr().out.splitlines())
    assert {hit["article_id"] for hit in found} == {PORT.id}
    assert cli.main(["index", str(folder)]) == 0  # nothing is said of a collection: it stays
    assert "변경 없음 1건" in capsys.readouterr().err
    assert cli.main(["list", "--collection", "항만", "--json"]) == 0
    assert [json.loads(line)["collection"] for line in capsys.readouterr().out.splitlines()] == ["항만"]


@pytest.fixture
def many(fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """An index of articles in six collections, from sources with names that a terminal would obey."""
    names = ["가", "나", "다", "라", "마", "항만" * 40]
    records = [
        {
            "id": f"글 {name[:9]}",
            "title": "",
            "text": "다리가 놓였다.",
            "source": f"\x1b[3{number}m",
            "collection": name,
        }
        for number, name in enumerate(names)
    ]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")
    assert cli.main(["index", str(tmp_path / "a.jsonl")]) == 0
    capsys.readouterr()
    return fakes


@pytest.mark.parametrize("command", [["ask", "공사비는?"], ["search", "공사비는?", "--json"]])
@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (["--collection", "하"], "그런 모음이 없습니다: 하. 있는 모음: "),
        (["--collection", "항만" * 39], f"혹시 {'항만' * 30}…? 있는 모음: 가, 나, 다, 라, 마 등 6개"),
        (["--collection", "하", "--lang", "en"], "no such collection: 하. There are: 가, 나"),
        (
            ["--article", "글 가", "--article", "글 자\x1b"],
            "그런 글이 없습니다: 글 자␛. 혹시 글 마? 있는 글의 id: 글 가, ",
        ),
        (["--source", "신문"], "그런 출처의 글이 없습니다: 신문. 있는 출처: ␛[30m, ␛[31m"),
        (["--from", "2025-02-01", "--to", "2025-01-01"], "--to의 날이 --from의 날보다 앞섭니다"),
    ],
)
def test_a_filter_of_nothing_names_what_there_is(
    many: Path, capsys: pytest.CaptureFixture[str], command: list[str], filters: list[str], words: str
) -> None:
    told = complaint(capsys, [*command, *filters], 2)
    assert words in told
    assert len(told) < 400


@pytest.mark.parametrize("filters", [["--collection", "하"], ["--source", "신문"], ["--article", "글 하"]])
def test_a_filter_of_nothing_is_told_before_anything_is_loaded(
    many: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], filters: list[str]
) -> None:
    monkeypatch.setattr("rag.cli.kiwi_process.load_tools_with_kiwi_process", mock.Mock(side_effect=AssertionError))
    assert f"{filters[1]}. " in complaint(capsys, ["ask", "공사비는?", *filters], 2)


@pytest.mark.parametrize("filters", [["--collection", "가"], ["--source", "\x1b[30m"], ["--article", "글 가"]])
def test_a_filter_of_something_lists_no_articles(
    many: Path, monkeypatch: pytest.MonkeyPatch, filters: list[str]
) -> None:
    monkeypatch.setattr("index.store.store.Store.list_articles", mock.Mock(side_effect=AssertionError))
    assert cli.main(["search", "공사비는?", *filters]) == 0


def test_a_filter_of_nothing_in_the_samples_is_told_once_they_are_there(
    fakes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "그런 출처의 글이 없습니다: 신문" in complaint(capsys, ["ask", "공사비는?", "--source", "신문"], 2)


def test_a_list_of_no_collection_names_those_there_are(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "있는 모음: 가, 나" in complaint(capsys, ["list", "--collection", "하"], 2)
    assert cli.main(["list", "--collection", " 가 "]) == 0
    assert cli.main(["search", "공사비는?", "--article", " 글 가 "]) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_question_on_standard_input(
    fakes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("매출 목표는 무엇인가?\n".encode(encoding))))
    assert cli.main(["search", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["question"].strip() == "매출 목표는 무엇인가?"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfa\xfb", b"\0" * 100_000, "가".encode() * 50_000, b"\xea\xb0"])
def test_a_bad_question_on_standard_input(
    fakes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert complaint(capsys, ["ask", "-"], 2).startswith("geungeo: ")
    assert not fakes.exists()


@pytest.mark.parametrize(
    "words", [["help"], ["help", "ask"], ["--lang", "en", "help"], ["--lang", "en", "help", "ask"]]
)
def test_help_is_a_command_too(fakes: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert exit_code(words) == exit_code([*(word for word in words if word != "help"), "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown[: len(shown) // 2] == shown[len(shown) // 2 :]


def test_where_nothing_can_be_written_is_told_before_anything_is(
    many: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["export"], ["open", "글 가", "--original"]):
        assert "폴더입니다. 쓸 파일의 이름까지" in complaint(capsys, [*words, str(tmp_path)], 2)
        missing = tmp_path / "없음"
        assert f"쓸 폴더가 없습니다: {missing}." in complaint(capsys, [*words, str(missing / "b.zip")], 2)


def test_a_list_of_nothing_says_so(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["keys", "list"]) == 0
    assert "아직 만든 키가 없습니다" in capsys.readouterr().err
    ids = [f"글 {name}" for name in ("가", "나", "다", "라", "마", ("항만" * 5)[:9])]
    assert cli.main(["remove", *ids]) == 0
    assert complaint(capsys, ["remove", ""], 2) == "geungeo: 그런 글이 없습니다: ''. geungeo list로 id를 확인하세요."
    assert cli.main(["list"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"{say('no_articles', 'ko')}\n")


def test_odd_paths(fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "가.txt").write_text("도서관이 문을 열었다.", encoding="utf-8")
    os.mkfifo(tmp_path / "fifo.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    (tmp_path / "그림.png").write_bytes(b"\x89PNG")
    (tmp_path / "빈.txt").write_bytes(b"")
    odd = ["fifo.txt", "loop.txt", "그림.png", "빈.txt", "가" * 300 + ".jsonl", "없음.txt"]
    assert cli.main(["index", *(str(tmp_path / name) for name in ["가.txt", *odd]), "/dev/zero"]) == 8
    captured = capsys.readouterr()
    assert captured.err.count("읽지 못함: ") == len(odd) + 1
    assert "추가 1건, 변경 0건, 변경 없음 0건, 실패 7건 · 글 1건" in captured.err


@pytest.mark.parametrize("names", [(), (".DS_Store", "Thumbs.db"), ("빈.jsonl",)])
def test_a_folder_with_nothing_to_read_is_told(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], names: Sequence[str]
) -> None:
    folder = tmp_path / "빈 폴더"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"")
    told = complaint(capsys, ["index", str(folder)], 2)
    assert told.startswith(f"geungeo: 읽을 것이 없습니다: {folder}. ")
    assert SHOWN_KINDS in told
    assert "nothing to read in" in complaint(capsys, ["index", str(folder), "--lang", "en"], 2)
    assert cli.main(["list"]) == 2  # no index is left behind


def test_a_followed_folder_that_is_empty_now_is_no_error(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "들"
    folder.mkdir()
    (folder / "가.txt").write_text("도서관이 문을 열었다.", "utf-8")
    assert cli.main(["index", str(folder)]) == 0
    (folder / "가.txt").unlink()
    assert cli.main(["index", str(folder), "--prune", "--yes"]) == 0
    assert say("removed", "ko", count=1) in capsys.readouterr().err
    assert "읽을 것이 없습니다" in complaint(capsys, ["index", str(folder)], 2)


def test_an_empty_folder_may_be_followed(
    fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "빈").mkdir()
    monkeypatch.setattr(time, "sleep", mock.Mock(side_effect=KeyboardInterrupt))
    assert cli.main(["index", str(tmp_path / "빈"), "--watch"]) == 0
    told = capsys.readouterr().err
    assert "읽을 것이 없습니다" in told
    assert say("watch_started", "ko") in told


def test_a_folder_that_nobody_may_enter_is_told_and_its_articles_stay(
    fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "들" / "닫힌 곳"
    closed.mkdir(parents=True)
    for file in (closed / "가.txt", tmp_path / "들" / "나.txt"):
        file.write_text(f"{file.stem} 도서관이 문을 열었다.", "utf-8")
    assert cli.main(["index", str(tmp_path / "들")]) == 0
    close(monkeypatch, closed)
    assert cli.main(["index", str(tmp_path / "들"), "--prune", "--yes"]) == 8
    assert f"읽지 못함: {closed}: 읽을 수 없습니다: Permission denied" in capsys.readouterr().err
    assert cli.main(["index", str(closed)]) == 8
    assert "Permission denied" in capsys.readouterr().err
    assert cli.main(["list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def close(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Refuse what is in a folder, as the system does to who may not enter it; root may enter every one."""
    look, enter = Path.stat, os.scandir

    def refuse(path: Path) -> None:
        if path.is_relative_to(folder):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def stat(path: Path, **flags: bool) -> os.stat_result:
        refuse(path.parent)
        return look(path, **flags)

    def scandir(path: str | int) -> object:
        if isinstance(path, str):  # the test's own folder is removed by number
            refuse(Path(path))
        return enter(path)

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(os, "scandir", scandir)


def test_nothing_but_failures_leaves_no_index_behind(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\xfa\xfb\xfc")
    assert cli.main(["index", str(tmp_path / "bad.txt")]) == 8
    assert cli.main(["list"]) == 2
    assert "아직 색인이 없습니다" in capsys.readouterr().err
    assert cli.main(["search", "매출 목표", "--json"]) == 0  # builds the seeds, as if nothing had been tried
    captured = capsys.readouterr()
    assert json.loads(captured.out)["index"]["articles"] == 5
    assert captured.err.startswith("색인이 없어")


def test_another_encoder_is_5(fakes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["search", "매출"]) == 0
    capsys.readouterr()
    with apsw.Connection(str(fakes / DATABASE)) as db:
        db.execute("UPDATE meta SET value = 'bge-m3' WHERE key = 'encoder'")
    for arguments in (["ask", "매출"], ["index", __file__]):
        assert "geungeo index --rebuild" in complaint(capsys, arguments, 5)
    assert cli.main(["index", "--rebuild"]) == 0
    assert cli.main(["search", "매출"]) == 0


def test_corrupt_is_4(fakes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["search", "매출"]) == 0
    capsys.readouterr()
    for vectors in fakes.glob("generations/*/vectors.faiss"):
        vectors.write_bytes(b"")
    damage(fakes)
    for arguments in (["ask", "매출"], ["search", "매출"], ["index", __file__], ["list"]):
        assert DATABASE in complaint(capsys, arguments, 4)


@pytest.mark.parametrize("place", ["file", "file/data", "/proc/geungeo"])
def test_a_data_folder_that_cannot_be_one_is_6(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    (tmp_path / "file").write_text("")
    data = str(tmp_path / place)
    for arguments in (["ask", "매출"], ["index", __file__]):
        text = complaint(capsys, [*arguments, "--data", data], 6)
        assert data in text
        assert "--data" in text


def test_locked_is_7(fakes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fakes.mkdir()
    with FileLock(fakes / "write.lock"):
        assert "--wait" in complaint(capsys, ["index", __file__], 7)
        assert "--wait" in complaint(capsys, ["index", __file__, "--wait", "0.2", "--lang", "en"], 7)


def test_a_missing_model_is_3(fakes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> Tools:
        raise ModelError("모델이 없습니다: 가.bin", "no model: 가.bin")

    monkeypatch.setattr("rag.loading.load_tools", fail)
    monkeypatch.setattr("rag.cli.kiwi_process.load_tools_with_kiwi_process", fail)
    monkeypatch.setattr("rag.loading.make_ingestor", fail)
    assert complaint(capsys, ["ask", "매출", "--lang", "en"], 3) == "geungeo: no model: 가.bin"
    assert not fakes.exists()


def test_interrupted_is_130(fakes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object, **__: object) -> Engine:
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.loading.open_pipeline", interrupt)
    assert complaint(capsys, ["ask", "매출"], 130) == "geungeo: 멈췄습니다."
    assert complaint(capsys, ["ask", "매출", "--lang", "en"], 130) == "geungeo: Stopped."


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_what_is_said_of_an_interrupted_command_is_about_it(name: str) -> None:
    text = say(cli.stopped_key(name), "ko")
    assert text.startswith("멈췄습니다.")
    assert ("글은 남아 있고" in text) == (name in ("index", "import"))
    assert ("보고서" in text) == (name == "eval")


def test_whoever_reads_may_leave_after_a_line(fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F20: ``ask … | head -1`` is no failure; rich ends the program with 1."""
    source = tmp_path / "port.txt"
    source.write_text(PORT.text, "utf-8")
    assert cli.main(["index", str(source)]) == 0
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as output:
        monkeypatch.setattr(sys, "stdout", output)
        assert exit_code(["ask", PORT.title]) == 0
        monkeypatch.undo()


def test_opening_a_place(fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "첫 줄이다.\n둘째 줄에 \x1b[31m값 31이 있다.\n셋째 줄이다."
    record = {"id": "글:1", "title": "제목", "text": text, "date": "2024-10-10", "source": "신문", "url": "http://a/b"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record), "utf-8")
    assert cli.main(["index", str(tmp_path / "a.jsonl")]) == 0
    capsys.readouterr()
    start = text.index("값 31")
    place = f"글:1:{start}-{start + 4}"
    assert cli.main(["open", place]) == 0
    shown = capsys.readouterr().out
    assert shown == (
        "제목 · 신문 · 2024-10-10\nhttp://a/b\n\n첫 줄이다.\n둘째 줄에 ␛[31m▶값 31◀이 있다.\n셋째 줄이다.\n"
    )
    assert cli.main(["open", place, "--around", "3"]) == 0
    assert capsys.readouterr().out.endswith("\n\n…31m▶값 31◀이 있…\n")
    assert cli.main(["open", place, "--json", "--around", "0"]) == 0
    opened = json.loads(capsys.readouterr().out)
    assert (opened["article_id"], opened["start"], opened["quote"]) == ("글:1", start, "값 31")
    assert (opened["before"], opened["after"]) == ("", "")
    assert cli.main(["open", "글:1"]) == 0
    assert "첫 줄이다.\n" in capsys.readouterr().out


def test_an_opened_place_is_told_as_a_citations_is(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "값.csv").write_text("이름,값\n휴가비,30만원\n", "utf-8")
    assert cli.main(["index", str(tmp_path / "값.csv")]) == 0
    assert cli.main(["open", "값.csv:9-13", "--json"]) == 0
    opened = json.loads(capsys.readouterr().out)
    assert (opened["quote"], opened["locator"]) == ("30만원", {"row": 2, "column": 2})


def test_an_original_file_is_kept_named_and_written_out(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "부두.txt", tmp_path / "꺼낸 파일.txt"
    source.write_text(PORT.text, "utf-8")
    assert cli.main(["index", str(source)]) == 0
    capsys.readouterr()
    assert "GEUNGEO_ORIGINALS=1" in complaint(capsys, ["open", "부두", "--original", str(target)], 2)
    monkeypatch.setenv("GEUNGEO_ORIGINALS", "1")
    assert cli.main(["index", str(source)]) == 0
    assert cli.main(["open", "부두"]) == 0
    assert "원본 파일: 부두.txt" in capsys.readouterr().out
    assert cli.main(["open", "부두", "--original", str(target)]) == 0
    assert target.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert cli.main(["open", "부두", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["original"] == "부두.txt"
    assert cli.main(["export", str(tmp_path / "backup.zip")]) == 0
    assert "원본 파일 1개는 백업에 들어가지 않습니다" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "words"),
    [("글:3-3", "3–3인 자리가 없습니다"), ("글:0-99", "글은 0–6"), ("딴 글:0-1", "그런 글이 없습니다")],
)
def test_a_place_that_is_not_there(
    fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, words: str
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "글", "title": "", "text": "첫 줄이다."}), "utf-8")
    assert cli.main(["index", str(tmp_path / "a.jsonl")]) == 0
    capsys.readouterr()
    assert words in complaint(capsys, ["open", place], 2)


def test_a_citation_names_a_place_that_opens(fakes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "port.txt").write_text(PORT.text, "utf-8")
    assert cli.main(["index", str(tmp_path / "port.txt")]) == 0
    assert cli.main(["search", "공사비", "-k", "1"]) == 0
    place = capsys.readouterr().out.splitlines()[-1].strip()
    assert cli.main(["open", place, "--json"]) == 0
    opened = json.loads(capsys.readouterr().out)
    assert opened["quote"] == PORT.text[opened["start"] : opened["end"]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "seen"), [(Terminal, True), (io.StringIO, False)])
def test_something_turns_while_a_question_waits_on_a_terminal(
    fakes: Path, monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO], seen: bool
) -> None:
    assert cli.main(["search", "매출", "--json"]) == 0
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream())
    assert cli.main(["search", "매출", "--json"]) == 0
    assert ("불러오고 찾는 중" in sys.stderr.getvalue()) == seen  # type: ignore[attr-defined]


def test_a_folder_is_followed_and_what_is_gone_removed(
    fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "들"
    folder.mkdir()
    (folder / "가.txt").write_text("도서관이 문을 열었다.", "utf-8")
    (folder / "나.txt").write_text("시장이 문을 닫았다.", "utf-8")
    between = iter([lambda: (folder / "다.txt").write_text("다리가 놓였다.", "utf-8"), (folder / "가.txt").unlink])

    def sleep(seconds: float) -> None:
        if seconds < folders._WATCH_SECONDS:
            return  # whether a file is still being written
        change = next(between, None)
        if change is None:
            raise KeyboardInterrupt
        change()

    monkeypatch.setattr(time, "sleep", sleep)
    assert cli.main(["index", str(folder), "--watch", "--prune", "--yes"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if not line.startswith("색인: ")] == [
        "추가 2건, 변경 0건, 변경 없음 0건, 실패 0건 · 글 2건, 대목 2개",
        say("watch_started", "ko"),
        "추가 1건, 변경 0건, 변경 없음 2건, 실패 0건 · 글 3건, 대목 3개",
        say("watch_started", "ko"),
        "추가 0건, 변경 0건, 변경 없음 2건, 실패 0건 · 글 3건, 대목 3개",
        say("gone", "ko", count=1, ids="가"),
        say("removed", "ko", count=1),
        say("watch_started", "ko"),
        say("watch_stopped", "ko"),
    ]


def test_an_empty_folder_that_another_program_indexes_is_waited_for(
    fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    happened: list[str] = []

    def locked(*_: object) -> int:
        assert happened[-1:] != ["locked"], "asked again without a pause"
        happened.append("locked")
        raise LockedError("다른 프로그램이 쓰는 중입니다.", "another program is writing.")

    def sleep(seconds: float) -> None:
        happened.append("slept")
        if happened.count("slept") == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(folders, "index_paths", locked)
    monkeypatch.setattr(time, "sleep", sleep)
    empty = tmp_path / "빈"
    empty.mkdir()
    assert cli.main(["index", str(empty), "--watch"]) == 0
    assert happened == ["locked", "slept"] * 3
    assert capsys.readouterr().err.splitlines()[-1] == say("watch_stopped", "ko")


def test_the_size_of_a_folder_leaves_out_what_is_dropped_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "남음").write_bytes(b"12345")
    (tmp_path / "없어짐").write_bytes(b"123")
    look = Path.stat

    def stat(path: Path, **flags: bool) -> os.stat_result:
        seen = look(path, **flags)
        if path.name == "없어짐":
            path.unlink()
        return seen

    (tmp_path / "없는 곳").symlink_to(tmp_path / "어디에도 없음")
    monkeypatch.setattr(Path, "stat", stat)
    assert commands._bytes(tmp_path) == 8


def test_an_earlier_question_that_cannot_be_asked_is_refused(
    fakes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "비어" in complaint(capsys, ["ask", "매출은?", "--after", "?!"], 2)
    assert "비어" in complaint(capsys, ["search", "매출은?", "--after", "?!"], 2)
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert "비어" in complaint(capsys, ["ask", "--after", "?!"], 2)


def test_what_is_gone_is_told_and_kept_unless_somebody_agrees(
    fakes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "들"
    folder.mkdir()
    for name in ("가", "나"):
        (folder / f"{name}.txt").write_text(f"{name} 도서관이 문을 열었다.", "utf-8")
    assert cli.main(["index", str(folder)]) == 0
    (folder / "가.txt").unlink()
    assert cli.main(["index", str(folder)]) == 0
    assert say("how_to_prune", "ko") in capsys.readouterr().err
    assert "--yes" in complaint(capsys, ["index", str(folder), "--prune"], 2)
    for answer, left in (("아니요", 2), ("네", 1)):
        monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
        assert cli.main(["index", str(folder), "--prune"]) == 0
        assert say("prune_question", "ko") in capsys.readouterr().err
        assert cli.main(["list"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == left


def test_a_bug_of_ours_is_1_one_line_and_a_traceback_only_for_debug(
    fakes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("첫 줄\n둘째 줄 \x1b[31m")

    monkeypatch.setattr("rag.cli.commands.run", fail)
    assert cli.main(["ask", "매출"]) == 1
    captured = capsys.readouterr()
    assert captured.err == (
        "geungeo: 뜻밖의 오류입니다: RuntimeError: 첫 줄 둘째 줄 ␛[31m. --debug로 다시 실행해 알려 주세요.\n"
    )
    with pytest.raises(RuntimeError):
        cli.main(["ask", "매출", "--debug"])
