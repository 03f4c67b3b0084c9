"""The Authority as it is started: where it listens, how it ends, what it says when it cannot."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from dpf_edge.wire import times
from tests.authority import desk
from tests.authority.desk import EDGE
from tests.authority_process import PROGRAM, SECONDS, AuthorityProcess, authority

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["authority"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program until it ends by itself."""
    return subprocess.run(
        [*PROGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def now() -> str:
    return times.stamp(time.time())


def enrolled(at: AuthorityProcess) -> str:
    """The token of a new, trusted node."""
    headers = {"authorization": f"Bearer {at.token('--auto-approve')}"}
    answer = httpx2.post(f"{at.url}{EDGE}/enroll", json=desk.ENROLL, headers=headers)
    assert 200 == answer.status_code
    token: str = answer.json()["nodeToken"]
    return token


def test_its_first_start_asks_nothing_and_says_where_it_is(authority: AuthorityProcess) -> None:
    link = authority.said(r"^sign in: (\S+)$")

    health = httpx2.get(f"{authority.url}/api/health")
    page = httpx2.get(link, follow_redirects=True)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", authority.url)
    assert (200, True) == (health.status_code, health.json()["ok"])
    assert "date" in health.headers
    assert (303, 200) == (page.history[0].status_code, page.status_code)
    assert "There is no node yet" in page.text


def test_what_it_keeps_is_for_its_owner_alone(authority: AuthorityProcess) -> None:
    folder = authority.folder

    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    for kept in folder.iterdir():
        assert 0o600 == stat.S_IMODE(kept.stat().st_mode), kept


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_it_ends_in_good_order_with_clients_that_hang_on(
    authority: AuthorityProcess, number: signal.Signals
) -> None:
    host, port = authority.listen.split(":")
    token = enrolled(authority)
    head = f"POST {EDGE}/heartbeat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    with (
        socket.create_connection((host, int(port))) as slow,
        socket.create_connection((host, int(port))) as silent,
    ):
        slow.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
        silent.sendall(b"GET / HT")
        began = time.monotonic()

        code = authority.end(number)

        took = time.monotonic() - began
    assert 0 == code
    assert took < 10  # two seconds are what it is built for; a busy machine may take longer
    assert not any("Traceback" in line for line in authority.lines)


def test_acknowledged_means_stored_through_a_kill(authority: AuthorityProcess) -> None:
    """``kill -9`` in the middle of deliveries: what had its answer is there after the restart."""
    tokens = [enrolled(authority) for _ in range(3)]
    answered: set[str] = set()
    lock = threading.Lock()

    def deliver(number: int) -> None:
        items = [
            {
                "observedKey": f"arp:10.{number}.0.{each}",
                "itemType": "host",
                "name": "x",
                "rawData": {},
            }
            for each in range(200)
        ]
        headers = {"authorization": f"Bearer {tokens[number]}"}
        for each in range(4):
            key = f"{number}-{each}"
            message = {**desk.RUN, "runKey": key, "observedAt": now(), "items": items}
            try:
                told = httpx2.post(
                    f"{authority.url}{EDGE}/discovery-runs", json=message, headers=headers
                )
            except httpx2.TransportError:
                return
            assert 201 == told.status_code
            with lock:
                answered.add(key)

    threads = [threading.Thread(target=deliver, args=(each,)) for each in range(3)]
    for thread in threads:
        thread.start()
    while not answered and any(thread.is_alive() for thread in threads):
        time.sleep(0.005)
    authority.kill()
    for thread in threads:
        thread.join(SECONDS)
    authority.start()

    headers = {"authorization": f"Bearer {api_token(authority)}"}
    listed = httpx2.get(f"{authority.url}/api/v1/admin/runs?limit=100", headers=headers).json()

    assert answered
    assert answered <= {run["runKey"] for run in listed["runs"]}


def api_token(at: AuthorityProcess) -> str:
    """An API token of an operator."""
    done = at.command("authority", "api-token", "issue", "a test", "--role", "operator")
    assert 0 == done.returncode, done.stderr
    return done.stdout.splitlines()[-1]


def test_commands_beside_it_hold_from_the_next_call(authority: AuthorityProcess) -> None:
    token = authority.token()
    headers = {"authorization": f"Bearer {token}"}
    told = httpx2.post(f"{authority.url}{EDGE}/enroll", json=desk.ENROLL, headers=headers).json()
    headers = {"authorization": f"Bearer {told['nodeToken']}"}
    run_ = {**desk.RUN, "observedAt": now()}

    def post() -> int:
        url = f"{authority.url}{EDGE}/discovery-runs"
        return httpx2.post(url, json=run_, headers=headers).status_code

    assert 403 == post()
    approved = authority.command("nodes", "approve", told["nodeId"])
    assert (0, "") == (approved.returncode, approved.stdout)
    assert 201 == post()
    assert "is trusted" in approved.stderr
    assert 0 == authority.command("nodes", "quarantine", told["nodeId"]).returncode
    assert 403 == post()
    assert 0 == authority.command("nodes", "revoke", told["nodeId"]).returncode
    assert 401 == post()


def test_a_port_that_is_taken_is_said_in_one_line(
    authority: AuthorityProcess, tmp_path: Path
) -> None:
    done = run("authority", "--listen", authority.listen, "--state-dir", str(tmp_path / "other"))

    error, hint = done.stderr.splitlines()
    assert (69, "") == (done.returncode, done.stdout)
    assert f"error[listen-taken]: {authority.listen}: another program listens there" == error
    assert hint.startswith("hint: ")
    assert not (tmp_path / "other").exists(), "nothing was made for a server that cannot be"


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--listen", "192.0.2.77:0"), 68, "error[listen-address]: 192.0.2.77:0: "),
        (("--listen", "edge.example:0"), 68, "error[listen-address]: edge.example: no address"),
        (("--listen", "127.0.0.1:x"), 64, "error[usage]: --listen: 'x': a port is a number"),
        (("--tls-cert", "x"), 64, "error[usage]: --tls-cert and --tls-key go together"),
        (("--tls", "--plain-http"), 64, "error[usage]: --plain-http and TLS exclude each other"),
        (
            ("--tls-cert", "/nowhere", "--tls-key", "/nowhere"),
            78,
            "error[tls-unusable]: /nowhere: ",
        ),
        (("--store", "mysql://x/y"), 64, "error[store-url]: "),
        (
            ("--store", "postgresql://x@127.0.0.1:1/y"),
            69,
            "error[store-unavailable]: y at 127.0.0.1",
        ),
        (("--store", "sqlite:////proc/nowhere/x"), None, "error[store-"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_code(
    tmp_path: Path, options: tuple[str, ...], code: int | None, said: str
) -> None:
    done = run("authority", "--listen", "127.0.0.1:0", "--state-dir", str(tmp_path), *options)

    assert done.stderr.startswith(said), done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert "" == done.stdout
    assert done.returncode == code or (code is None and done.returncode > 63)


def test_a_password_in_a_stores_url_is_in_no_message(tmp_path: Path) -> None:
    url = "postgresql://user:PLANTED@127.0.0.1:1/db"

    done = run("authority", "--listen", "127.0.0.1:0", "--state-dir", str(tmp_path), "--store", url)

    assert 69 == done.returncode
    assert "PLANTED" not in done.stderr


def test_options_before_a_subcommand_are_not_swallowed(tmp_path: Path) -> None:
    done = run("authority", "--state-dir", str(tmp_path), "user", "list")

    assert 64 == done.returncode
    assert "options of user stand behind it" in done.stderr


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[AuthorityProcess]:
    """An Authority with a certificate of its own."""
    made = AuthorityProcess(tmp_path / "authority", "--tls")
    made.start()
    yield made
    made.end()


def test_its_own_certificate_is_kept_and_its_fingerprint_told_with_each_token(
    secure: AuthorityProcess,
) -> None:
    folder = secure.folder
    pin = secure.said(r"^certificate: its own, sha256 ([0-9a-f]{64})$")
    trusts = ssl.create_default_context(cafile=str(folder / "authority-cert.pem"))
    host, port = secure.listen.split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        trusts.wrap_socket(plain, server_hostname=host) as client,
    ):
        der = client.getpeercert(binary_form=True)

    issued = secure.command("token", "issue")
    link = secure.said(r"^sign in: (\S+)$")
    page = httpx2.get(link, verify=trusts)
    secure.end()
    secure.start()

    assert der is not None
    assert pin == hashlib.sha256(der).hexdigest()
    assert f"DPF_AUTHORITY_FINGERPRINT={pin}" in issued.stderr
    assert f"DPF_AUTHORITY_URL={secure.url}" in issued.stderr
    assert page.headers["set-cookie"].startswith("__Host-dpf_session=")
    assert pin == secure.said(r"sha256 ([0-9a-f]{64})"), "the same after a restart"


def test_a_key_that_others_can_read_is_not_used(secure: AuthorityProcess) -> None:
    secure.end()
    (secure.folder / "authority-tls.pem").chmod(0o644)

    done = run("authority", "--listen", "127.0.0.1:0", "--tls", "--state-dir", str(secure.folder))

    assert 77 == done.returncode
    assert "has mode 0644" in done.stderr
    (secure.folder / "authority-tls.pem").chmod(0o600)
    secure.start()


def test_an_operators_own_certificate_is_used(tmp_path: Path) -> None:
    from dpf_edge.authority import tls

    certificate, key = tls.made(["127.0.0.1"], time.time())
    (tmp_path / "cert.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(key)
    other = tmp_path / "other.pem"
    other.write_bytes(tls.made(["127.0.0.1"], time.time())[1])
    given = ("--tls-cert", str(tmp_path / "cert.pem"), "--tls-key")
    at = AuthorityProcess(tmp_path / "authority", *given, str(tmp_path / "key.pem"))
    at.start()

    trusts = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    health = httpx2.get(f"{at.url}/api/health", verify=trusts)
    issued = at.command("token", "issue")
    at.end()
    folder = str(tmp_path / "x")
    wrong = run("authority", "--listen", "127.0.0.1:0", "--state-dir", folder, *given, str(other))

    assert 200 == health.status_code
    assert "FINGERPRINT" not in issued.stderr, "what it is checked by is its own authority's"
    assert (78, True) == (wrong.returncode, "error[tls-unusable]" in wrong.stderr)


def test_no_token_is_in_a_log_or_a_process_list(authority: AuthorityProcess) -> None:
    boot, node = authority.token(), enrolled(authority)
    headers = {"authorization": f"Bearer {node}"}
    httpx2.post(f"{authority.url}{EDGE}/heartbeat", content=b"{", headers=headers)
    httpx2.get(f"{authority.url}/{node}?token={boot}")
    assert authority.process is not None
    commands = Path(f"/proc/{authority.process.pid}/cmdline").read_bytes()
    environment = Path(f"/proc/{authority.process.pid}/environ").read_bytes()
    authority.end()

    told = "\n".join(line for line in authority.lines if not line.startswith("sign in: "))
    for secret in (boot, node):
        assert secret not in told
        assert secret.encode() not in commands + environment


def test_freshness_is_set_by_the_published_variables(tmp_path: Path) -> None:
    at = AuthorityProcess(tmp_path / "authority")
    at.start(DPF_EDGE_FRESHNESS_PAST_SEC="60", DPF_EDGE_FRESHNESS_FUTURE_SEC="none")
    headers = {"authorization": f"Bearer {enrolled(at)}"}
    url = f"{at.url}{EDGE}/discovery-runs"

    old = {**desk.RUN, "observedAt": times.stamp(time.time() - 120)}
    ahead = {**desk.RUN, "observedAt": times.stamp(time.time() + 240)}

    assert 400 == httpx2.post(url, json=old, headers=headers).status_code
    assert 201 == httpx2.post(url, json=ahead, headers=headers).status_code
    at.end()


def test_a_backup_is_made_while_it_runs_and_restored_into_a_new_store(
    authority: AuthorityProcess, tmp_path: Path
) -> None:
    token = enrolled(authority)
    headers = {"authorization": f"Bearer {token}"}
    copy = tmp_path / "copy"

    written = authority.command("authority", "backup", str(copy), "--json")
    again = authority.command("authority", "restore", str(copy))
    other = AuthorityProcess(tmp_path / "other")
    restored = other.command("authority", "restore", str(copy))
    other.start()
    beat = httpx2.post(f"{other.url}{EDGE}/heartbeat", headers=headers)
    other.end()

    assert (0, str(copy)) == (written.returncode, json.loads(written.stdout)["backup"])
    assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
    assert 0 != again.returncode, "a store that holds something is left alone"
    assert again.stderr.startswith("error[store-not-empty]: ")
    assert 0 == restored.returncode, restored.stderr
    assert 200 == beat.status_code


def test_a_stores_own_disk_that_is_full_ends_no_process(tmp_path: Path) -> None:
    """A file-size limit stands for a full disk; it goes away, and so does the trouble."""
    at = AuthorityProcess(tmp_path / "authority")
    at.start()
    token = enrolled(at)
    headers = {"authorization": f"Bearer {token}"}
    assert at.process is not None
    # Room for the limiter's row, and none for the run.
    size = max(each.stat().st_size for each in at.folder.iterdir()) + (256 << 10)
    import resource

    resource.prlimit(at.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    items = [
        {"observedKey": f"x:{each}", "itemType": "host", "name": "x" * 200, "rawData": {}}
        for each in range(5000)
    ]
    message = {**desk.RUN, "observedAt": now(), "items": items}
    url = f"{at.url}{EDGE}/discovery-runs"

    full = httpx2.post(url, json=message, headers=headers, timeout=SECONDS)
    resource.prlimit(at.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    again = httpx2.post(url, json=message, headers=headers, timeout=SECONDS)
    at.end()

    assert (500, "persistence_failed") == (full.status_code, full.json()["error"])
    assert 201 == again.status_code
    assert not any("Traceback" in line for line in at.lines)


@pytest.mark.skipif(os.name == "nt", reason="a signal of POSIX")
def test_a_second_signal_ends_it_at_once(authority: AuthorityProcess) -> None:
    assert authority.process is not None
    authority.process.send_signal(signal.SIGTERM)

    assert authority.end(signal.SIGTERM) in {0, 1}
