"""A file is there whole or not at all."""

from pathlib import Path

import pytest

from index.system.files import written_whole


def test_what_was_written_takes_the_files_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b"before")
    with written_whole(path) as file:
        file.write(b"after")
        assert path.read_bytes() == b"before"
    assert path.read_bytes() == b"after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_raises_leaves_everything_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b"before")

    def write_half() -> None:
        with written_whole(path) as file:
            file.write(b"half")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_private_before_anything_is_in_it(tmp_path: Path) -> None:
    with written_whole(tmp_path / "keys.json", mode=0o600) as file:
        assert Path(file.name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
