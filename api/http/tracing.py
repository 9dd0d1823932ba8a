"""OpenTelemetry traces (extra ``geungeo[otel]``): a span for each request, and one inside it for each stage of a question.

Routes, status, request id and stages; never a question, an article or a key.
"""

from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Scope

from index.errors import UsageError
from rag.answers import Watch

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer


class Tracing:
    """Makes spans with the tracers of ``provider``."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("geungeo")

    def begin(self, scope: Scope) -> "RequestSpan":
        """Return the request's span, a child of the caller's where a ``traceparent`` came with it."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(dict(Headers(scope=scope)))
        span = self._tracer.start_span(scope["method"], context=parent, kind=SpanKind.SERVER)
        span.set_attribute("geungeo.request_id", scope["state"]["request_id"])
        return RequestSpan(self._tracer, span)

    def close(self) -> None:
        """Send what has not been sent."""
        self._provider.shutdown()


class RequestSpan(Watch):
    """The span of one request, and the stage that is open in it. A question's stages come one after the other."""

    def __init__(self, tracer: "Tracer", span: "Span") -> None:
        self._tracer = tracer
        self._span = span
        self._stage: Span | None = None

    def stage(self, name: str) -> None:
        """End the stage that is open and begin the one called ``name``."""
        from opentelemetry.trace import set_span_in_context

        self._end_stage()
        self._stage = self._tracer.start_span(name, context=set_span_in_context(self._span))

    def end(self, route: str, method: str, status: int) -> None:
        """End the span, named by method and route; a status of 500 or more marks it as an error."""
        from opentelemetry.trace import Status, StatusCode

        self._end_stage()
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        )
        if status >= 500:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()

    def _end_stage(self) -> None:
        if self._stage is not None:
            self._stage.end()
            self._stage = None


def tracing_from_environment() -> Tracing:
    """Send to where the standard ``OTEL_*`` variables say, by OTLP over HTTP. Raises UsageError without the extra."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise UsageError(
            "--trace에는 OpenTelemetry가 필요합니다: pip install 'geungeo[otel]'",
            "--trace needs OpenTelemetry: pip install 'geungeo[otel]'",
        ) from None
    provider = TracerProvider(resource=Resource.create({"service.name": "geungeo"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)
