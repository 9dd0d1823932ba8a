"""What files made to cost memory or time cost the process that reads them: ``python -m scripts.bench.reading.bombs``.

A table of each: how it ended, the processor's seconds, the most memory that its process held (VmHWM), and how much more
this process holds than before. ``--size`` makes them smaller.
"""

import argparse
import json
import random
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

from index.errors import ReadError
from index.reading.reader_process import ReaderProcess
from tests.support import hwp_files, office_files, pdf_files

MIB = 1 << 20
Bomb = Callable[[float], bytes]


def of(number: int, size: float) -> int:
    """Return ``number`` at full size."""
    return max(1, int(number * size))


def zipped(name: str, letter: str = " ") -> Bomb:
    """Return a package whose main part is a gigabyte."""
    kinds = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}
    return lambda size: office_files.package(
        {
            kinds.get(name, "content.xml"): letter * of(1024 * MIB, size),
            "xl/workbook.bin" if name == "xlsb" else "a": "x",
        }
    )


def many_parts(size: float) -> bytes:
    """Return slides that each take what a part may."""
    slide = "<p:sp><p:txBody><a:p><a:r><a:t>" + "가" * of(20 * MIB, size) + "</a:t></a:r></a:p></p:txBody></p:sp>"
    return office_files.pptx([slide] * 20)


def many_tags(size: float) -> bytes:
    return office_files.docx("<w:p><w:r><w:t>가</w:t></w:r></w:p>" * of(1_000_000, size))


def list_numbers(size: float) -> bytes:
    """Return paragraphs whose list number is a page of its own."""
    level = (
        f'<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="{"%1" * 50_000}"/></w:lvl>'
    )
    numbering = f'<w:abstractNum w:abstractNumId="1">{level}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    listed = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    return office_files.docx(office_files.w_p("가", listed) * of(100_000, size), numbering=numbering)


