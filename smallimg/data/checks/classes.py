"""Classes of few pictures, of far fewer than others, or with none to learn from."""

from smallimg.data.checks.examined import Examined
from smallimg.data.checks.finding import Finding
from smallimg.data.wording import some

FEW = 10  # pictures of a class, below which not much can be learned of it
#: How many times as many pictures the largest class may have as the smallest.
UNEVEN = 10


def few_pictures(examined: Examined) -> list[Finding]:
    """Classes, or data without classes, with hardly enough to learn from."""
    counts = _counts(examined)
    few = {name: count for name, count in sorted(counts.items(), key=lambda pair: pair[1]) if count < FEW}
    if not few:
        return []
    if len(few) == 1:
        ((name, count),) = few.items()
        who = f"the class {name}" if examined.class_names else "the data"
        message = f"{who} has only {count} {'picture' if count == 1 else 'pictures'}"
    else:
        listed = some((f"{name} {count}" for name, count in few.items()))
        message = f"{len(few):,} classes have only few pictures ({listed})"
    remedy = f"expect little of {'it' if len(few) == 1 else 'them'}"
    return [Finding("few-pictures", "warning", message, remedy, sum(few.values()))]


def uneven_classes(examined: Examined) -> list[Finding]:
    """Far more pictures of one class than of another."""
    counts = {name: count for name, count in _counts(examined).items() if count}
    if not examined.class_names or len(counts) < 2:
        return []
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if counts[most] < UNEVEN * counts[least]:
        return []
    far_fewer = [name for name, count in counts.items() if counts[most] >= UNEVEN * count]
    message = (
        f"the classes are uneven: {most} has {counts[most]:,} pictures, {least} {counts[least]:,}, so that accuracy "
        "says more of the first"
    )
    remedy = f"add pictures of the small classes ({some(far_fewer)}), or take some of the large ones out"
    return [Finding("uneven-classes", "warning", message, remedy, len(far_fewer))]


def only_in_test(examined: Examined) -> list[Finding]:
    """Classes that are tested and never learned."""
    learned, tested = examined.counts("train", "validation"), examined.counts("test")
    strange = [examined.class_names[label] for label in sorted(tested) if not learned[label]]
    if not strange:
        return []
    who = f"the class {strange[0]} is" if len(strange) == 1 else f"the classes {some(strange)} are"
    message = f"{who} in the test split, and there is nothing to learn {'it' if len(strange) == 1 else 'them'} from"
    labels = {label for label in tested if not learned[label]}
    pictures = tuple(one.sample.path for one in examined.part("test") if one.sample.label in labels)
    remedy = "add pictures to learn from, or take these out of the test"
    return [Finding("class-only-in-test", "warning", message, remedy, sum(tested[one] for one in labels), pictures)]


def _counts(examined: Examined) -> dict[str, int]:
    """Class → pictures to learn from, of the classes that can be learned."""
    if not examined.class_names:
        return {"all": len(examined.training.samples)}
    counts = examined.counts("train")
    names = set(examined.training.class_names)
    return {name: counts[label] for label, name in enumerate(examined.class_names) if name in names}
