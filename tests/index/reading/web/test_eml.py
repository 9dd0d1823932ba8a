"""Mail files: body, subject, sender, date, attachments, and charsets that lie."""

import base64
from email.message import EmailMessage

import pytest

from index.errors import EmptyTextError, EncodingError, ReadError, UnpackingError
from index.reading.composing.composer import Document
from index.reading.web import eml

BODY = "회의는 3월 4일 오후 2시에 열립니다. 펲실을 챙기세요."  # one syllable of it is in CP949 alone


def read(data: bytes) -> Document:
    return eml.read(data, "메일.eml")


def mail(body: bytes, charset: str, subject: bytes = b"Notice", encoding: bytes = b"8bit") -> bytes:
    head = b"From: a@b.kr\r\nSubject: %s\r\nContent-Type: text/plain; charset=%s\r\n" % (subject, charset.encode())
    return head + b"Content-Transfer-Encoding: %s\r\n\r\n" % encoding + body


def whole() -> bytes:
    message = EmailMessage()
    message["From"] = "김하나 <hana@b.kr>"
    message["Subject"] = "회의 안내"
    message["Date"] = "Tue, 04 Mar 2025 23:30:00 +0900"
    message.set_content(BODY)
    message.add_alternative(f"<p>{BODY} HTML</p>", subtype="html")
    message.add_attachment("가,나\n1,2".encode(), maintype="text", subtype="csv", filename="표.csv")
    message.add_attachment(b"PK", maintype="application", subtype="zip", filename="예산.hwpx")
    return message.as_bytes()


def test_a_mail_and_its_attachments() -> None:
    document = read(whole())
    assert document.text == BODY
    assert (document.title, document.author, document.published_at) == ("회의 안내", "김하나", "2025-03-04")
    assert document.known_by == {"title": "Subject", "author": "From", "published_at": "Date"}
    assert document.attachments == (("표.csv", "가,나\n1,2".encode()), ("예산.hwpx", b"PK"))


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("euc-kr", "cp949"),
        ("ks_c_5601-1987", "cp949"),
        ("us-ascii", "utf-8"),
        ("us-ascii", "cp949"),
        ("iso-8859-1", "cp949"),
        ("utf-8", "cp949"),
        ("euc-kr", "utf-8"),
        ("unknown", "utf-8"),
        ("utf-8", "utf-8"),
        ("utf-16le", "utf-16le"),
    ],
)
def test_charsets_also_where_they_lie(charset: str, codec: str) -> None:
    assert read(mail(base64.encodebytes(BODY.encode(codec)), charset, encoding=b"base64")).text == BODY


def test_what_is_in_no_known_charset_is_refused() -> None:
    with pytest.raises(EncodingError):
        read(mail("Ärger mit der Straße in München".encode("latin-1"), "x-none"))


@pytest.mark.parametrize(
    "subject",
    [
        b"=?ks_c_5601-1987?B?" + base64.b64encode("펲 공지".encode("cp949")) + b"?=",
        b"=?utf-8?B?" + base64.b64encode("펲 공지".encode()) + b"?=",
        "펲 공지".encode(),
        "펲 공지 안내".encode("cp949")[:-5],
    ],
)
def test_subjects(subject: bytes) -> None:
    assert read(mail(BODY.encode(), "utf-8", subject)).title == "펲 공지"


def test_html_alone_is_read_as_people_see_it() -> None:
    data = mail(f"<style>p {{}}</style><p>{BODY}</p><p>둘째</p>".encode(), "utf-8").replace(b"text/plain", b"text/html")
    assert read(data).text == f"{BODY}\n둘째"


def test_a_mail_inside_is_an_attachment() -> None:
    message = EmailMessage()
    message["Subject"] = "전달"
    message.set_content("아래 메일을 보세요.")
    inner = EmailMessage()
    inner["Subject"] = "속"
    inner.set_content("속의 글")
    message.add_attachment(inner)
    ((name, data),) = read(message.as_bytes()).attachments
    assert name.endswith(".eml")
    assert read(data).title == "속"


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\temp\\passwd", "a/passwd"])
def test_a_file_name_names_no_folder(name: str) -> None:
    message = EmailMessage()
    message["Subject"] = "파일"
    message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    assert read(message.as_bytes()).attachments[0][0] == "passwd"


def test_an_attachment_without_a_name() -> None:
    data = b"Subject: a\nContent-Type: application/pdf\n\n%PDF"
    assert read(data).attachments == (("attachment-1", b"%PDF"),)


def test_no_mail() -> None:
    with pytest.raises(ReadError):
        read("그냥 글입니다.\n둘째 줄".encode())


def test_an_empty_mail() -> None:
    with pytest.raises(EmptyTextError):
        read(b"Subject: a\n\n \n")


def test_a_mail_of_too_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eml, "MAX_PARTS", 3)
    with pytest.raises(UnpackingError):
        read(whole())


def test_a_mail_nested_without_end() -> None:
    data = b"Subject: a\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3_000)
    )
    with pytest.raises(ReadError):
        read(data)


def test_a_date_that_is_none() -> None:
    assert read(mail(BODY.encode(), "utf-8").replace(b"Subject", b"Date: tomorrow\r\nSubject")).published_at is None


