"""One decorator and one scan of a package: a capability is one file, and no list is edited.

The name a user sees is the file's name with dashes; the help is the docstring. Both are checked
when the file is imported, so a capability that breaks the rule never runs.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

F = TypeVar("F", bound=Callable[..., object])

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def modules(path: Iterable[str]) -> list[str]:
    """The names of a package's modules.

    In a folder they are its files. The standard library's own way imports inspect, which is a
    twentieth of a cold start; it is left for archives and frozen programs, which it knows.
    """
    found = []
    for folder in path:
        try:
            files = os.listdir(folder)  # noqa: PTH208 -- pathlib is another import
        except OSError:
            import pkgutil

            return [module.name for module in pkgutil.iter_modules(path)]
        found += [name[:-3] for name in files if name.endswith(".py") and name[0] != "_"]
    return sorted(found)


class Registry(Generic[F]):
    """The capabilities of one package, by name and in the order of their names.

    :param package: the package whose modules are the capabilities; scanned once, when the
        capabilities are first asked for, never when the package is imported.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._entries: dict[str, F] = {}
        self._scanned = False

    def __call__(self, name: str) -> Callable[[F], F]:
        """Register the decorated function.

        :raises ValueError: the name is not kebab-case, is not the file's, is taken, or the
            function has no docstring.
        """

        def register(function: F) -> F:
            module = function.__module__.rpartition(".")[2]
            if not KEBAB.fullmatch(name):
                raise ValueError(f"{name!r} is not kebab-case")
            if name.replace("-", "_") != module:
                raise ValueError(f"{name!r} stands in {module}.py, which has another name")
            if name in self._entries:
                raise ValueError(f"{name!r} is registered twice")
            if not (function.__doc__ or "").strip():
                raise ValueError(f"{name!r} has no docstring: it is the help a user reads")
            self._entries[name] = function
            return function

        return register

    def all(self) -> Mapping[str, F]:
        """Every capability of the package, in the order of their names."""
        if not self._scanned:
            package = importlib.import_module(self._package)
            for module in modules(package.__path__):
                importlib.import_module(f"{self._package}.{module}")
            self._entries = dict(sorted(self._entries.items()))
            self._scanned = True
        return MappingProxyType(self._entries)

    def help(self, name: str) -> str:
        """The first line of a capability's docstring.

        :raises KeyError: there is none by that name.
        """
        return (self.all()[name].__doc__ or "").strip().partition("\n")[0]
