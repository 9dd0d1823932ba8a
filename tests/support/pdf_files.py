"""PDF files made for tests: Korean lines at given heights, and files that are wrong in one way."""

import io
import zlib
from collections.abc import Sequence

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

FONT = "HYSMyeongJo-Medium"
_TO_THE_PAGE = {0: (0, 0), 90: (0, -595), 180: (-595, -842), 270: (-842, 0)}  # a turned sheet, by its degrees
PLACED = tuple[float, float, str]  # x and y in points from the lower left corner, and what is written there


def pdf_file(
    pages: Sequence[Sequence[PLACED] | None],
    *,
    size: float = 12,
    title: str = "",
    author: str = "",
    turned: int = 0,
    encryption: StandardEncryption | None = None,
    sizes: dict[str, float] | None = None,
) -> bytes:
    """A file with these lines on its pages; ``sizes`` are those of single lines. None is a page with a picture alone."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    file = io.BytesIO()
    sheet = canvas.Canvas(file, pagesize=(595, 842), encrypt=encryption, invariant=True)
    sheet.setTitle(title)
    sheet.setAuthor(author)
    for lines in pages:
        sheet.setPageRotation(turned)
        sheet.rotate(turned)
        sheet.translate(*_TO_THE_PAGE[turned])
        if lines is None:
            sheet.rect(50, 50, 400, 600, fill=1)
        for x, y, text in lines or ():
            sheet.setFont(FONT, (sizes or {}).get(text, size))
            sheet.drawString(x, y, text)
        sheet.showPage()
    sheet.save()
    return file.getvalue()


def paragraph(*lines: str, x: float = 72, top: float = 700, step: float = 20) -> list[PLACED]:
    """Lines below each other."""
    return [(x, top - step * number, line) for number, line in enumerate(lines)]


def raw_pdf(*objects: bytes) -> bytes:
    """Objects 1, 2, … as they are; the first is the catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def one_page(content: bytes, resources: bytes = b"<<>>", *more: bytes) -> bytes:
    """A file of one page; ``content`` is its stream object, the fourth; ``more`` follow it."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources%s>>" % resources
    return raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content, *more)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def bomb(megabytes: int) -> bytes:
    """A page whose content, packed twice, is so large."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 1024 * 1024) for _ in range(megabytes)) + packer.flush()
    return one_page(stream(zlib.compress(packed, 9), b"/Filter[/FlateDecode/FlateDecode]"))


def self_drawing_form() -> bytes:
    """A page with a form that draws itself twice."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>"
    return one_page(stream(b"/X Do"), b"<</XObject<</X 5 0 R>>>>", stream(b"q /X Do /X Do Q", form))


def without_its_font(content: bytes, entries: bytes = b"") -> bytes:
    """A page in Malgun Gothic, ``/F``, which is not in the file but says of two glyphs what they are: 2 is 글, 3 is 가."""
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/MalgunGothic/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 8 0 R>>"
    )
    inner = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/MalgunGothic/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor 7 0 R/DW 1000%s>>" % entries
    )
    descriptor = (
        b"<</Type/FontDescriptor/FontName/MalgunGothic/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 880"
        b"/Descent -120/CapHeight 700/StemV 80>>"
    )
    letters = (
        b"1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfchar <0002> <ae00> <0003> <ac00> endbfchar"
    )
    return one_page(stream(content), b"<</Font<</F 5 0 R>>>>", font, inner, descriptor, stream(letters))


def with_its_font(content: bytes, *, turned: int = 0, form: bytes = b"") -> bytes:
    """A page in a font of its own, ``/F``: ``abcd`` are 가나다𠀋, ``1`` and ``*`` themselves, an em wide; a blank draws nothing."""
    square, nothing = (
        stream(b"1000 0 0 -100 900 800 d1 0 -100 900 900 re f"),
        stream(b"500 0 0 0 0 0 d1"),
    )
    names = b" ".join(b"%d/%s" % (code, b"B" if code == 32 else b"S") for code in b" *1abcd")
    widths = b" ".join(b"500" if code == 32 else b"1000" for code in range(32, 101))
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 -100 1000 800]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 32/LastChar 100"
        b"/Widths[%s]/Encoding<</Differences[%s]>>/CharProcs<</S 6 0 R/B 7 0 R>>/ToUnicode 8 0 R>>" % (widths, names)
    )
    letters = (
        b"1 begincodespacerange <00> <ff> endcodespacerange 7 beginbfchar <20> <0020> <2a> <002a> <31> <0031> <61> <ac00>"
        b" <62> <b098> <63> <b2e4> <64> <d840dc0b> endbfchar"
    )
    resources = b"<</Font<</F 5 0 R>>/XObject<</X 9 0 R>>>>/Rotate %d" % turned
    drawn = stream(form, b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F 5 0 R>>>>")
    return one_page(stream(content), resources, font, square, nothing, stream(letters), drawn)


def without_unicode(letters: int = 60, readable: bytes = b"") -> bytes:
    """A page in a font of glyph numbers that nobody can tell the letters of, and a line in one that is known."""
    glyphs = b"".join(b"%04x" % (0x3E00 + 7 * number % 0x400) for number in range(letters))
    font = b"<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+Gulim/Encoding/Identity-H/DescendantFonts[6 0 R]>>"
    inner = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/AAAAAA+Gulim/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor 7 0 R/DW 1000>>"
    )
    descriptor = (
        b"<</Type/FontDescriptor/FontName/AAAAAA+Gulim/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 800/Descent -200"
        b"/CapHeight 700/StemV 80>>"
    )
    content = b"BT /F 12 Tf 50 700 Td <" + glyphs + b"> Tj ET"
    content += b" BT /G 12 Tf 50 600 Td (" + readable + b") Tj ET"
    known = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return one_page(stream(content), b"<</Font<</F 5 0 R/G 8 0 R>>>>", font, inner, descriptor, known)
