"""Windows' service manager by pywin32: makes, removes and asks after a service, and is one.

Everything of pywin32 is imported where it is used: there is none of it on other systems. Types are
Any for the same reason. The calls are those of Microsoft Learn's "Service functions"; what pywin32
names them is the same but for the W at the end.
"""

from __future__ import annotations

import contextlib
import importlib
import time
from typing import TYPE_CHECKING, Any, TypeAlias

from dpf_edge.errors import DeployDenied, DeployFailed, DeployUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dpf_edge.deploy.step import Service

# pywin32 has no types: its modules, and the handles that it gives out.
Calls: TypeAlias = Any
Handle: TypeAlias = Any

# Learn, "System Error Codes".
ACCESS_DENIED, SERVICE_MISSING, ALREADY_RUNNING, NOT_ACTIVE, EXISTS, TO_BE_REMOVED = (
    5, 1060, 1056, 1062, 1073, 1072,
)  # fmt: skip
INVALID_LEVEL = 124
# A node ends within a second; Windows itself waits for a service for thirty at shutdown.
WAIT_SECONDS = 30.0
LOOK_SECONDS = 0.2
# The event log's own: a message file that shows a text as it is; servicemanager brings one.
STOPPED, RUNNING = 1, 4
STATES = {
    1: "stopped",
    2: "starting",
    3: "stopping",
    4: "running",
    5: "resuming",
    6: "pausing",
    7: "paused",
}


def module(name: str) -> Calls:
    """A module of pywin32.

    :raises DeployUnavailable: it is not there.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DeployUnavailable(
            f"{name}: not installed, and Windows services need it", "pip install pywin32"
        ) from error


class Manager:
    """The service manager."""

    def make(self, service: Service) -> None:
        """Make a service or set the one that is there, register its events, and start it anew.

        :raises DeployError: it could not be.
        """
        win32service = module("win32service")
        with calls(f"service {service.name}"), self._manager() as manager:
            handle = self._made(win32service, manager, service)
            try:
                settled(win32service, handle, service)
                register_events(service.name)
                end(win32service, handle)
                begin(win32service, handle)
            finally:
                win32service.CloseServiceHandle(handle)

    def remove(self, name: str) -> None:
        """Stop a service and remove it and its source of events; nothing where there is none.

        :raises DeployError: it could not be.
        """
        win32service = module("win32service")
        with calls(f"service {name}"), self._manager() as manager:
            handle = opened(win32service, manager, name)
            if handle is not None:
                try:
                    end(win32service, handle)
                    with ignoring(TO_BE_REMOVED):
                        win32service.DeleteService(handle)
                finally:
                    win32service.CloseServiceHandle(handle)
        with contextlib.suppress(Exception):  # it may be that it never was registered
            module("win32evtlogutil").RemoveSourceFromRegistry(name)

    def state(self, name: str) -> str | None:
        """What a service does, in one word; None where there is none.

        :raises DeployError: it may not be asked.
        """
        win32service = module("win32service")
        access = win32service.SC_MANAGER_CONNECT
        with calls(f"service {name}"), self._manager(access) as manager:
            try:
                handle = win32service.OpenService(manager, name, win32service.SERVICE_QUERY_STATUS)
            except Exception as error:
                if code_of(error) == SERVICE_MISSING:
                    return None
                raise
            try:
                return STATES.get(win32service.QueryServiceStatus(handle)[1], "unknown")
            finally:
                win32service.CloseServiceHandle(handle)

    @contextlib.contextmanager
    def _manager(self, access: int | None = None) -> Iterator[Handle]:
        win32service = module("win32service")
        wanted = win32service.SC_MANAGER_ALL_ACCESS if access is None else access
        handle = win32service.OpenSCManager(None, None, wanted)
        try:
            yield handle
        finally:
            win32service.CloseServiceHandle(handle)

    def _made(self, win32service: Calls, manager: Handle, service: Service) -> Handle:
        what = (
            win32service.SERVICE_WIN32_OWN_PROCESS,
            win32service.SERVICE_AUTO_START,
            win32service.SERVICE_ERROR_NORMAL,
            service.command_line,
        )
        handle = opened(win32service, manager, service.name)
        if handle is None:
            # A virtual account has no password.
            return win32service.CreateService(
                manager, service.name, service.display_name, win32service.SERVICE_ALL_ACCESS,
                *what, None, 0, None, service.account, None,
            )  # fmt: skip
        win32service.ChangeServiceConfig(
            handle, *what, None, 0, None, service.account, None, service.display_name
        )
        return handle


def settled(win32service: Calls, handle: Handle, service: Service) -> None:
    """Set what CreateService does not take: the description, what happens when it dies, and which
    privileges its account keeps."""
    change = win32service.ChangeServiceConfig2
    change(handle, win32service.SERVICE_CONFIG_DESCRIPTION, service.description)
    restart = win32service.SC_ACTION_RESTART
    actions = [(restart, seconds * 1000) for seconds in service.recovery.restart_after]
    failure = {
        "ResetPeriod": service.recovery.forget_after,
        "RebootMsg": None,
        "Command": None,
        "Actions": actions,
    }
    change(handle, win32service.SERVICE_CONFIG_FAILURE_ACTIONS, failure)
    # Also where it ends by itself with an error, and not only where it crashes.
    flag = win32service.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG
    wanted = win32service.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO
    for level, value in ((flag, True), (wanted, list(service.privileges))):
        # Windows has both since Vista. Wine 8 has neither, and the service does without them.
        with ignoring(INVALID_LEVEL), contextlib.suppress(NotImplementedError):
            change(handle, level, value)


def register_events(name: str) -> None:
    """Let the event log show what the service writes to it: servicemanager has the messages."""
    servicemanager, logs = module("servicemanager"), module("win32evtlogutil")
    logs.AddSourceToRegistry(name, servicemanager.__file__, "Application")


def opened(win32service: Calls, manager: Handle, name: str) -> Handle | None:
    """A service; None where there is none."""
    try:
        return win32service.OpenService(manager, name, win32service.SERVICE_ALL_ACCESS)
    except Exception as error:
        if code_of(error) == SERVICE_MISSING:
            return None
        raise


def begin(win32service: Calls, handle: Handle) -> None:
    """Start a service, and wait until it runs.

    :raises DeployFailed: it does not.
    """
    with ignoring(ALREADY_RUNNING):
        win32service.StartService(handle, None)
    if not reached(win32service, handle, RUNNING):
        raise DeployFailed("the service does not start: the event log says why")


def end(win32service: Calls, handle: Handle) -> None:
    """Stop a service, and wait until it has stopped.

    :raises DeployFailed: it does not.
    """
    with ignoring(NOT_ACTIVE):
        win32service.ControlService(handle, win32service.SERVICE_CONTROL_STOP)
    if not reached(win32service, handle, STOPPED):
        raise DeployFailed("the service does not stop")


def reached(win32service: Calls, handle: Handle, wanted: int) -> bool:
    """Whether a service comes to a state in time; one that is to run and stopped does not."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        state = win32service.QueryServiceStatus(handle)[1]
        if state == wanted:
            return True
        if wanted == RUNNING and state == STOPPED:
            return False
        time.sleep(LOOK_SECONDS)
    return False