def parts(kind: str, *inner: str) -> str:
    """A part of parts, whose boundary nothing else has."""
    edge = f"e{sum(map(len, inner))}"
    made = "".join(f"--{edge}\n{part}\n" for part in inner)
    return f"Content-Type: multipart/{kind}; boundary={edge}\n\n{made}--{edge}--\n"


def of_parts(written: str) -> Document:
    return read(b"Subject: a\n" + written.encode())


PLAIN = "Content-Type: text/plain; charset=utf-8\n\n회의는 본관에서 열립니다."
PAGE = "Content-Type: text/html; charset=utf-8\n\n<p>회의는 본관에서 열립니다.</p>"
FILE = "Content-Type: application/pdf\nContent-Disposition: inline; filename=a.pdf\n\n%PDF"


def test_what_is_attached_within_an_alternative_that_is_not_read() -> None:
    document = of_parts(parts("alternative", PLAIN, parts("mixed", PAGE, FILE)))
    assert document.text == "회의는 본관에서 열립니다."
    assert [name for name, _ in document.attachments] == ["a.pdf"]


def test_one_alternative_is_read() -> None:
    invitation = "Content-Type: text/calendar; charset=utf-8\n\nBEGIN:VCALENDAR"
    for other in (invitation, "Content-Type: text/x-amp-html\n\n<p>회의</p>"):
        assert of_parts(parts("alternative", other, PAGE)).text == "회의는 본관에서 열립니다."
        assert of_parts(parts("alternative", PAGE, other)).text == "회의는 본관에서 열립니다."


def test_a_text_that_only_says_that_there_is_a_page() -> None:
    stub = "Content-Type: text/plain; charset=utf-8\n\nHTML 메일입니다."
    page = f"Content-Type: text/html; charset=utf-8\n\n<p>{BODY}</p><p>{BODY}</p>"
    assert of_parts(parts("alternative", stub, page)).text == f"{BODY}\n{BODY}"


def test_lines_that_a_program_broke_go_on() -> None:
    """Sentences are whole again; signatures, quotations and lines that end do not join."""
    written = "이번 주 회의는 \r\n본관에서 열립니다.\r\n감사합니다.\r\n-- \r\n김하나\r\n> 앞의 \r\n> 말\r\n"
    text = "이번 주 회의는 본관에서 열립니다.\n감사합니다.\n-- \n김하나\n> 앞의 말"
    assert read(mail(written.encode(), "utf-8; format=flowed")).text == text
    assert read(mail("회 \r\n의는  \r\n없다".encode(), "utf-8; format=flowed; delsp=yes")).text == "회의는 없다"
    assert read(mail("회의는 \r\n없다".encode(), "utf-8")).text == "회의는 \n없다"


@pytest.mark.parametrize(
    "written",
    [
        b"filename*0*=euc-kr''%94%EE%BA%B8;\n filename*1*=%B0%ED.pdf",
        b"filename*=utf-8''%ED%8E%B2%EB%B3%B4%EA%B3%A0.pdf",
        "filename*=utf-8''펲보고.pdf".encode(),
        'filename="펲보고.pdf"'.encode("cp949"),
        'filename="펲보고.pdf"'.encode(),
        b'filename="=?euc-kr?B?' + base64.b64encode("펲보고.pdf".encode("cp949")) + b'?="',
    ],
)
def test_names_of_files_in_every_way_of_writing_them(written: bytes) -> None:
    written = written.replace(b"%94%EE", b"".join(b"%%%02X" % byte for byte in "펲".encode("cp949")))
    data = b"Subject: a\nContent-Type: application/pdf\nContent-Disposition: attachment;\n " + written + b"\n\n%PDF"
    assert read(data).attachments[0][0] == "펲보고.pdf"


def test_headers_that_are_written_against_the_rules() -> None:
    data = "Subject: [=?utf-8?B?7JWI64K0?=] 회의\nFrom: =?utf-8?B?7Jik7ZWY64KYLCDstJ3rrLTqs7w=?= <a@b.kr>\nDate: 2025-03-04 10:00:00\n\n글"
    for document in (read(data.encode()), read(b"\xef\xbb\xbf" + data.encode())):
        assert (document.title, document.author, document.published_at) == (
            "[안내] 회의",
            "오하나, 총무과",
            "2025-03-04",
        )


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        (b"C:\\users =?utf-8?B?7ZmN?=", "C:\\users 홍"),
        (b"\\ud83d =?utf-8?B?7ZmN?=", "\\ud83d 홍"),
    ],
)
def test_a_backslash_beside_an_encoded_word_is_one(subject: bytes, title: str) -> None:
    assert read(b"Subject: %s\n\n%s" % (subject, BODY.encode())).title == title


def test_an_attachments_name_without_a_charset_is_read_as_what_it_is() -> None:
    message = EmailMessage()
    message.set_content(BODY)
    message.add_attachment("가,나\n1,2".encode(), maintype="text", subtype="csv", filename="a.csv")
    raw = message.as_bytes().replace(b'filename="a.csv"', b"filename*=%ED%91%9C.csv")
    assert [name for name, _ in read(raw).attachments] == ["표.csv"]
