"""Everything geungeo raises on purpose.

GeungeoError
├── UsageError              2  the caller asked for something that cannot be
│   ├── CollectionError     2  a write outside of the collections that a key is for
│   ├── ReadError           2  a file or record cannot be read as articles
│   │   ├── UnsupportedError 2  a file of a kind that is not read
│   │   ├── EmptyTextError  2  nothing to read in it
│   │   ├── EncodingError   2  its bytes are no text that is known
│   │   ├── UnpackingError  2  unpacked it would be too large
│   │   └── ParseError      2  an article cannot be analysed; ParseTimeoutError: not in time
│   └── NotFoundError       2  no such article
├── ModelError              3  the encoder's files are missing, changed or broken
├── CorruptIndexError       4  a file of the index does not match its checksum
│   └── UnfinishedError     0  a run was killed; the next one finishes what it began
├── EncoderMismatchError    5  the index was built by another encoder or text analysis
├── StorageError            6  a disk that is full or fails; ReadOnlyError: it, or a folder of it, is for reading only
│   ├── TruthAwayError      6  the PostgreSQL that articles are kept in does not answer
│   └── EngineAwayError     6  the Milvus that is searched does not answer
├── LockedError             7  another process is writing
└── BusyError               1  whoever is asked is closing

The number is the command line's exit code. Each message says what went wrong, where, and the cure,
in Korean (``str(error)``) and in English (``error.english``); ``code`` is stable for machines.
"""

import errno

_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


class GeungeoError(Exception):
    """Root of all intended errors; catch this one at an entry point."""

    exit_code = 1
    code = "internal"

    def __init__(self, korean: str, english: str) -> None:
        super().__init__(korean)
        self.korean = korean
        self.english = english

    def __reduce__(self) -> tuple[type["GeungeoError"], tuple[str, str]]:
        """Return how to make it again, so that one process can tell another."""
        return type(self), (self.korean, self.english)

    def message(self, lang: str) -> str:
        """Return the message in ``lang``: ``"en"``, or Korean for anything else."""
        return self.english if lang == "en" else self.korean


class UsageError(GeungeoError):
    """The caller asked for something that cannot be."""

    exit_code = 2
    code = "usage"


class ReadError(UsageError):
    """A file or record cannot be read as articles."""

    code = "unreadable"


class CollectionError(UsageError):
    """A write outside of the collections that a key is for."""

    code = "other_collection"


class UnsupportedError(ReadError):
    """A file of a kind that is not read."""

    code = "unsupported_type"


class EmptyTextError(ReadError):
    """There is nothing to read in a file or record."""

    code = "empty_document"


class EncodingError(ReadError):
    """Bytes that are no text in any known encoding."""

    code = "unknown_encoding"


class UnpackingError(ReadError):
    """A packed file that would be too large."""

    code = "decompression_limit"


class ParseError(ReadError):
    """An article cannot be analysed."""

    code = "parse_failed"


class ParseTimeoutError(ParseError):
    """An article cannot be analysed in time."""

    code = "parse_timeout"


class NotFoundError(UsageError):
    """There is no such article."""

    code = "not_found"


class ModelError(GeungeoError):
    """The encoder's files are missing, changed or broken."""

    exit_code = 3
    code = "model_unavailable"


class CorruptIndexError(GeungeoError):
    """A file of the index does not match its checksum."""

    exit_code = 4
    code = "index_corrupt"


class UnfinishedError(CorruptIndexError):
    """A run was killed; the next one finishes what it began."""

    exit_code = 0


class EncoderMismatchError(GeungeoError):
    """The index was built by another encoder or text analysis."""

    exit_code = 5
    code = "embedder_mismatch"


class StorageError(GeungeoError):
    """The disk is full or fails."""

    exit_code = 6
    code = "storage_unavailable"


class ReadOnlyError(StorageError):
    """The disk, or a folder of it, is for reading only."""

    code = "read_only"


class TruthAwayError(StorageError):
    """The PostgreSQL that articles are kept in does not answer, or takes no writes."""

    code = "truth_away"


class EngineAwayError(StorageError):
    """The Milvus that is searched does not answer."""

    code = "engine_away"


class LockedError(GeungeoError):
    """Another process is writing."""

    exit_code = 7
    code = "locked"


class BusyError(GeungeoError):
    """Whoever is asked is closing."""

    code = "busy"


def storage_error(korean: str, english: str, cause: OSError) -> StorageError:
    """Return a ReadOnlyError where ``cause`` says that nothing may be written there at all."""
    kind = ReadOnlyError if cause.errno in _READ_ONLY else StorageError
    return kind(korean, english)


def silent_truth(name: str) -> TruthAwayError:
    """Return the error of a PostgreSQL that took what was asked and has not answered, as one that is frozen does."""
    return TruthAwayError(
        f"PostgreSQL이 제때 답하지 않습니다: {name}. 조금 뒤에 다시 하고, 계속되면 서버와 그 디스크를 확인하세요.",
        f"the PostgreSQL does not answer in time: {name}. Try again soon; if it goes on, check the server and its disk.",
    )


def unreadable_file(reason: str) -> ReadError:
    """Return the error of a file that the system does not give, or that is damaged, for this ``reason``."""
    return ReadError(
        f"읽을 수 없습니다: {reason}. 권한을 보고, 파일이 온전한지 확인하세요.",
        f"cannot be read: {reason}. Check its permissions, and that all of it is there.",
    )
