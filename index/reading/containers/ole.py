"""OLE files (HWP 5, XLS): their streams read under the limits, and their summaries, whatever damage is in them."""

import datetime
import io
import struct
from collections.abc import Mapping

import olefile

from index.errors import ReadError
from index.reading.containers.bounds import MAX_MEMBERS, Budget, damaged, too_many

_LONGEST = 300
_UTF16, _TIME = 0x1F, 0x40  # VT_LPWSTR, VT_FILETIME
_SECTION_PLACE = 44
_FIELDS = {2: "title", 4: "creator", 12: "created", 13: "modified"}  # of a property set
_FILE_TIME_BEGINS = datetime.date(1601, 1, 1)
_DAY = 24 * 3600 * 10_000_000


class OleFile:
    """The streams of an OLE file by name."""

    def __init__(self, data: bytes) -> None:
        """Raise ReadError where it is none, or one of too many streams."""
        self._size = len(data)
        self.budget = Budget()
        if _claims_too_much(data):
            raise damaged("OLE")
        try:
            self._ole = olefile.OleFileIO(io.BytesIO(data))
            self.names = ["/".join(entry) for entry in self._ole.listdir()]
        except Exception:  # olefile raises whatever a damaged table leads it to
            raise damaged("OLE") from None
        if len(self.names) > MAX_MEMBERS:
            raise too_many(len(self.names))

    def stream(self, name: str) -> bytes | None:
        """Return a stream's bytes, None where there is none or it is damaged. Raises UnpackingError where it is too large."""
        try:
            size = self._ole.get_size(name)
            if size > self._size:
                return None
            if size > self.budget.member:
                raise self.budget.exceeded(name)
            data: bytes = self._ole.openstream(name).read(size)
        except ReadError:
            raise
        except Exception:  # as above
            return None
        return data


def _claims_too_much(data: bytes) -> bool:
    """Return whether the header claims more sectors for its tables than the file has."""
    if len(data) < 512:
        return True
    (shift,) = struct.unpack_from("<H", data, 30)
    tables = (struct.unpack_from("<I", data, offset)[0] for offset in (44, 64, 72))
    return shift not in (9, 12) or any(count << shift > len(data) for count in tables)


def described(data: bytes) -> Mapping[str, str]:
    """Return the fields of a property set (title, creator, created, modified), as far as it is whole.

    olefile's own reader of these takes lengths for bytes, and a damaged count keeps it busy for ever.
    """
    found = dict[str, str]()
    try:
        (section,) = struct.unpack_from("<I", data, _SECTION_PLACE)
        (count,) = struct.unpack_from("<I", data, section + 4)
        for place in range(section + 8, min(section + 8 + 8 * count, len(data)), 8):
            number, offset = struct.unpack_from("<II", data, place)
            if number in _FIELDS:
                found[_FIELDS[number]] = _value(data, section + offset)
    except struct.error:
        pass
    return found


def _value(data: bytes, place: int) -> str:
    """Return a text, or a time as YYYY-MM-DD; "" where it is neither. Raises struct.error where it does not fit."""
    kind, length = struct.unpack_from("<II", data, place)
    if kind == _UTF16 and length <= _LONGEST:
        return data[place + 8 : place + 8 + 2 * length].decode("utf-16-le", "replace").partition("\0")[0]
    if kind != _TIME:
        return ""
    days = struct.unpack_from("<Q", data, place + 4)[0] // _DAY
    return (_FILE_TIME_BEGINS + datetime.timedelta(days)).isoformat() if days < 1_000_000 else ""
