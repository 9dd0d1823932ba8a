"""What every test may count on: no settings of the machine's, no network, and one Kiwi for the whole run."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from index.sentences import SentenceSplitter
from tests.browser_fixtures import browser, service, shots, visit

__all__ = ["browser", "service", "shots", "visit"]

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # for tests that import onnxruntime themselves (see index.bundled_encoder)
settings.register_profile("untimed", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No ``GEUNGEO_*`` of whoever runs the tests, and no model from the hub."""
    for name in list(os.environ):
        if name.startswith("GEUNGEO_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return


@pytest.fixture(scope="session")
def splitter() -> SentenceSplitter:
    """The real one; Kiwi takes two seconds to load."""
    return SentenceSplitter()
