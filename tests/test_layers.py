"""The house's one rule: a wing imports only from those below it. Read from the source, so a lazy import counts too."""

import ast
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
#: From the top down; what is on one line does not know of each other, but for the words.
WINGS = (
    {"app", "__main__"},
    {"ui"},
    {"cli"},
    {"runs"},
    {"study"},
    {"training"},
    {"pipeline"},
    {"networks"},
    {"bundles"},
    {"data"},
    {"pictures"},
    {"results"},
    {"visitors"},
    {"boxes", "errors", "files"},
    {"__init__"},
    {"environment"},
)
LEVEL = {wing: level for level, wings in enumerate(WINGS) for wing in wings}
FILES = sorted([*(ROOT / "smallimg").rglob("*.py"), *ROOT.glob("app.py")])


def module_name(path: Path) -> str:
    """`smallimg.ui.theme` for smallimg/ui/theme.py; a package goes by its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def wing_of(module: str) -> str:
    """The wing, or the file at the top, that a module of ours belongs to."""
    first, *rest = module.split(".")
    return rest[0] if first == "smallimg" and rest else {"smallimg": "__init__"}.get(first, first)


MODULES = {module_name(path): path for path in FILES}


def imports_of(source: str) -> set[str]:
    """Every module that a source file imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = members & MODULES.keys()
            # `from smallimg import boxes` imports smallimg.boxes; `from smallimg.boxes import box_iou` smallimg.boxes.
            found |= modules if modules == members else modules | {str(node.module)}
    return found


def test_imports_are_found_however_they_are_written() -> None:
    source = """
import smallimg.ui.theme as theme, os.path
from smallimg import boxes, errors
from smallimg.pictures.images import open_image
def later():
    if TYPE_CHECKING:
        from gradio.themes import Base
"""
    ours = {"smallimg.ui.theme", "smallimg.boxes", "smallimg.errors", "smallimg.pictures.images"}
    assert imports_of(source) == ours | {"os.path", "gradio.themes"}


def test_every_wing_has_its_place() -> None:
    assert {wing_of(module) for module in MODULES} == LEVEL.keys()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    wing = wing_of(module)
    ours = {
        name for name in imports_of(MODULES[module].read_text("utf-8")) if name.split(".")[0] in ("smallimg", "app")
    }
    others = {name for name in ours if wing_of(name) != wing}  # the files of one wing may use one another
    wrong = sorted(name for name in others if LEVEL[wing_of(name)] <= LEVEL[wing])
    assert not wrong, f"{module} imports {', '.join(wrong)}, which is not below it"


def test_no_import_goes_in_a_circle() -> None:
    graph = {module: imports_of(path.read_text("utf-8")) & MODULES.keys() for module, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("module", [module for module in MODULES if wing_of(module) not in ("app", "ui")])
def test_gradio_stays_in_the_page(module: str) -> None:
    imported = {name.split(".")[0] for name in imports_of(MODULES[module].read_text("utf-8"))}
    assert not imported & {"gradio", "gradio_client"}


def test_the_top_stays_small() -> None:
    """A new file belongs to a wing."""
    assert len(list((ROOT / "smallimg").glob("*.py"))) <= 8


def lines_of(paths: Iterable[Path]) -> dict[str, int]:
    return {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in paths}


def test_files_stay_short() -> None:
    """One idea each: split by idea what grows longer."""
    everywhere = (path for folder in ("benchmarks", "checkpoints", "tests") for path in (ROOT / folder).rglob("*.py"))
    assert {name: count for name, count in lines_of([*FILES, *everywhere]).items() if count > 400} == {}
    assert median(lines_of((ROOT / "smallimg").rglob("*.py")).values()) <= 120
