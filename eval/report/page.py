"""HTML pages of the evaluation: one file each, nothing fetched, every string from outside escaped, in Korean or English."""

from collections.abc import Callable
from pathlib import Path

from eval.measures.catalogue import BY_KEY
from eval.report.english import ENGLISH

Say = Callable[..., str]  # a Korean text of ours, and values for its {places}, to a text in one language
_TEMPLATES = Path(__file__).parent / "templates"


def page(template: str, lang: str, **values: object) -> str:
    """Render a template. Its own words are Korean, and looked up in :data:`eval.report.english.ENGLISH` for ``"en"``."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(lang=lang, _=words(lang), measures=BY_KEY, **values)


def words(lang: str) -> Say:
    """Return what turns a Korean text of ours into one in ``lang``, with values in its ``{places}``."""
    texts = ENGLISH if lang == "en" else {}
    return lambda text, **values: texts.get(text, text).format(**values)