def shared_strings(size: float) -> bytes:
    """Return a workbook of more strings than any has, each named once."""
    count = of(1_900_000, size)
    cells = office_files.data('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
    return office_files.xlsx({"가": cells}, strings=["<t>가나다</t>"] * count)


def one_string_everywhere(size: float) -> bytes:
    """Return a workbook whose one string of a megabyte stands in each of a million cells."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, of(1_000_000, size) + 1))
    return office_files.xlsx({"가": office_files.data(rows)}, strings=["<t>" + "가" * MIB + "</t>"])


def formats_everywhere(size: float) -> bytes:
    """Return numbers that a format of a megabyte writes."""
    rows = "".join(office_files.row(n, (1.0, 1)) for n in range(1, of(100_000, size) + 1))
    return office_files.xlsx({"가": office_files.data(rows)}, formats=['"' + "가" * MIB + '"0'])


def repeated_cells(size: float) -> bytes:
    cell = (
        f'<table:table-cell table:number-columns-repeated="999999"><text:p>{"가" * 10_000}</text:p></table:table-cell>'
    )
    row = f'<table:table-row table:number-rows-repeated="999999">{cell}</table:table-row>'
    return office_files.ods(f'<table:table table:name="a">{row * of(100, size)}</table:table>')


def repeated_spaces(size: float) -> bytes:
    spaces = '<text:s text:c="1000000"/>' * of(10_000, size)
    cell = f"<table:table-cell><text:p>{spaces}</text:p></table:table-cell>"
    return office_files.ods(f'<table:table table:name="a"><table:table-row>{cell}</table:table-row></table:table>')


def far_cells(_: float) -> bytes:
    return office_files.xls([(0, 0, "가", 0), (65_535, 255, "나", 0)], [])


def hwp_stream(size: float) -> bytes:
    return hwp_files.hwp(bytes(of(1024 * MIB, size)))


def hwp_records(size: float) -> bytes:
    return hwp_files.hwp(hwp_files.paragraph(0, "가") * of(1_000_000, size))


def hwp_deep(size: float) -> bytes:
    return hwp_files.hwp(b"".join(hwp_files.record(0x42, level % 1024) for level in range(of(1_000_000, size))))


def hwpx_part(size: float) -> bytes:
    return hwp_files.hwpx(hwp_files.p(hwp_files.t("가" * of(300 * MIB, size))))


def hwpx_tags(size: float) -> bytes:
    return hwp_files.hwpx(hwp_files.p(hwp_files.t("가")) * of(1_000_000, size))


def pdf_stream(size: float) -> bytes:
    return pdf_files.bomb(of(600, size))


def pdf_forms(_: float) -> bytes:
    return pdf_files.self_drawing_form()


def pdf_tree_of_forms(_: float) -> bytes:
    """Return forms that each draw the next one eight times: no circle, and 8 to the 12th pieces of text."""
    depth = 12
    forms = []
    for number in range(depth):
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (number + 6)
        forms.append(pdf_files.stream(b"q " + b"/X Do " * 8 + b"Q", entries))
    last = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F %d 0 R>>>>" % (depth + 6)
    forms.append(pdf_files.stream(b"BT /F 9 Tf (abc) Tj ET", last))
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return pdf_files.one_page(pdf_files.stream(b"/X Do"), b"<</XObject<</X 5 0 R>>>>", *forms, font)


def pdf_picture(size: float) -> bytes:
    """Return a picture of a gigabyte on the page, packed small."""
    side = of(30_000, size)
    entries = (
        b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode/Width %d/Height %d"
    )
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(side)) for _ in range(side)) + packer.flush()
    picture = pdf_files.stream(packed, entries % (side, side))
    return pdf_files.one_page(pdf_files.stream(b"/X Do"), b"<</XObject<</X 5 0 R>>>>", picture)


def pdf_letters(size: float) -> bytes:
    """Return a page of ten million letters."""
    line = b"BT /F 9 Tf 1 0 0 1 9 9 Tm (" + b"abcde " * 100 + b") Tj ET\n"
    page = pdf_files.stream(zlib.compress(line * of(17_000, size), 9), b"/Filter/FlateDecode")
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return pdf_files.one_page(page, b"<</Font<</F 5 0 R>>>>", font)


def pdf_pages(size: float) -> bytes:
    """Return a tree of pages that names one page a million times."""
    count = of(1_000_000, size)
    kids = b"<</Type/Pages/Kids[" + b"3 0 R " * count + b"]/Count %d>>" % count
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>"
    return pdf_files.raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", kids, page, pdf_files.stream(b"BT ET"))


def pdf_object_stream(size: float) -> bytes:
    """Return an object stream of half a gigabyte of dictionaries, of which nothing is seen from outside."""
    body = b"<<" + b"/A<<" * 60 + b">>" * 60 + b">>"
    count = of(500_000, size)
    head = b" ".join(b"%d %d" % (n + 10, n * len(body)) for n in range(count))
    packed = zlib.compress(head + b" " + body * count, 9)
    entries = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (count, len(head) + 1)
    return pdf_files.one_page(pdf_files.stream(b"BT ET"), b"<<>>", pdf_files.stream(packed, entries))


def html_depth(size: float) -> bytes:
    return b"<div>" * of(6 * MIB, size) + "글".encode()


def html_formatting(size: float) -> bytes:
    """Return what a parser must take apart again and again: paragraphs in formatting that is never ended."""
    return b"<a><b><i><u><font><p>" * of(100_000, size) + "글".encode()


def html_attributes(size: float) -> bytes:
    return b"<body><p " + b" ".join(b"a%d" % n for n in range(of(3_000_000, size))) + b">" + "글".encode()


def html_tables(size: float) -> bytes:
    return b"<table><tr><td rowspan=100 colspan=100>x" * of(800_000, size)


def mail_parts(size: float) -> bytes:
    mail = b"Subject: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    return mail + b"--b\nContent-Type: text/plain\n\nx\n" * of(3_000_000, size)


def mail_depth(size: float) -> bytes:
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(of(100_000, size))
    )


def mail_in_mail(size: float) -> bytes:
    return b"Subject: a\n" + b"Content-Type: message/rfc822\n\n" * of(500_000, size) + b"Subject: b\n\nx"


def csv_cells(size: float) -> bytes:
    return b"," * of(60 * MIB, size)


def csv_quote(size: float) -> bytes:
    return b'"' + b"x\n" * of(30 * MIB, size)


def xls_noise(size: float) -> bytes:
    """Return a string table that claims more strings than there are bytes."""
    noise = random.Random(1).randbytes(of(8_000, size))
    stream = struct.pack("<HHHHIIII", 0x809, 16, 0x600, 5, 0, 0, 0, 0)
    stream += struct.pack("<HHII", 0xFC, 8 + len(noise), 0xFFFFFFFF, 0xFFFFFFF) + noise + struct.pack("<HH", 0x0A, 0)
    return office_files.ole({"Workbook": stream.ljust(8192, b"\0")})


BOMBS: dict[str, tuple[str, Bomb]] = {
    "a gigabyte in one part, DOCX": ("a.docx", zipped("docx")),
    "a gigabyte in one part, XLSX": ("a.xlsx", zipped("xlsx", "<a>")),
    "a gigabyte in one part, PPTX": ("a.pptx", zipped("pptx")),
    "a gigabyte in one part, ODS": ("a.ods", zipped("ods", "<")),
    "20 slides of 60 MB": ("a.pptx", many_parts),
    "a million paragraphs, DOCX": ("a.docx", many_tags),
    "list numbers of 50,000 letters, DOCX": ("a.docx", list_numbers),
    "two million shared strings, XLSX": ("a.xlsx", shared_strings),
    "a string of a megabyte in a million cells, XLSX": ("a.xlsx", one_string_everywhere),
    "a number format of a megabyte, XLSX": ("a.xlsx", formats_everywhere),
    "cells repeated without end, ODS": ("a.ods", repeated_cells),
    "blanks repeated without end, ODS": ("a.ods", repeated_spaces),
    "two cells in opposite corners, XLS": ("a.xls", far_cells),
    "a false table of strings, XLS": ("a.xls", xls_noise),
    "a stream of a gigabyte, HWP": ("a.hwp", hwp_stream),
    "a million paragraphs, HWP": ("a.hwp", hwp_records),
    "a million records, ever deeper, HWP": ("a.hwp", hwp_deep),
    "a part of 900 MB, HWPX": ("a.hwpx", hwpx_part),
    "a million paragraphs, HWPX": ("a.hwpx", hwpx_tags),
    "a stream of 600 MB, packed twice, PDF": ("a.pdf", pdf_stream),
    "a form that draws itself, PDF": ("a.pdf", pdf_forms),
    "forms that draw forms, 8 to the 12th, PDF": ("a.pdf", pdf_tree_of_forms),
    "a picture of 900 MB, PDF": ("a.pdf", pdf_picture),
    "ten million letters on a page, PDF": ("a.pdf", pdf_letters),
    "a page named a million times, PDF": ("a.pdf", pdf_pages),
    "half a million packed objects, PDF": ("a.pdf", pdf_object_stream),
    "six million elements deep, HTML": ("a.html", html_depth),
    "formatting never ended, HTML": ("a.html", html_formatting),
    "three million attributes, HTML": ("a.html", html_attributes),
    "tables in cells, HTML": ("a.html", html_tables),
    "three million parts, EML": ("a.eml", mail_parts),
    "100,000 parts deep, EML": ("a.eml", mail_depth),
    "mails in mails, EML": ("a.eml", mail_in_mail),
    "63 million cells in a row, CSV": ("a.csv", csv_cells),
    "a quotation mark that is never closed, CSV": ("a.csv", csv_quote),
}


def status(pid: int | str, field: str) -> int:
    """Return a field of /proc/PID/status in MB, 0 for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith(field)), 0)


