"""Some of the page's tests take names from test_browser.py: without Playwright they cannot even be imported."""

from importlib.util import find_spec
from pathlib import Path

_SHARED = "from tests.api.page.test_"
_HERE = Path(__file__).parent
collect_ignore = [
    path.name
    for path in _HERE.glob("test_*.py")
    if find_spec("playwright") is None and _SHARED in path.read_text(encoding="utf-8")
]
