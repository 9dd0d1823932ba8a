"""What DrawingML holds of text, in whatever document it stands: paragraphs of shapes, tables, charts and diagrams."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from index.reading.composing.composer import cell_text
from index.reading.composing.list_numbers import above, number
from index.reading.containers.bounds import DamagedError
from index.reading.containers.package import Package
from index.reading.containers.xml import Node

_AUTO = {"arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman"}
_AUTO |= {"romanUc": "upperRoman", "circleNum": "decimalEnclosedCircle", "hangul": "ganada"}
_ENDS = {"Period": ("", ". "), "ParenR": ("", ") "), "ParenBoth": ("(", ") "), "Plain": ("", " "), "Hyphen": ("", "- ")}
_CHART_ROWS = 2_000


def paragraphs(body: Node) -> Iterator[str]:
    """Yield the paragraphs of a shape's text, with the numbers of numbered lists."""
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for paragraph in body.all("p"):
        text = paragraph_text(paragraph)
        if not text.strip():
            continue
        yield _auto_number(paragraph, counts) + text


def paragraph_text(paragraph: Node) -> str:
    """Return what people see of a paragraph; the slide's number, which is counted and not written, left out."""
    parts = []
    for node in paragraph.children:
        if node.tag == "br":
            parts.append("\n")
        elif node.tag == "r" or (node.tag == "fld" and node.get("type") != "slidenum"):
            text = "".join(child.text for child in node.all("t"))
            parts.append(above(parts[-1] if parts else "", text) if _is_raised(node) else text)
        elif node.tag in ("m", "AlternateContent", "m:oMath", "m:oMathPara"):
            parts.extend(child.text for child in seen(node) if child.tag in ("m:t", "t"))
    return "".join(parts).replace("\v", "\n").replace("\t", " ")


def _is_raised(run: Node) -> bool:
    properties = run.child("rPr")
    return properties is not None and properties.number("baseline") > 0


def seen(root: Node) -> Iterator[Node]:
    """Yield ``root`` and everything below it, of alternatives only the first."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(drawn_children(node)))


def drawn_children(node: Node) -> Sequence[Node]:
    """Return what is below a node; of alternatives only the first."""
    if node.tag == "AlternateContent":
        return (node.all("Choice") or node.all("Fallback"))[:1]
    return node.children


def table_rows(table: Node) -> Iterator[list[str]]:
    """Yield the cells of each row; those that another covers are empty."""
    for row in table.all("tr"):
        cells = []
        for cell in row.all("tc"):
            body = cell.child("txBody")
            covered = cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true")
            cells.append("" if covered or body is None else cell_text(" ".join(paragraphs(body))))
        yield cells


def related_rows(package: Package, part: str) -> list[list[str]]:
    """Return the rows of a chart or a diagram; none where its part is missing or broken."""
    if part not in package:
        return []
    try:
        root = package.tree(part)
    except DamagedError:
        return []
    return chart_rows(root) if root.tag == "chartSpace" else diagram_rows(root)


def diagram_rows(root: Node) -> list[list[str]]:
    """Return the texts of a diagram, each a row."""
    bodies = [node for node in root.walk() if node.tag == "t" and node.all("p")]
    return [[cell_text(text)] for body in bodies for text in paragraphs(body)]


def chart_rows(root: Node) -> list[list[str]]:
    """Return a chart's title, then its figures as a table: the series name the columns, the categories the rows."""
    nodes = list(root.walk())
    rows = [[title] for node in nodes if node.tag == "title" and (title := cell_text(_texts(node)))]
    series = [node for node in nodes if node.tag == "ser"]
    columns = [_points(node.child("val") or node.child("yVal")) for node in series]
    if not any(columns):
        return rows
    names = [cell_text(" ".join(_points(node.child("tx")).values())) for node in series]
    categories = next((found for node in series if (found := _points(node.child("cat") or node.child("xVal")))), {})
    if any(names):
        rows.append(["", *names])
    places = sorted({position for column in columns for position in column})[:_CHART_ROWS]
    rows.extend(
        [categories.get(position, ""), *(column.get(position, "") for column in columns)] for position in places
    )
    return rows


def _points(node: Node | None) -> dict[int, str]:
    if node is None:
        return {}
    found: dict[int, str] = {}
    for position, point in enumerate(child for child in node.walk() if child.tag == "pt"):
        value = point.child("v")
        index = point.get("idx")
        if value is not None:
            found[int(index) if index.isdecimal() and len(index) < 9 else position] = _figure(cell_text(value.text))
    if not found and (value := node.child("v")) is not None:
        return {0: value.text}
    return found


def _figure(text: str) -> str:
    """Return a number without what binary fractions add: 4.3000000000000001."""
    if len(text) < 15 or "." not in text:
        return text
    try:
        return format(float(text), ".15g")
    except ValueError:
        return text


def _texts(node: Node) -> str:
    return " ".join("".join(run.text for run in p.walk() if run.tag == "t") for p in node.walk() if p.tag == "p")


def _auto_number(paragraph: Node, counts: dict[tuple[int, str], int]) -> str:
    properties = paragraph.child("pPr")
    level = properties.get("lvl", "0") if properties else "0"
    depth = int(level) if level.isdecimal() and len(level) < 3 else 0
    for key in [key for key in counts if key[0] > depth]:
        del counts[key]
    auto = properties.child("buAutoNum") if properties else None
    if auto is None:
        for key in [key for key in counts if key[0] == depth]:
            del counts[key]
        return ""
    kind = auto.get("type", "arabicPeriod")
    start = auto.get("startAt", "1")
    counts[depth, kind] += 1
    count = counts[depth, kind] - 1 + (int(start) if start.isdecimal() and len(start) < 6 else 1)
    return _auto_written(count, kind)


def _auto_written(count: int, kind: str) -> str:
    family = next((name for name in sorted(_AUTO, key=len, reverse=True) if kind.startswith(name)), "arabic")
    before, after = next((marks for end, marks in _ENDS.items() if kind.endswith(end)), ("", " "))
    return f"{before}{number(count, _AUTO[family])}{after}"
