"""What `make dist` puts beside a program: notices, sums; and what the Dockerfile promises."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from tools.dist import carried, notices, program, wine
from tools.dist.__main__ import SUMS, sums
from tools.dist.places import PACKAGING, ROOT, CannotBuild, must

METADATA = "Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{terms}\n\nA description.\n"


def installed(site: Path, name: str, terms: str, text: str | None = "Do as you like.") -> Path:
    """A package's metadata, as an installer lays it out."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    (info / "licenses").mkdir(parents=True)
    (info / "METADATA").write_text(METADATA.format(name=name, terms=terms))
    if text is not None:
        (info / "licenses" / "LICENSE").write_text(text)
    return info


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("License-Expression: MIT", "MIT"),
        ("License: BSD 3-Clause\n and more of it", "BSD 3-Clause"),
        ("Classifier: License :: OSI Approved :: MIT License", "MIT License"),
    ],
)
def test_terms_are_named_as_the_metadata_names_them(tmp_path: Path, said: str, named: str) -> None:
    assert named == notices.of_package(installed(tmp_path, "some-thing", said)).terms


def test_a_package_without_terms_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(CannotBuild, match=r"some-thing 1\.0 does not say"):
        notices.of_package(installed(tmp_path, "some-thing", "Keywords: none"))


def test_a_package_without_the_text_of_its_terms_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(CannotBuild, match="does not say"):
        notices.of_package(installed(tmp_path, "some-thing", "License-Expression: MIT", None))


def test_notices_list_everything_and_hold_every_text(tmp_path: Path) -> None:
    installed(tmp_path, "first", "License-Expression: MIT", "The first's text.")
    installed(tmp_path, "built-with", "License-Expression: GPL-2.0-only", "A builder's.")
    installed(tmp_path, "second", "License-Expression: Zlib", "The second's text.")

    text = notices.whole(notices.of_packages(tmp_path, but=("built-with",)), "a test")

    assert re.search(r"^  first 1\.0 +MIT$", text, re.MULTILINE)
    assert re.search(r"^  second 1\.0 +Zlib$", text, re.MULTILINE)
    assert text.index("The first's text.") < text.index("The second's text.")
    assert "oui-data" in text
    assert "built-with" not in text


def test_sums_are_what_sha256sum_checks(tmp_path: Path) -> None:
    for name in ("b.zip", "a.whl"):
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / SUMS).write_text("those of before")

    made = sums(tmp_path)

    digest = hashlib.sha256(b"a.whl").hexdigest()
    assert f"{digest}  a.whl" == made.splitlines()[0]
    assert ["a.whl", "b.zip"] == [line.split("  ")[1] for line in made.splitlines()]
    (tmp_path / SUMS).write_text(made)
    done = subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=tmp_path, check=False)
    assert 0 == done.returncode


def test_what_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(CannotBuild, match="ended with 3: it broke"):
        must(["sh", "-c", "echo it broke >&2; exit 3"])


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(CannotBuild, match="no-such-program is not there"):
        must(["no-such-program"])


def test_paths_are_named_as_windows_programs_name_them() -> None:
    assert "Z:\\tmp\\a b\\c" == wine.path(Path("/tmp/a b/c"))


def test_the_image_runs_as_the_user_that_owns_its_state() -> None:
    text = (PACKAGING / "Dockerfile").read_text()

    [user] = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
    owner = re.search(r"install -d -m 700 -o (\d+) -g (\d+) (\S+)", text)
    assert owner
    assert user == f"{owner[1]}:{owner[2]}"
    assert f"VOLUME {owner[3]}" in text
    assert f"DPF_EDGE_STATE_DIR={owner[3]} " in text


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("libcrypto-3a0647ea.so.3", "OpenSSL"),
        ("libcrypto-3.dll", "OpenSSL"),
        ("libssl-3-x64-4e7cec2f17e882170e805bee25b2b412.dll", "OpenSSL"),
        ("libgssapi_krb5-923083ce.so.2.2", "MIT Kerberos"),
        ("libsasl2-84219a89.so.3.0.0", "Cyrus SASL"),
        ("VCRUNTIME140_1.dll", "Visual C++ runtime"),
        ("sqlite3.dll", "SQLite"),
    ],
)
def test_libraries_that_wheels_carry_are_known_by_their_files(file: str, owner: str) -> None:
    [found] = carried.of_files([file])

    assert owner == found.name
    assert all(found.texts)


def test_a_library_of_nobody_that_is_known_stops_the_build() -> None:
    with pytest.raises(CannotBuild, match=r"libnew-1f2e3d4c\.so\.1: whose it is"):
        carried.of_files(["libssl-6a9b88ec.so.3", "libnew-1f2e3d4c.so.1"])


def test_modules_and_pythons_own_files_are_no_libraries_of_others() -> None:
    modules = ("_rust.abi3.so", "_cffi_backend.cpython-311-x86_64-linux-gnu.so", "_ssl.pyd")
    own = ("python3.dll", "python313.dll", "pywintypes313.dll", "libpython3.11.so.1.0", "notes.txt")

    assert [] == carried.of_files([*modules, *own])


def test_a_program_without_a_module_that_it_names_is_not_handed_out(tmp_path: Path) -> None:
    log = tmp_path / "windows.log"
    log.write_text("1 INFO: go\n2 ERROR: Hidden import 'win32service' not found\n3 INFO: done\n")

    with pytest.raises(CannotBuild, match="not found: win32service"):
        program.must_be_whole(log)


def test_links_in_what_git_ignores_are_not_followed_into_the_sdist(tmp_path: Path) -> None:
    """A Windows drive of Wine's is a link to the whole machine, the checkout within it."""
    for name in ("pyproject.toml", ".gitignore", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "src" / "dpf_edge").mkdir(parents=True)
    (tmp_path / "src" / "dpf_edge" / "__init__.py").touch()
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "z:").symlink_to(tmp_path / "src")

    files = [each.relative_path for each in SdistBuilder(str(tmp_path)).recurse_included_files()]

    assert "src/dpf_edge/__init__.py" in files
