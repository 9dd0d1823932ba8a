"""Takes up what another process has published, also while nobody asks anything, and keeps the files tidy meanwhile."""

import asyncio
import logging
from itertools import count

from starlette.concurrency import run_in_threadpool

from api.answering.readiness import PipelineHolder
from index.errors import GeungeoError

logger = logging.getLogger(__name__)
_SECONDS = 1.0
_SAMPLE_EVERY = 5  # looks


async def keep_fresh(holder: PipelineHolder, seconds: float = _SECONDS) -> None:
    """Look for a newer generation every ``seconds``, until cancelled, and now and then whether a file is as it was
    written. What cannot be opened is logged once.
    """
    failed = ""
    for turn in count():
        await asyncio.sleep(seconds)
        failed = await run_in_threadpool(_look, holder, failed, sample=not turn % _SAMPLE_EVERY)
        await run_in_threadpool(_tidy, holder)


def _look(holder: PipelineHolder, failed: str, *, sample: bool = False) -> str:
    """What is wrong with the newer generation, or nothing; ``failed`` is what was wrong a moment ago."""
    pipeline = holder.current
    if pipeline is None:
        return ""
    try:
        pipeline.refresh()
        if sample:
            pipeline.check_sample()
    except GeungeoError as error:
        if error.english != failed:
            logger.error("the newer index cannot be opened: %s", error.english)
        return error.english
    except Exception as error:
        if type(error).__name__ != failed:
            logger.error("looking for a newer index failed: %s", type(error).__name__)
        return type(error).__name__
    return ""


def _tidy(holder: PipelineHolder) -> None:
    """Nothing here may end the look-out."""
    library = holder.backend.library if holder.backend else None
    try:
        if library is not None:
            library.tidy()
    except Exception as error:
        logger.error("tidying the data folder failed: %s", type(error).__name__)