def code_of(error: BaseException) -> int | None:
    """The number of an error of pywin32; None where it is none of those."""
    number = getattr(error, "winerror", None)
    return number if isinstance(number, int) else None


@contextlib.contextmanager
def ignoring(*codes: int) -> Iterator[None]:
    """Go on where one of these errors says that it is so already."""
    try:
        yield
    except Exception as error:
        if code_of(error) not in codes:
            raise


@contextlib.contextmanager
def calls(what: str) -> Iterator[None]:
    """Turn pywin32's errors into ours.

    :raises DeployDenied: it takes an administrator.
    :raises DeployFailed: the service manager refused otherwise.
    """
    try:
        yield
    except Exception as error:
        code = code_of(error)
        if code is None:
            raise
        why = getattr(error, "strerror", None) or str(error)
        if code == ACCESS_DENIED:
            raise DeployDenied(f"{what}: {why}", "run this as an administrator") from error
        raise DeployFailed(f"{what}: {why} ({code})") from error


def be_service(name: str, work: Callable[[Callable[[Callable[[], None]], None]], None]) -> None:
    """Be the service: hand this process to the service manager, and return when it has ended.

    :param work: does the service's work until it is told to stop. It is given a function that
        takes what is to be called then.
    :raises DeployUnavailable: this process was not started by the service manager.
    """
    servicemanager, util = module("servicemanager"), module("win32serviceutil")
    win32service = module("win32service")

    told: list[Callable[[], None]] = []
    is_told: list[bool] = []

    def on_stop(stop: Callable[[], None]) -> None:
        told.append(stop)
        if is_told:
            stop()

    def svc_stop(self: Handle) -> None:
        # Called by a thread of pywin32's own.
        self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)
        is_told.append(True)
        for stop in told:
            stop()

    def svc_do_run(self: Handle) -> None:
        servicemanager.LogInfoMsg(f"{name} starts")
        try:
            work(on_stop)
        except Exception as error:
            code = getattr(error, "code", type(error).__name__)
            servicemanager.LogErrorMsg(f"{name} ends: error[{code}]: {error}")
            # Ends with an error, so that the service manager starts it anew.
            self.ReportServiceStatus(win32service.SERVICE_STOPPED, win32ExitCode=1)
            raise
        servicemanager.LogInfoMsg(f"{name} has stopped")

    node = type(
        "Node",
        (util.ServiceFramework,),
        {
            "_svc_name_": name,
            "_svc_display_name_": name,
            "SvcStop": svc_stop,
            "SvcShutdown": svc_stop,
            "SvcDoRun": svc_do_run,
        },
    )
    servicemanager.Initialize(name, servicemanager.__file__)
    servicemanager.PrepareToHostSingle(node)
    with not_a_service(name):
        servicemanager.StartServiceCtrlDispatcher()


@contextlib.contextmanager
def not_a_service(name: str) -> Iterator[None]:
    """Say what it means that there is no service manager at the other end.

    :raises DeployUnavailable: ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, 1063.
    """
    try:
        yield
    except Exception as error:
        if code_of(error) != 1063:
            raise
        raise DeployUnavailable(
            "only Windows' service manager can start this",
            f"`net start {name}`, or by hand `dpf-edge run`",
        ) from error
