"""The calls that make, set, start, stop and remove the Windows Service. What they do there was not
seen on a Windows: Wine runs the service, and keeps no access lists and shows no event log."""

# ruff: noqa: N802 -- the names are Windows' own

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.deploy import windows_service
from dpf_edge.deploy.node_file import Wanted
from dpf_edge.deploy.step import Service
from dpf_edge.errors import DeployDenied, DeployFailed, DeployUnavailable
from dpf_edge.host import windows_service as host
from dpf_edge.host.windows_service import Manager

if TYPE_CHECKING:
    from collections.abc import Callable

# winsvc.h and winnt.h, as pywin32 has them.
NUMBERS = {
    "SERVICE_WIN32_OWN_PROCESS": 0x10,
    "SERVICE_AUTO_START": 2,
    "SERVICE_ERROR_NORMAL": 1,
    "SERVICE_ALL_ACCESS": 0xF01FF,
    "SC_MANAGER_ALL_ACCESS": 0xF003F,
    "SC_MANAGER_CONNECT": 1,
    "SERVICE_QUERY_STATUS": 4,
    "SERVICE_CONTROL_STOP": 1,
    "SERVICE_STOP_PENDING": 3,
    "SERVICE_STOPPED": 1,
    "SERVICE_CONFIG_DESCRIPTION": 1,
    "SERVICE_CONFIG_FAILURE_ACTIONS": 2,
    "SERVICE_CONFIG_FAILURE_ACTIONS_FLAG": 4,
    "SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO": 6,
    "SC_ACTION_RESTART": 1,
}
WANTED = Wanted("https://a.example")


class Refused(Exception):
    """An error as pywin32 raises it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.winerror, self.strerror = number, f"error {number}"


class Windows:
    """A service manager that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.services: dict[str, int] = {}
        self.refuses: dict[str, int] = {}

    def note(self, name: str, *words: Any) -> None:
        """One call."""
        self.asked.append((name, *words))
        if name in self.refuses:
            raise Refused(self.refuses[name])

    def call(self, name: str) -> Callable[..., Any]:
        """A function of win32service."""
        return lambda *words: getattr(self, name, lambda *more: self.note(name, *more))(*words)

    def OpenSCManager(self, *words: Any) -> str:
        """The manager."""
        self.note("OpenSCManager", *words)
        return "manager"

    def OpenService(self, _manager: str, name: str, access: int) -> str:
        """A service, if it is there."""
        self.note("OpenService", name, access)
        if name not in self.services:
            raise Refused(1060)
        return name

    def CreateService(self, *words: Any) -> str:
        """A new service, stopped."""
        self.note("CreateService", *words)
        self.services[words[1]] = 1
        return str(words[1])

    def StartService(self, name: str, words: Any) -> None:
        """It runs."""
        self.note("StartService", name, words)
        self.services[name] = 4

    def ControlService(self, name: str, control: int) -> None:
        """It stops."""
        self.note("ControlService", name, control)
        if self.services[name] == 1:
            raise Refused(1062)
        self.services[name] = 1

    def QueryServiceStatus(self, name: str) -> tuple[int, int]:
        """What it does."""
        return 0x10, self.services[name]

    def DeleteService(self, name: str) -> None:
        """It is gone."""
        self.note("DeleteService", name)
        del self.services[name]

    def named(self, name: str) -> list[tuple[Any, ...]]:
        """The calls of one function, without its name."""
        return [each[1:] for each in self.asked if each[0] == name]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    """A Windows whose calls are noted."""
    made = Windows()
    calls = {name: made.call(name) for name in CALLS}
    logs = {name: made.call(name) for name in ("AddSourceToRegistry", "RemoveSourceFromRegistry")}
    monkeypatch.setitem(sys.modules, "win32service", SimpleNamespace(**NUMBERS, **calls))
    monkeypatch.setitem(sys.modules, "win32evtlogutil", SimpleNamespace(**logs))
    monkeypatch.setitem(sys.modules, "servicemanager", SimpleNamespace(__file__="messages.pyd"))
    return made


CALLS = (
    "OpenSCManager",
    "OpenService",
    "CreateService",
    "ChangeServiceConfig",
    "ChangeServiceConfig2",
    "StartService",
    "ControlService",
    "QueryServiceStatus",
    "DeleteService",
    "CloseServiceHandle",
)


def service() -> Service:
    """The service of the recipe."""
    steps = windows_service.recipe(WANTED, (r"C:\Program Files\dpf-edge\dpf-edge.exe",)).steps
    (found,) = [step for step in steps if isinstance(step, Service)]
    return found


