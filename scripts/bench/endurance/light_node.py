"""One node of the endurance runs: the service itself, with an encoder and a splitter that are there at once.

``python -m scripts.bench.endurance.light_node FOLDER ADDRESS PORT``
"""

import sys
from pathlib import Path

from api.answering.backend import Backend
from api.app import Options
from api.limits import Limits
from api.server import serve
from tests.support.service_fakes import make_shared_backend


def main(folder: str, address: str, port: str) -> None:
    def load() -> Backend:
        return make_shared_backend(Path(folder), address)

    serve(load, Options(limits=Limits(rate=1e6, burst=1_000_000)), port=int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
