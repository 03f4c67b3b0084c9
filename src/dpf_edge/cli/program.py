"""The command line: one file a command, imported only when it is the one that was asked for."""

from __future__ import annotations

import importlib
import pkgutil

import click

from dpf_edge import __version__, cli

# What stands in this package and is no command.
NOT_COMMANDS = frozenset(
    {
        "answer",
        "authority_people",
        "authority_server",
        "authority_store",
        "compare_html",
        "install_settings",
        "output",
        "plain",
        "program",
        "render",
        "signals",
        "sweep_table",
        "wslconfig_report",
    }
)


class Commands(click.Group):
    """The commands of this package, by their files' names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, without importing what stands behind them."""
        del ctx
        found = {module.name for module in pkgutil.iter_modules(cli.__path__)}
        return sorted(name.removesuffix("_") for name in found - NOT_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command; None where there is none by that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = f"{cli.__name__}.{'list_' if cmd_name == 'list' else cmd_name}"
        command: click.Command = importlib.import_module(module).command
        return command


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="dpf-edge %(version)s")
def program() -> None:
    """See the real LAN, or learn exactly why not, and where to stand so that you do.

    Start with `dpf-edge diagnose`. Data goes to stdout and everything else to stderr.
    """
