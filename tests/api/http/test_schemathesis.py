"""Whatever the OpenAPI document allows, and much that it does not: no 5xx, and only what the document says."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from api.access.keys import KeyFile, Scope
from api.app import Options, create_app
from api.limits import Limits
from tests.support.api_fakes import FakePipeline
from tests.support.live_server import answering
from tests.support.service_fakes import make_backend

EXAMPLES, MORE_EXAMPLES = 6, 12  # of each route and kind; the more with --full
TOO_LONG = (413, 414, 431)  # refusals that schemathesis does not know as such
OPERATIONS = [
    (method, path) for path, methods in create_app(FakePipeline()).openapi()["paths"].items() for method in methods
]
HEADERS: dict[str, str] = {}  # with the key of the service under test
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NEVER_WRONG_AS_A_WHOLE = {
    ("post", "/v1/articles"),  # a bad article in a batch is told in its result, not by the status
    ("post", "/v1/files"),  # a form holds text: a field drawn as true arrives as a title of four letters
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    folder: Path = tmp_path_factory.mktemp("schemathesis")
    keys = KeyFile(folder)
    HEADERS["X-API-Key"] = keys.create("schemathesis", [Scope.ADMIN])[1]
    options = Options(keys=keys, limits=Limits(rate=1e6, burst=10**6))
    with answering(make_backend(folder), options) as url:
        yield schemathesis.openapi.from_url(f"{url}/openapi.json", headers=HEADERS)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route(
    schema: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode, pytestconfig: pytest.Config
) -> None:
    examples = MORE_EXAMPLES if pytestconfig.getoption("--full") else EXAMPLES

    @given(schema[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def check(case: schemathesis.Case) -> None:
        response = case.call(headers=HEADERS, timeout=60)  # its own ten seconds are too few for a busy machine
        told = (method, path) in NEVER_WRONG_AS_A_WHOLE or response.status_code in TOO_LONG
        case.validate_response(response, checks=CHECKS if told else [*CHECKS, negative_data_rejection])

    try:
        check()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # a route without input cannot be asked wrongly