def watch(reader: ReaderProcess, found: list[int], over: threading.Event) -> None:
    """Note the most that the reader's process holds until it is over: a process that is ended cannot be asked."""
    while not over.wait(0.05):
        process = reader._process
        if process is not None and process.pid is not None:
            found.append(status(process.pid, "VmHWM"))


def measured(name: str, size: float) -> dict[str, str | float]:
    """Return what one of them cost."""
    file, make = BOMBS[name]
    data = make(size)
    reader, found, over = ReaderProcess(), [0], threading.Event()
    reader.read(b"a,b\nc,d\n", "a.csv")
    before, spent = status("self", "VmRSS"), reader.spent
    watching = threading.Thread(target=watch, args=(reader, found, over))
    watching.start()
    try:
        ended = f"read, {len(reader.read(data, file).document.text):,} characters"
    except ReadError as error:
        ended = error.english
    grown = status("self", "VmRSS") - before
    over.set()
    watching.join()
    reader.close()
    return {
        "file": name, "packed": len(data), "ended": ended, "seconds": round(reader.spent - spent, 1),
        "child": max(found), "parent": max(0, grown),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--only", nargs="+", default=("",), help="those whose name holds one of these")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    print(
        "| file | bytes | how it ended | processor | its process at most | this one grew by |\n|---|---:|---|---:|---:|---:|"
    )
    rows = []
    for name in BOMBS:
        if any(word in name for word in asked.only):
            row = measured(name, asked.size)
            rows.append(row)
            print(
                "| {file} | {packed:,} | {ended} | {seconds} s | {child} MB | {parent} MB |".format(**row), flush=True
            )
    if asked.json:
        asked.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
