"""``dpf-edge export`` as somebody meets it: what it prints, where, and what it leaves behind."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dpf_edge.__main__ import run
from dpf_edge.export.exporters import exporter
from tests.test_export_cases import CASES, expected

if TYPE_CHECKING:
    from pathlib import Path

OFFICE = str(CASES / "office.json")


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


def exported(capsys: pytest.CaptureFixture[str], *arguments: str) -> Done:
    """Run the command."""
    capsys.readouterr()
    code = run(["export", *arguments])
    return Done(code, *capsys.readouterr())


def test_without_a_format_the_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    bare = exported(capsys)

    assert (0, "") == (bare.code, bare.err)
    for name in exporter.all():
        assert f"\n  {name} " in bare.out


def test_help_lists_the_formats_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert exported(capsys).out == exported(capsys, "--help").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("xls",), 64, "error[usage]: there is no format xls; there are ansible, csv, dot,"),
        (("csv", "--from", OFFICE, "--site", "x"), 64, "error[usage]: --from is one sweep"),
        (("csv", "--from", "/nowhere"), 65, "error[sweep-unreadable]: /nowhere: No such file"),
        (("csv", "--from", "/"), 65, "error[sweep-unreadable]: /: "),
        (("csv", "--from", "a\0b"), 65, "error[sweep-unreadable]: a\\x00b: "),
        (("csv", "--from", str(CASES / "csv" / "office.csv")), 65, "error[sweep-unreadable]: "),
        (
            ("csv", "--from", OFFICE, "-o", "/no/such"),
            73,
            "error[output-failed]: /no/such: No such",
        ),
        (("csv", "--store", "mysql://x"), 64, "error[store-url]: mysql: no kind of store"),
    ],
    ids=range(8),
)
def test_what_cannot_be_done_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = exported(capsys, *arguments)

    assert "" == done.out
    assert done.err.startswith(says)
    assert len(done.err.splitlines()) <= 2, "one line, and a hint"
    assert code == done.code


def test_data_goes_to_stdout_and_nothing_else_does(capsys: pytest.CaptureFixture[str]) -> None:
    done = exported(capsys, "csv", "--from", OFFICE)

    assert (0, "") == (done.code, done.err)
    assert expected("csv", "office").read_bytes().decode() == done.out


def test_a_sweep_may_come_by_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = os.open(OFFICE, os.O_RDONLY)
    before = os.dup(0)
    try:
        os.dup2(handle, 0)
        done = exported(capsys, "csv", "--from", "-")
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(handle)

    assert expected("csv", "office").read_bytes().decode() == done.out


def test_a_file_is_written_whole_and_keeps_who_may_read_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Prometheus reads its targets as another user, and from a file that is replaced under it."""
    target = tmp_path / "targets.json"
    target.write_text("[]")
    target.chmod(0o640)

    done = exported(capsys, "prometheus-sd", "--from", OFFICE, "-o", str(target))

    assert (0, "", "") == done
    assert expected("prometheus-sd", "office").read_text() == target.read_text()
    assert 0o640 == stat.S_IMODE(target.stat().st_mode)
    assert [target] == list(tmp_path.iterdir())


def test_a_new_file_is_as_the_umask_has_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = os.umask(0o027)
    try:
        exported(capsys, "csv", "--from", OFFICE, "-o", str(tmp_path / "new.csv"))
    finally:
        os.umask(before)

    assert 0o640 == stat.S_IMODE((tmp_path / "new.csv").stat().st_mode)


def test_what_fails_half_way_leaves_the_file_as_it_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "devices.csv"
    target.write_text("before")

    done = exported(capsys, "csv", "--from", str(tmp_path / "none.json"), "-o", str(target))

    assert 65 == done.code
    assert "before" == target.read_text()
    assert [target] == list(tmp_path.iterdir())


def test_where_there_is_no_store_none_is_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    for where in (
        ("--state-dir", str(tmp_path / "state")),
        ("--store", f"sqlite:///{tmp_path / 'none.db'}"),
        ("--store", f"sqlite:///{empty}"),
    ):
        done = exported(capsys, "csv", *where, "-o", str(tmp_path / "out.csv"))

        assert (69, "") == (done.code, done.out)
        assert "there is no store" in done.err
    assert ["empty.db"] == [each.name for each in tmp_path.iterdir()]


def test_a_fresh_store_has_no_devices_and_every_format_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(["devices", "list", "--state-dir", str(tmp_path)])
    made = {
        form: exported(capsys, form, "--state-dir", str(tmp_path)).out for form in exporter.all()
    }

    assert 1 == len(list(csv.reader(io.StringIO(made["csv"]))))
    assert [] == json.loads(made["prometheus-sd"])
    assert "" == made["jsonl"]
    assert "flowchart LR\n" == made["mermaid"]
    assert "hosts: {}" in made["ansible"]
    assert 'total="0"' in made["nmap-xml"]


def test_a_site_that_nobody_knows_is_mentioned(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(["devices", "list", "--state-dir", str(tmp_path)])

    done = exported(capsys, "jsonl", "--state-dir", str(tmp_path), "--site", "berlin")

    assert (0, "") == (done.code, done.out)
    assert "there is no device on a site berlin\n" == done.err
