"""What a document may cost: bytes a part and in all, parts, depth of nesting; nothing is read past them.

Sizes that a file claims of itself are never trusted: parts are read until they end or are too large.
"""

import zlib
from dataclasses import dataclass, field

from index.errors import ReadError, UnpackingError

MAX_MEMBER = 64 * 1024 * 1024
MAX_DOCUMENT = 256 * 1024 * 1024
MAX_MEMBERS = 5_000
MAX_DEPTH = 200
_STEP = 4096


class DamagedError(ReadError):
    """Damage in one part, which need not keep the others from being read."""


def damaged(where: str, why: str = "", english: str = "") -> DamagedError:
    """Return the error for a file, or a part of it, that does not hold what its kind asks for."""
    detail, told = (f" ({words})" if words else "" for words in (why, english or why))
    return DamagedError(
        f"손상된 파일입니다: {where}{detail}. 원래 프로그램에서 열어 다시 저장하세요.",
        f"damaged file: {where}{told}. Open it in its program and save it again.",
    )


def locked() -> ReadError:
    """Return the error for a file that asks for a password."""
    return ReadError(
        "암호가 걸린 문서입니다. 암호를 풀어 저장한 뒤 다시 넣으세요.",
        "the document is protected by a password. Save it without the password and try again.",
    )


def too_large(where: str, limit: str, english: str) -> UnpackingError:
    """Return the error for what is larger unpacked than anything people write."""
    return UnpackingError(
        f"풀면 너무 큽니다: {where}, 한도 {limit}. 나누어 저장하세요.",
        f"too large unpacked: {where}, limit {english}. Split the document.",
    )


def too_many(count: int) -> UnpackingError:
    """Return the error of a document with too many parts."""
    return UnpackingError(
        f"문서 안의 부분이 {count}개로 너무 많습니다({MAX_MEMBERS}개까지). 문서를 나누어 저장한 뒤 넣으세요.",
        f"{count} parts in one document are too many (at most {MAX_MEMBERS}); save it as several documents.",
    )


def too_deep() -> UnpackingError:
    """Return the error of a document nested too deep."""
    return UnpackingError(
        f"문서가 {MAX_DEPTH}단계보다 깊게 겹쳐 있어 읽지 않습니다. 표와 글상자의 겹침을 풀어 다시 저장하세요.",
        f"nested deeper than {MAX_DEPTH} levels; save it again with its tables and boxes taken apart.",
    )


@dataclass(slots=True)
class Budget:
    """What may still be unpacked of one document."""

    left: int = field(default_factory=lambda: MAX_DOCUMENT)

    @property
    def member(self) -> int:
        """The most that the next part may hold."""
        return min(self.left, MAX_MEMBER)

    def spend(self, size: int, where: str) -> None:
        """Count ``size`` unpacked bytes of a part. Raises UnpackingError where they are too many."""
        if size > self.member:
            raise self.exceeded(where)
        self.left -= size

    def exceeded(self, where: str) -> UnpackingError:
        """Return the error of a part that is larger than it may be."""
        limit = f"{self.member >> 20} MB"
        return too_large(where, limit, limit)


def inflate(data: bytes, budget: Budget, where: str) -> tuple[bytes, bool]:
    """Inflate raw deflate: return what could be unpacked, and whether that is all of it. Raises UnpackingError."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    unpacked, limit = bytearray(), budget.member
    try:
        for start in range(0, len(data), _STEP):  # in small steps: one that fails gives nothing
            rest = data[start : start + _STEP]
            while rest and not unpacker.eof:
                unpacked += unpacker.decompress(rest, 16 * _STEP)
                rest = unpacker.unconsumed_tail
                if len(unpacked) > limit:
                    raise budget.exceeded(where)
            if unpacker.eof:
                break
    except zlib.error:
        pass  # what came before the damage is kept
    budget.spend(len(unpacked), where)
    return bytes(unpacked), unpacker.eof
