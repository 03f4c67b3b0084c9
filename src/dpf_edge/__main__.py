"""Starts the program; what goes wrong ends as one line on stderr and a documented exit code."""

from __future__ import annotations

import errno
import io
import os
import sys

from dpf_edge.errors import DpfEdgeError, OutputFailed

# 128 and the signal's number, as shells report it.
INTERRUPTED = 130
EX_SOFTWARE = 70
EX_USAGE = 64
# What a write says where there is no room, or the disk is broken.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})


def main() -> None:
    """Run the command line and exit."""
    open_streams()
    sys.exit(run(sys.argv[1:]))


def open_streams() -> None:
    """Give the program the output streams that it was started without (`>&-`): Python has None
    there, and whoever prints fails after the work is done."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 -- for as long as the program runs
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    if sys.platform == "win32":
        # A console takes all of Unicode; a pipe or a file there gets the code page of the country,
        # which has no ticks and crosses, and is not what JSON is read as.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="replace")


def run(arguments: list[str]) -> int:
    """Run one command line.

    :returns: the exit code, as docs/reference/exit-codes.md lists them.
    """
    try:
        code = quick(arguments)
        if code is None:
            code = any_command(arguments)
        sys.stdout.flush()
    except DpfEdgeError as error:
        complain(error.code, str(error), error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone; what is still buffered must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        if error.errno not in FULL:
            return defect(error)
        # Every file that is written says so by an error of its own: this was standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        complain(OutputFailed.code, f"standard output: {error.strerror}", None)
        return OutputFailed.exit_code
    except Exception as error:  # noqa: BLE001 -- whatever it is, no traceback reaches a user
        return defect(error)
    return code


def defect(error: Exception) -> int:
    """What an exception ends with that nobody foresaw; it is raised again for who wants to see."""
    if os.environ.get("DPF_EDGE_TRACEBACK"):
        raise error
    where = type(error).__name__
    complain("internal", f"{where}: {error}", "DPF_EDGE_TRACEBACK=1 shows where; please report")
    return EX_SOFTWARE


def quick(arguments: list[str]) -> int | None:
    """Answer `diagnose` with nothing but its flags, without the command-line library.

    That library takes as long to import as the whole diagnosis takes to make, and a program that
    is asked every minute, or by a health check, should not pay for what it does not use.

    :returns: the exit code; None where the command line says anything else.
    """
    if arguments[:1] != ["diagnose"] or not {*arguments[1:]} <= {"--json", "--check"}:
        return None
    import_msgspec_cheaply()
    from dpf_edge.cli.answer import answer

    return answer(None, check="--check" in arguments, as_json="--json" in arguments)


def import_msgspec_cheaply() -> None:
    """Import msgspec without typing_extensions, which is a third of what that import takes.

    msgspec prefers that package where somebody else brought it, for two names that every Python
    we run on has in its own library, and falls back to those where the import fails.
    """
    missing = "typing_extensions" not in sys.modules
    if missing:
        sys.modules["typing_extensions"] = None  # type: ignore[assignment]
    try:
        import msgspec  # noqa: F401
    finally:
        if missing:
            del sys.modules["typing_extensions"]


def any_command(arguments: list[str]) -> int:
    """Run any command through the command-line library; its errors are ours."""
    import click

    from dpf_edge.cli.program import program

    try:
        code = program.main(arguments, "dpf-edge", standalone_mode=False)
    except click.ClickException as error:
        complain("usage", error.format_message(), "dpf-edge --help")
        return EX_USAGE
    except click.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def complain(code: str, message: str, hint: str | None) -> None:
    """Say on stderr what went wrong, in one line, and what to do in another."""
    from dpf_edge.cli.plain import printable

    sys.stdout.flush()
    print(f"error[{code}]: {printable(message)}", file=sys.stderr)  # noqa: T201
    if hint:
        print(f"hint: {printable(hint)}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
