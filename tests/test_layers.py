"""The house's one rule: imports point down. Read from the source, so a hidden or lazy import counts as well."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = (
    {"environment"},
    {"__init__"},
    {
        "errors",
        "boxes",
        "results",
        "intervals",
        "resnet",
        "overlap_heads",
        "engine",
        "bundle_fields",
        "forecast",
        "priority",
        "fetching",
    },
    {"images", "archives", "preprocess", "checkpoint", "challenge", "runs", "wording"},
    {"datasets", "recipes", "background", "detector", "classifier", "calibration", "unet", "muon", "summary", "plots"}
    | {"kept_data"},
    {"pipeline", "augment", "tensors", "loop", "frozen", "start_from", "data_sources", "preview"},
    {"pasting", "evaluation", "bundle_zip", "diary"},
    {"training", "outcome"},
    {"cross_validation"},
    {"bundle_training", "stopwatch"},
    {"estimate", "training_options"},
    {"worker", "runs_cli"},
    {"ui", "__main__"},
    {"app"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted([*(ROOT / "smallimg").rglob("*.py"), *ROOT.glob("app.py")])


def module_name(path: Path) -> str:
    """`smallimg.ui.theme` for smallimg/ui/theme.py; a package goes by its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def room_of(module: str) -> str:
    """The file, or the package, a module of ours belongs to."""
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
from smallimg.images import open_image
def later():
    if TYPE_CHECKING:
        from gradio.themes import Base
"""
    expected = {"smallimg.ui.theme", "os.path", "smallimg.boxes", "smallimg.errors", "smallimg.images", "gradio.themes"}
    assert imports_of(source) == expected


def test_every_file_has_its_floor() -> None:
    assert {room_of(module) for module in MODULES} == FLOOR.keys()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    room = room_of(module)
    ours = {
        name for name in imports_of(MODULES[module].read_text("utf-8")) if name.split(".")[0] in ("smallimg", "app")
    }
    others = {name for name in ours if room_of(name) != room}  # the files of one package may use one another
    wrong = sorted(name for name in others if FLOOR[room_of(name)] >= FLOOR[room])
    assert not wrong, f"{module} is on floor {FLOOR[room]} and imports {', '.join(wrong)}, not below it"


def test_no_import_goes_in_a_circle() -> None:
    graph = {module: imports_of(path.read_text("utf-8")) & MODULES.keys() for module, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) not in ("app", "ui")])
def test_gradio_stays_in_the_page(module: str) -> None:
    imported = {name.split(".")[0] for name in imports_of(MODULES[module].read_text("utf-8"))}
    assert not imported & {"gradio", "gradio_client"}
