"""Settings: inert, bounded, frozen; from ``GEUNGEO_*`` in the environment, overridden by the command line."""

import os
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import UsageError

_PREFIX = "GEUNGEO_"
_SECRET = frozenset({"truth", "engine", "writer_key"})  # whose values are not said again


class Settings(BaseSettings):
    """Every field is an environment variable: ``data`` is ``GEUNGEO_DATA``."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data: Path = Field(default_factory=lambda: user_data_path("geungeo", appauthor=False))
    cache: Path = Field(default_factory=lambda: user_cache_path("geungeo", appauthor=False))
    model: str = Field(
        default="", description="empty: the packaged encoder; else a sentence-transformers name or folder"
    )
    user_words: Path | None = Field(default=None, description="words Kiwi shall keep whole, one a line")
    aliases: Path | None = Field(default=None, description="alias groups of your own, one a line")
    reader: Literal["auto", "off", "always"] = Field(
        default="auto",
        description="whether a small model reads question and document together: two pieces of the unsure ones",
    )
    truth: SecretStr = Field(
        default=SecretStr(""),
        description="postgresql://…: where nodes keep their articles together; empty: in the data folder",
    )
    engine: SecretStr = Field(
        default=SecretStr(""),
        description="milvus://…: the Milvus that is searched; embedded: files of the data folder; empty: as before",
    )
    shared: bool = Field(
        default=False, description="files of the data folder as the umask says, not for their owner alone"
    )
    gold: bool = Field(default=False, description="keep what people say of answers (right, wrong) in the data folder")
    originals: bool = Field(
        default=False, description="keep the files that articles are read from, to be opened from a citation"
    )
    writer_key: SecretStr = Field(default=SecretStr(""), description="API key of the service that --writer names")
    writer_wait: float = Field(
        default=2.0,
        ge=0,
        le=8,
        description="seconds that a reply sent whole waits for what --writer writes; streams begin at once",
    )
    threads: int = Field(default=0, ge=0, le=256, description="encoder threads for passages; 0: one a core")


def load_settings(**overrides: object) -> Settings:
    """Read settings from the environment and ``overrides`` (those not None). Raises UsageError naming the bad ones."""
    unknown = [
        name
        for name in os.environ
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX).lower() not in Settings.model_fields
    ]
    if unknown:
        known = ", ".join(f"{_PREFIX}{name.upper()}" for name in Settings.model_fields)
        raise UsageError(
            f"모르는 환경 변수입니다: {', '.join(unknown)}. 쓸 수 있는 것: {known}",
            f"unknown environment variable: {', '.join(unknown)}. Known: {known}",
        )
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        refused = ", ".join(_said(str(part["loc"][0]), part["input"]) for part in error.errors())
        raise UsageError(
            f"쓸 수 없는 값입니다: {refused}. 쓸 수 있는 값은 docs/configuration.md에 있습니다.",
            f"unusable value: {refused}. docs/configuration.md has those that can be used.",
        ) from None


def _said(field: str, value: object) -> str:
    name = f"{_PREFIX}{field.upper()}"
    return name if field in _SECRET else f"{name}={value}"
