"""How much of everything: bounds that keep memory and waiting finite, whatever clients do."""

from dataclasses import dataclass

MIB = 1024 * 1024
MAX_QUESTION_BYTES = 64 * 1024  # the JSON of one question
MAX_CHAT_BYTES = 64 * 1024  # the JSON of a chat: its last question is read, the turns before it are not
MAX_ARTICLES_BYTES = 16 * MIB  # the JSON of one batch of articles
MAX_ARTICLES = 1000  # in one batch
MAX_ARTICLE_BYTES = 8 * MIB  # the JSON of one article, where every letter may be escaped
MAX_UPLOAD_BYTES = 100 * MIB  # one multipart body
MAX_UPLOAD_FILES = 100
MAX_UPLOAD_ARTICLES = 200_000  # in all its files
MAX_UNPACKED_BYTES = 256 * MIB  # what one compressed file may unfold to
MAX_GZIP_RATIO = 100  # and how many times its own size, past the first MiB
MAX_WASTED_SECONDS = 300.0  # of the processor, for documents of one upload that cannot be read; others wait meanwhile
MAX_URL_BYTES = 8 * 1024
MAX_HEAD_BYTES = 16 * 1024  # request line and header fields
MAX_HEADERS = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are in seconds."""

    questions: int = 64  # in work or waiting: the one place where a question is refused for the crowd
    questions_per_caller: int = 32
    question_threads: int = 8
    question_seconds: float = 20.0
    lookups: int = 128  # articles, listings and jobs that are being read out or wait for it
    lookups_per_caller: int = 64
    requests: int = 512  # in work at once, of any kind but health
    rate: float = 50.0  # requests a second of one key (without keys: of one address), over time
    burst: int = 200
    bodies: int = 64 * MIB  # of articles that are being received or read
    uploads: int = 4  # being received at once
    uploads_per_caller: int = 2  # a slow client may take an hour and more for one
    jobs: int = 32  # waiting to be written
    job_bytes: int = 64 * MIB  # of articles in memory that wait to be written
    write_seconds: float = 120.0  # then a write that is waited for becomes a job to be asked about
    jobs_kept: int = 200  # finished ones that can still be asked about
    results_kept: int = 16 * MIB  # of what is told about them
    replies_kept: int = 16 * MIB  # of replies to requests with an Idempotency-Key
    loading_seconds: float = 120.0  # for the model and the index; then the log says where it stands
