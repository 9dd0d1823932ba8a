"""A PostgreSQL for the tests of this folder, or the reason why there is none."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.support.postgres import Server, why_not

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One for all tests; each has a schema of its own in it."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    server = Server().start()
    yield server
    server.remove()


@pytest.fixture
def new_database(server: Server) -> Callable[[], str]:
    """Makes an empty schema, which is as good as a database and made sooner, and gives its address."""
    import psycopg

    def make() -> str:
        name = f"t{next(_numbers)}"
        with psycopg.connect(server.uri(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return server.uri(options=f"-csearch_path%3D{name}")

    return make


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The address of an empty place of this test's own."""
    return new_database()
