"""What ``deploy/``, the Dockerfile and docs/operations.md promise, as far as it can be seen without their engines."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rag.cli.parser import build_parser

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
UNIT = (ROOT / "deploy" / "geungeo.service").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()


def copied() -> set[str]:
    """What the Dockerfile takes from the build's folder."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return {name for line in lines for name in line.split()}


class TestImage:
    def test_what_is_copied_exists_and_is_let_through(self) -> None:
        assert copied() >= {"api", "eval", "index", "rag", "seeds"}
        assert all((ROOT / name).exists() for name in copied())
        assert IGNORED[1] == "*"
        assert {line[1:] for line in IGNORED if line.startswith("!")} == copied()

    def test_it_runs_as_nobody_in_particular(self) -> None:
        last = DOCKERFILE.rpartition("FROM ")[2]
        assert last.index("USER geungeo") < last.index("ENTRYPOINT")
        assert "USER root" not in last
        assert "torch" not in "".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#"))

    def test_its_command_is_one(self) -> None:
        (command,) = re.findall(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
        arguments = build_parser().parse_args(re.findall(r'"([^"]+)"', command))
        assert (arguments.command, arguments.host) == ("serve", "0.0.0.0")

    def test_its_health_check_asks_a_route_that_needs_no_key(self) -> None:
        assert "http://127.0.0.1:8000/readyz" in DOCKERFILE


class TestCompose:
    @pytest.fixture
    def service(self) -> dict[str, object]:
        yaml = pytest.importorskip("yaml")
        text = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
        service: dict[str, object] = yaml.safe_load(text)["services"]["geungeo"]
        return service

    def test_it_is_confined(self, service: dict[str, object]) -> None:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["ports"] == ["127.0.0.1:8000:8000"]

    def test_what_is_written_to_is_a_volume(self, service: dict[str, object]) -> None:
        assert service["volumes"] == ["data:/data", "./articles:/articles:ro"]
        assert "GEUNGEO_DATA=/data" in DOCKERFILE


class TestNodes:
    @pytest.fixture
    def services(self) -> dict[str, dict[str, object]]:
        yaml = pytest.importorskip("yaml")
        services: dict[str, dict[str, object]] = yaml.safe_load((ROOT / "deploy" / "nodes.yaml").read_text("utf-8"))[
            "services"
        ]
        return services

    def test_three_nodes_share_one_truth_and_no_folder(self, services: dict[str, dict[str, object]]) -> None:
        nodes = [one for name, one in services.items() if name.startswith("node")]
        assert {str(one["environment"]) for one in nodes} == {
            "{'GEUNGEO_TRUTH': 'postgresql://geungeo@postgres/geungeo'}"
        }
        assert len({str(one["volumes"][0]) for one in nodes}) == 3  # type: ignore[index]
        assert all(one["read_only"] is True and one["cap_drop"] == ["ALL"] for one in nodes)

    def test_the_proxy_knows_each_of_them(self, services: dict[str, dict[str, object]]) -> None:
        known = re.findall(r"server (\w+):8000", (ROOT / "deploy" / "nodes.conf").read_text("utf-8"))
        assert known == [name for name in services if name.startswith("node")]

    def test_the_password_is_in_none_of_them(self, services: dict[str, dict[str, object]]) -> None:
        assert services["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres"  # type: ignore[index]
        assert "postgres.password" in (ROOT / ".gitignore").read_text("utf-8")

    def test_the_image_has_the_driver(self) -> None:
        assert 'pip install --no-cache-dir ".[$EXTRAS]"' in DOCKERFILE
        assert re.search(r"^ARG EXTRAS=mcp$", DOCKERFILE, re.MULTILINE)


class TestUnit:
    def test_its_command_is_one(self) -> None:
        (line,) = re.findall(r"^ExecStart=(.+)$", UNIT, re.MULTILINE)
        program, *arguments = shlex.split(line)
        assert program == "/opt/geungeo/bin/geungeo"
        assert build_parser().parse_args(arguments).host == "127.0.0.1"

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
    def test_systemd_finds_nothing_wrong_with_it(self, tmp_path: Path) -> None:
        unit = tmp_path / "geungeo.service"
        unit.write_text(UNIT.replace("/opt/geungeo/bin/geungeo", sys.executable), "utf-8")
        result = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
        )
        assert (result.returncode, [line for line in result.stderr.splitlines() if "geungeo" in line]) == (0, [])


def test_every_geungeo_command_of_the_page_is_one() -> None:
    shown = re.findall(
        r"(?<![\w/.-])geungeo (index|ask|search|serve|doctor|status|export|import|keys \w+|mcp)\b", OPERATIONS
    )
    assert {"index", "export", "import", "keys create"} <= set(shown)
