"""One exporter a file: each writes an inventory in a form that some other program reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.export.inventory import Inventory
from dpf_edge.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

Exporter = Callable[[Inventory], Iterator[str]]


class Form(NamedTuple):
    """What an exporter writes: its media type, the usual suffix, and who reads it."""

    media: str
    suffix: str
    readers: str


class Exporters(Registry[Exporter]):
    """The exporters by name, each with the form that it writes."""

    def __init__(self, package: str) -> None:
        super().__init__(package)
        self._forms: dict[str, Form] = {}

    def declare(
        self, name: str, *, media: str, suffix: str, readers: str
    ) -> Callable[[Exporter], Exporter]:
        """Register the decorated exporter, with the form that it writes."""
        register = self(name)

        def declared(function: Exporter) -> Exporter:
            self._forms[name] = Form(media, suffix, readers)
            return register(function)

        return declared

    def forms(self) -> Mapping[str, Form]:
        """What each exporter writes, in the order of their names."""
        return MappingProxyType({name: self._forms[name] for name in self.all()})


exporter = Exporters(__name__)
