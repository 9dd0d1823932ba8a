"""What a Word document's styles and lists say of its paragraphs: names, what is hidden, list numbers."""

import re
from collections import defaultdict
from dataclasses import dataclass

from index.reading.composing.list_numbers import number, symbol
from index.reading.containers.xml import Node

_CHAIN = 20  # styles based on styles
_LEVELS = 9
_PLACEHOLDER = re.compile(r"%(\d)")


def is_on(node: Node | None) -> bool:
    """Return whether a switch such as ``w:vanish`` is there and not turned off."""
    return node is not None and node.get("val", "1") not in ("0", "false", "off")


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Which list, and how deep in it; None where nothing is said."""

    list_id: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    based_on: str
    hidden: bool | None
    place: ListPlace


@dataclass(frozen=True, slots=True)
class _Level:
    kind: str
    text: str
    start: int
    glued: bool
    legal: bool


class Styles:
    """Of styles.xml; of nothing, where it is missing."""

    def __init__(self, root: Node | None) -> None:
        nodes = root.all("style") if root else []
        self._styles = {node.get("styleId"): _style(node) for node in nodes}
        ordinary = [n for n in nodes if n.get("type") == "paragraph" and n.get("default") in ("1", "true", "on")]
        self.default = ordinary[0].get("styleId") if ordinary else ""

    def name(self, style: str) -> str:
        """Return the style's name in small letters: "caption", "toc 1", "title"."""
        return self._styles[style].name if style in self._styles else ""

    def is_hidden(self, style: str) -> bool:
        """Return whether text of that style is not shown."""
        return next((ancestor.hidden for ancestor in self._chain(style) if ancestor.hidden is not None), False)

    def list_place(self, style: str) -> ListPlace:
        """Return the list that paragraphs of that style belong to."""
        chain = self._chain(style)
        list_id = next((ancestor.place.list_id for ancestor in chain if ancestor.place.list_id is not None), None)
        level = next((ancestor.place.level for ancestor in chain if ancestor.place.level is not None), None)
        return ListPlace(list_id, level)

    def _chain(self, style: str) -> list[_Style]:
        found: list[_Style] = []
        while style in self._styles and len(found) < _CHAIN:
            found.append(self._styles[style])
            style = found[-1].based_on
        return found


class Lists:
    """Of numbering.xml; counts as its paragraphs come."""

    def __init__(self, root: Node | None, styles: Styles) -> None:
        nodes = {node.get("abstractNumId"): node for node in root.all("abstractNum")} if root else {}
        self._abstract = {name: _levels(node) for name, node in nodes.items()}
        self._of_style = {name: _value(node, "numStyleLink") for name, node in nodes.items()}
        self._lists = {node.get("numId"): node for node in root.all("num")} if root else {}
        self._styles = styles
        self._counts: dict[str, list[int | None]] = defaultdict(lambda: [None] * _LEVELS)
        self._seen: set[tuple[str, int]] = set()

    def label(self, place: ListPlace, style: str) -> str:
        """Return the next paragraph's number with what parts it from the words ("가. "), "" where there is none."""
        named = self._styles.list_place(style)
        list_id = place.list_id if place.list_id is not None else named.list_id
        level = place.level if place.level is not None else named.level or 0
        node = self._lists.get(list_id or "")
        if node is None or not 0 <= level < _LEVELS:
            return ""
        abstract = self._abstract_of(node)
        levels = {**self._abstract.get(abstract, {}), **_overrides(node)}
        if level not in levels:
            return ""
        counts = self._count(abstract, levels, level, node)
        return _written(levels, level, counts)

    def _abstract_of(self, node: Node) -> str:
        abstract = _value(node, "abstractNumId")
        if style := self._of_style.get(abstract):
            linked = self._lists.get(self._styles.list_place(style).list_id or "")
            return _value(linked, "abstractNumId") if linked else abstract
        return abstract

    def _count(self, abstract: str, levels: dict[int, _Level], level: int, node: Node) -> list[int | None]:
        counts = self._counts[abstract]
        restart = _restart(node, level)
        key = (node.get("numId"), level)
        if restart is not None and key not in self._seen:
            counts[level] = restart
        else:
            last = counts[level]
            counts[level] = levels[level].start if last is None else last + 1
        self._seen.add(key)
        for upper in range(level):
            if counts[upper] is None:
                counts[upper] = levels[upper].start if upper in levels else 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        return counts


def _written(levels: dict[int, _Level], level: int, counts: list[int | None]) -> str:
    own = levels[level]
    if own.kind == "bullet":
        label = "".join(symbol(ord(char)) for char in own.text[:1]) or "•"
    elif own.kind == "none" and not _PLACEHOLDER.sub("", own.text).strip():
        return ""
    else:
        label = _PLACEHOLDER.sub(lambda match: _part(levels, int(match[1]) - 1, counts, legal=own.legal), own.text)
    label = label.strip()
    return label and (label if own.glued else f"{label} ")


def _part(levels: dict[int, _Level], level: int, counts: list[int | None], *, legal: bool) -> str:
    count = counts[level] if 0 <= level < _LEVELS else None
    if count is None or level not in levels:
        return ""
    return number(count, "decimal" if legal else levels[level].kind)


def _style(node: Node) -> _Style:
    run = node.child("rPr")
    paragraph = node.child("pPr")
    vanish = run.child("vanish") if run else None
    place = list_place(paragraph.child("numPr") if paragraph else None)
    hidden = None if vanish is None else is_on(vanish)
    return _Style(_value(node, "name").lower(), _value(node, "basedOn"), hidden, place)


def list_place(node: Node | None) -> ListPlace:
    """Return the place in a list that a ``w:numPr`` names."""
    if node is None:
        return ListPlace()
    return ListPlace(_value(node, "numId") or None, _integer(_value(node, "ilvl")))


def _levels(node: Node) -> dict[int, _Level]:
    found = {}
    for level in node.all("lvl"):
        place = _integer(level.get("ilvl"))
        if place is not None:
            found[place] = _Level(
                _value(level, "numFmt") or "decimal",
                _value(level, "lvlText"),
                _integer(_value(level, "start")) or 0,
                _value(level, "suff") == "nothing",
                is_on(level.child("isLgl")),
            )
    return found


def _overrides(node: Node) -> dict[int, _Level]:
    return {depth: level for override in node.all("lvlOverride") for depth, level in _levels(override).items()}


def _restart(node: Node, level: int) -> int | None:
    for override in node.all("lvlOverride"):
        if override.get("ilvl") == str(level):
            return _integer(_value(override, "startOverride"))
    return None


def _value(node: Node, tag: str) -> str:
    child = node.child(tag)
    return child.get("val") if child else ""


def _integer(written: str) -> int | None:
    return int(written) if written.isdecimal() and len(written) < 7 else None
