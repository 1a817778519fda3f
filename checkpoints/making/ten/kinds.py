"""Which of Tiny ImageNet's 200 classes are of one of the kinds that have a name, and which are strange."""

from collections.abc import Collection

#: Class → the classes of Tiny ImageNet that are of that kind.
COUNTERPARTS = {
    "automobile": ("limousine", "sports car", "beach wagon", "convertible"),
    "bird": ("albatross", "king penguin", "goose", "black stork"),
    "cat": ("Egyptian cat", "tabby", "Persian cat"),
    "deer": ("gazelle",),
    "dog": (
        "German shepherd", "Labrador retriever", "golden retriever", "Yorkshire terrier", "Chihuahua",
        "standard poodle",
    ),
    "frog": ("bullfrog", "tailed frog"),
    "ship": ("gondola", "lifeboat"),
    "truck": ("moving van",),
}  # fmt: skip
KIND_OF = {name: kind for kind, names in COUNTERPARTS.items() for name in names}
#: Those that are nearly of one: neither to be named nor to be called unknown.
NEARLY = (
    "cougar", "lion", "bighorn", "ox", "school bus", "trolleybus", "tractor", "freight car", "go-kart", "police van",
)  # fmt: skip
GROUPS = {
    "vehicle": ("airplane", "automobile", "ship", "truck"),
    "animal": ("bird", "cat", "deer", "dog", "frog", "horse"),
}


def strange_kinds(names: Collection[str]) -> tuple[list[str], list[str]]:
    """The classes of Tiny ImageNet that have no counterpart, halved: (met in training, not met)."""
    without = sorted(set(names) - KIND_OF.keys() - set(NEARLY))
    return without[::2], without[1::2]
