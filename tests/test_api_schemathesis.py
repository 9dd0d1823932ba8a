"""Whatever the OpenAPI document allows, and much that it does not: no 5xx, and only what the document says.

Writes are left out of the random part but for their bad requests: they would fill the index, which takes time and
shows nothing more.
"""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from api.keys import KeyFile, Scope
from api.limits import Limits
from api.options import Options
from tests.service_fakes import make_service

EXAMPLES = 12
HEADERS: dict[str, str] = {}  # with the key of the service under test
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> schemathesis.BaseSchema:
    folder: Path = tmp_path_factory.mktemp("schemathesis")
    keys = KeyFile(folder)
    HEADERS["X-API-Key"] = keys.create("schemathesis", [Scope.ADMIN])[1]
    options = Options(keys=keys, hosts=("testserver",), limits=Limits(rate=1e6, burst=10**6))
    return schemathesis.openapi.from_asgi("/openapi.json", make_service(folder, options), headers=HEADERS)


api = schemathesis.pytest.from_fixture("schema")


@api.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_route(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=CHECKS, headers=HEADERS)
