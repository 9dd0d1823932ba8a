"""What ``/metrics`` tells Prometheus. Labels come from our own short lists, never from a client's text."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from index.errors import GeungeoError
from rag.answerer import Answerer
from rag.answers import Reason

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """A registry of its own, so that two apps in one process do not add up. Safe to share between threads."""

    def __init__(
        self, current_pipeline: Callable[[], Answerer | None], queues: Mapping[str, Callable[[], int]]
    ) -> None:
        """Register all metrics; ``queues`` tell by name how many wait or are held, when metrics are asked for."""
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._registry.register(_PipelineCollector(current_pipeline))
        held = Gauge("geungeo_held", "What waits or is held, by where.", ("where",), registry=self._registry)
        for name, count in queues.items():
            held.labels(name).set_function(count)
        self._requests = Counter(
            "geungeo_requests", "Requests answered.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "geungeo_request_seconds", "Time to answer.", ("route",), registry=self._registry, buckets=_BUCKETS
        )
        self._stage_seconds = Histogram(
            "geungeo_stage_seconds", "Time of each stage of a question.", ("stage",), registry=self._registry,
            buckets=_BUCKETS,
        )  # fmt: skip
        self._problems = Counter("geungeo_problems", "Problems answered, by code.", ("code",), registry=self._registry)
        self._answers = Counter("geungeo_answers", "Answers by reason.", ("reason",), registry=self._registry)
        self._writer = Counter(
            "geungeo_writer", "Written sentences passed or dropped, and failures of the writer.", ("outcome",),
            registry=self._registry,
        )  # fmt: skip
        for reason in Reason:
            self._answers.labels(reason.value)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request to a route (its pattern, not the path that was sent) and the seconds it took."""
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, reason: Reason) -> None:
        """Count an answer by its reason."""
        self._answers.labels(reason.value).inc()

    def writer(self, outcome: str) -> None:
        """Count an outcome: ``written``, why a sentence was dropped, or why the writer failed."""
        self._writer.labels(outcome).inc()

    def stages(self, timings_ms: Mapping[str, float]) -> None:
        """Count the milliseconds of each stage of an answer or a search, but for ``total``: that is in the requests."""
        for stage, milliseconds in timings_ms.items():
            if stage != "total":
                self._stage_seconds.labels(stage).observe(milliseconds / 1000)

    def problem(self, code: str) -> None:
        """Count a problem by its code."""
        self._problems.labels(code).inc()

    def render(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)


class _PipelineCollector(Collector):
    """What the pipeline itself counts, read when it is asked for."""

    def __init__(self, current_pipeline: Callable[[], Answerer | None]) -> None:
        self._current = current_pipeline

    def describe(self) -> Iterator[Metric]:
        """Yield nothing, so that registering does not read the pipeline."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        pipeline = self._current()
        yield GaugeMetricFamily("geungeo_ready", "1 when questions can be answered.", value=pipeline is not None)
        if pipeline is None:
            return
        yield CounterMetricFamily(
            "geungeo_citation_gate_failures", "Citations refused as not exact.", value=pipeline.gate_failures
        )
        yield GaugeMetricFamily("geungeo_answering_processes", "Processes that answer.", value=pipeline.processes)
        try:
            info = pipeline.info()
        except GeungeoError:
            return
        yield GaugeMetricFamily("geungeo_index_generation", "Generation that answers.", value=info.generation)
        yield GaugeMetricFamily("geungeo_index_articles", "Articles in it.", value=info.articles)
        yield GaugeMetricFamily("geungeo_index_passages", "Passages in it.", value=info.passages)
