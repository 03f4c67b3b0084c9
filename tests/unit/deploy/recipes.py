"""What is wanted of a node in these tests, the forms of a container, and what a recipe shows."""

from __future__ import annotations

from dpf_edge.deploy.compose import Form, Link
from dpf_edge.deploy.node_file import Wanted
from dpf_edge.deploy.step import File, Recipe
from dpf_edge.level import Level
from dpf_edge.vantage.forms import Mode

TOKEN = "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"  # noqa: S105 -- the contract's example
WANTED = Wanted("https://a.example", name="till 3", site="shop", level=Level.ASK, token=TOKEN)
LINK = Link("eth0", "192.168.0.0/24", "192.168.0.1", "192.168.0.77")
FORMS = {
    Mode.CONTAINER: Form(Mode.CONTAINER, "dpf-edge:1"),
    Mode.MACVLAN: Form(Mode.MACVLAN, "dpf-edge:1", LINK),
    Mode.IPVLAN: Form(Mode.IPVLAN, "dpf-edge:1", LINK),
}


def files(recipe: Recipe) -> dict[str, File]:
    """A recipe's files by their paths."""
    return {step.path: step for step in recipe.steps if isinstance(step, File)}


def everything(recipe: Recipe) -> str:
    """All that a process list, a dry run and a journal would show."""
    shown = [step for step in recipe.steps if not (isinstance(step, File) and step.is_secret)]
    return repr(shown)
