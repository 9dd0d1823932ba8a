"""Settings come from the environment, within bounds, under names that are known, and stay as they are."""

from pathlib import Path

import pytest
from platformdirs import user_cache_path, user_data_path
from pydantic import ValidationError

from index.errors import ReadError, UsageError
from rag.loading import read_user_words
from rag.settings import Settings, load_settings


def test_defaults_are_the_users_own_folders() -> None:
    settings = load_settings()
    assert settings.data == user_data_path("geungeo", appauthor=False)
    assert settings.cache == user_cache_path("geungeo", appauthor=False)
    assert (settings.model, settings.user_words, settings.aliases, settings.threads) == ("", None, None, 0)


def test_every_field_has_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "data": "/자료",
        "cache": "/곳간",
        "model": "./bge-m3",
        "user_words": "w.txt",
        "aliases": "a.txt",
        "reader": "always",
        "shared": "1",
        "threads": "3",
        "gold": "1",
        "writer_key": "secret",
        "writer_wait": "1.5",
        "truth": "postgresql://geungeo@db/geungeo",
        "originals": "1",
        "engine": "milvus://127.0.0.1:19530",
    }
    assert values.keys() == Settings.model_fields.keys()
    for name, value in values.items():
        monkeypatch.setenv(f"GEUNGEO_{name.upper()}", value)
    assert load_settings() == Settings(
        data=Path("/자료"),
        cache=Path("/곳간"),
        model="./bge-m3",
        user_words=Path("w.txt"),
        aliases=Path("a.txt"),
        reader="always",
        shared=True,
        threads=3,
        gold=True,
        writer_wait=1.5,
        originals=True,
    )


def test_flags_win_over_the_environment_and_none_is_no_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEUNGEO_DATA", "/환경")
    assert load_settings(data=Path("/깃발"), model=None).data == Path("/깃발")
    assert load_settings(data=None).data == Path("/환경")


def test_an_empty_variable_is_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(f"GEUNGEO_{name.upper()}", "")
    settings = load_settings()
    assert settings.data == user_data_path("geungeo", appauthor=False)  # and not the folder one happens to stand in
    assert settings.aliases is None


@pytest.mark.parametrize("value", ["-1", "257", "many", "1.5", "1e99"])
def test_bounds_name_the_variable_its_value_and_the_cure(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GEUNGEO_THREADS", value)
    with pytest.raises(
        UsageError, match=f"쓸 수 없는 값입니다: GEUNGEO_THREADS={value}. .*docs/configuration.md"
    ) as caught:
        load_settings()
    assert caught.value.exit_code == 2
    assert f"GEUNGEO_THREADS={value}. docs/configuration.md" in caught.value.english


def test_a_secret_that_is_refused_is_not_said_again() -> None:
    with pytest.raises(UsageError, match=r"GEUNGEO_WRITER_KEY\.") as caught:
        load_settings(writer_key=["비밀"])
    assert "비밀" not in f"{caught.value.korean}{caught.value.english}"


@pytest.mark.parametrize("value", ["0", "256"])
def test_bounds_are_inclusive(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GEUNGEO_THREADS", value)
    assert load_settings().threads == int(value)


@pytest.mark.parametrize("name", ["GEUNGEO_DATAA", "GEUNGEO_TOP_K", "GEUNGEO_"])
def test_an_unknown_variable_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(UsageError, match=name) as caught:
        load_settings()
    assert "GEUNGEO_DATA," in caught.value.korean
    assert "GEUNGEO_THREADS" in caught.value.english


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().threads = 4  # type: ignore[misc]


def test_user_words(tmp_path: Path) -> None:
    path = tmp_path / "낱말.txt"
    path.write_text("\n소버린 AI\n# 설명\n  # 들여 쓴 설명\n  믿음 K \n", encoding="utf-8")
    assert read_user_words(path) == ["소버린 AI", "믿음 K"]
    assert read_user_words(None) == ()


def test_user_words_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    garbled = tmp_path / "g.txt"
    garbled.write_bytes(b"\xff\xfe\xfa\xfb\xfc")
    for path in (tmp_path / "없음", tmp_path, garbled):
        with pytest.raises(ReadError) as caught:
            read_user_words(path)
        assert str(path) in caught.value.korean
        assert str(path) in caught.value.english