def test_it_is_made_to_start_by_itself_as_an_account_without_a_password(windows: Windows) -> None:
    Manager().make(service())

    (made,) = windows.named("CreateService")
    assert made[1:3] == ("dpf-edge-node", "DPF Edge Node")
    # Own process, automatic start, the quoted command line, the account, no password.
    assert (made[4], made[5]) == (0x10, 2)
    assert made[7].startswith('"C:\\Program Files\\dpf-edge\\dpf-edge.exe" service ')
    assert made[11:13] == (r"NT SERVICE\dpf-edge-node", None)
    assert windows.services == {"dpf-edge-node": 4}


def test_it_is_started_again_when_it_dies_and_when_it_ends_with_an_error(windows: Windows) -> None:
    Manager().make(service())

    told = {level: value for _, level, value in windows.named("ChangeServiceConfig2")}
    assert told[2]["Actions"] == [(1, 5_000), (1, 30_000), (1, 120_000)]
    assert told[2]["ResetPeriod"] == 86_400
    assert told[4] is True
    assert told[6] == ["SeChangeNotifyPrivilege"]


def test_the_event_log_knows_its_source_and_forgets_it(windows: Windows) -> None:
    Manager().make(service())
    Manager().remove("dpf-edge-node")

    assert windows.named("AddSourceToRegistry") == [
        ("dpf-edge-node", "messages.pyd", "Application")
    ]
    assert windows.named("RemoveSourceFromRegistry") == [("dpf-edge-node",)]


def test_one_that_is_there_is_set_anew_and_started_anew(windows: Windows) -> None:
    Manager().make(service())
    Manager().make(service())

    assert len(windows.named("CreateService")) == 1
    assert len(windows.named("ChangeServiceConfig")) == 1
    assert len(windows.named("StartService")) == 2
    order = [each[0] for each in windows.asked]
    assert order.index("ControlService") < len(order) - order[::-1].index("StartService")


def test_a_removed_one_was_stopped_first_and_a_missing_one_is_no_error(windows: Windows) -> None:
    Manager().make(service())
    Manager().remove("dpf-edge-node")
    Manager().remove("dpf-edge-node")

    assert windows.services == {}
    assert Manager().state("dpf-edge-node") is None
    order = [each[0] for each in windows.asked]
    assert order.index("ControlService") < order.index("DeleteService")


def test_every_handle_is_closed_also_where_something_is_refused(windows: Windows) -> None:
    windows.refuses["StartService"] = 1053

    with pytest.raises(DeployFailed, match="1053"):
        Manager().make(service())

    opened = len(windows.named("OpenSCManager")) + len(windows.named("CreateService"))
    assert len(windows.named("CloseServiceHandle")) == opened


def test_without_an_administrators_rights_it_says_so(windows: Windows) -> None:
    windows.refuses["OpenSCManager"] = 5

    with pytest.raises(DeployDenied, match="dpf-edge-node"):
        Manager().make(service())


def test_without_pywin32_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "win32service", None)

    with pytest.raises(DeployUnavailable, match="win32service"):
        Manager().make(service())


def test_what_the_service_does_is_told_to_the_event_log(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    reported: list[tuple[int, dict[str, int]]] = []
    hosted: list[type] = []

    class Framework:
        """What win32serviceutil brings."""

        def ReportServiceStatus(self, state: int, **more: int) -> None:
            """A state that the service manager is told."""
            reported.append((state, more))

    manager = SimpleNamespace(
        __file__="messages.pyd",
        LogInfoMsg=lambda text: said.append(("info", text)),
        LogErrorMsg=lambda text: said.append(("error", text)),
        Initialize=lambda *_: None,
        PrepareToHostSingle=hosted.append,
        StartServiceCtrlDispatcher=lambda: hosted[0]().SvcDoRun(),
    )
    monkeypatch.setitem(sys.modules, "servicemanager", manager)
    util = SimpleNamespace(ServiceFramework=Framework)
    monkeypatch.setitem(sys.modules, "win32serviceutil", util)
    monkeypatch.setitem(sys.modules, "win32service", SimpleNamespace(**NUMBERS))

    host.be_service("dpf-edge-node", lambda on_stop: on_stop(lambda: None))
    hosted.clear()

    def breaks(_on_stop: object) -> None:
        raise DeployFailed("so it is")

    with pytest.raises(DeployFailed):
        host.be_service("dpf-edge-node", breaks)

    assert said == [
        ("info", "dpf-edge-node starts"),
        ("info", "dpf-edge-node has stopped"),
        ("info", "dpf-edge-node starts"),
        ("error", "dpf-edge-node ends: error[deploy-failed]: so it is"),
    ]
    # It ends with an error, or the service manager would not start it again.
    assert reported == [(1, {"win32ExitCode": 1})]
