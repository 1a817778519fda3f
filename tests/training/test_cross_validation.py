"""What a classifier says of pictures that it did not learn from, and what follows of that for its answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from smallimg.bundles.bundle import Stage
from smallimg.bundles.calibration import FEWEST, MARKS, MOST_REFUSED
from smallimg.errors import Stopped
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.training import cross_validation
from smallimg.training.classifier import fit_classifier, look_embeddings
from smallimg.training.cross_validation import CHECK, FOLDS, HeldOut, hold_out, remember, see, trusted
from smallimg.training.loop import Keep, Progress
from smallimg.training.recipes import Augment, StageRecipe
from smallimg.training.tensors import Tensors, join
from smallimg.training.transfer import leave_as_it_is

SMALL = {"patch": 2, "stem": 8, "widths": [8, 16]}
RECIPE = StageRecipe("compact_resnet", 32, 6, 8, 8e-3, Augment(degrees=0, shift=0), SMALL, reads="image")
COLOURS = torch.tensor([[200, 60, 60], [60, 60, 200], [60, 200, 60]])


def coloured(n: int, *, classes: int = 3, seed: int = 0) -> Tensors:
    """Noisy pictures of one colour a class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    noise = torch.randint(-50, 50, (n, 3, 32, 32), generator=generator)
    pixels = (COLOURS[labels][:, :, None, None] + noise).clamp(0, 255).to(torch.uint8)
    return Tensors(pixels, None, tuple(torch.zeros(0, 4) for _ in labels), labels)


def ask(train: Tensors, validation: Tensors, *, keep: Keep | None = None, report: object = None) -> HeldOut:
    learn = {"n_classes": 3, "recipe": RECIPE, "seed": 0, "report": report or (lambda _: None)}
    network, _ = fit_classifier(train, validation, **learn)
    return hold_out(network, train, validation, **learn, prepare=leave_as_it_is, keep=keep)


@pytest.mark.parametrize("counts", [(12, 12, 12), (5, 4, 2), (1, 9, 3)])
def test_every_class_is_dealt_out_evenly(counts: tuple[int, ...]) -> None:
    labels = torch.cat([torch.full((count,), label) for label, count in enumerate(counts)])
    folds = cross_validation._folds(labels)
    for label, count in enumerate(counts):
        sizes = torch.bincount(folds[labels == label], minlength=FOLDS)
        assert sizes.max() - sizes.min() <= 1
        assert sizes.sum() == count
    sizes = torch.bincount(folds, minlength=FOLDS)
    assert sizes.max() - sizes.min() <= 1, "and the folds are of one size"


def test_what_cannot_be_learned_is_not_said_to_be() -> None:
    """Noise: with the best epoch chosen by the pictures asked about, four of five would be “right”."""
    recipe = replace(RECIPE, epochs=15, batch_size=4, learning_rate=2e-2, schedule="constant")
    shares = []
    for seed in range(2):
        noise = torch.randint(0, 256, (16, 3, 32, 32), generator=torch.Generator().manual_seed(seed)).to(torch.uint8)
        lots = Tensors(noise, None, tuple(torch.zeros(0, 4) for _ in noise), torch.arange(16) % 2)
        parts = lots.take(torch.arange(12)), lots.take(torch.arange(12, 16))
        learn = {"n_classes": 2, "recipe": recipe, "seed": seed, "report": lambda _: None}
        network, _ = fit_classifier(*parts, **learn)
        found = hold_out(network, *parts, **learn, prepare=leave_as_it_is)
        shares.append(found.right.float().mean().item())
    assert sum(shares) / len(shares) < 0.65


def test_of_few_pictures_each_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    train, validation = coloured(12), coloured(3, seed=1)
    learned: list[Tensors] = []
    asked: list[tuple[Tensors, Tensors]] = []
    really_see, really_ask = cross_validation.see, cross_validation._ask

    def watch_seeing(network: ImageClassifier, pictures: Tensors, *rest: Any) -> cross_validation.Seen:
        learned.append(pictures)
        return really_see(network, pictures, *rest)

    def watch(network: ImageClassifier, seen: cross_validation.Seen, held: Tensors, *rest: Any) -> HeldOut:
        asked.append((learned[-1], held))
        return really_ask(network, seen, held, *rest)

    monkeypatch.setattr(cross_validation, "see", watch_seeing)
    monkeypatch.setattr(cross_validation, "_ask", watch)
    steps: list[Progress] = []
    found = ask(train, validation, report=steps.append)
    everything = {bytes(one.numpy().data) for one in join(train, validation).pixels}
    held = [{bytes(one.numpy().data) for one in part.pixels} for _, part in asked]
    for (learned_from, _), own in zip(asked, held, strict=True):
        assert own.isdisjoint(bytes(one.numpy().data) for one in learned_from.pixels)
    assert sum(map(len, held)) == len(everything) == len(found.labels)
    assert set().union(*held) == everything
    folds = [step for step in steps if step.stage == CHECK]
    assert [step.epoch for step in folds] == sorted(step.epoch for step in folds)
    assert {step.epoch for step in folds} == {1, 2, 3, 4}
    assert not any(step.metrics for step in folds), "they have no curves"
    assert all(step.step <= step.steps for step in folds)


def test_many_that_were_kept_aside_tell_it_alone() -> None:
    validation = coloured(FEWEST, seed=1)
    steps: list[Progress] = []
    found = ask(coloured(12), validation, report=steps.append)
    assert torch.equal(found.labels, validation.labels)
    assert not [step for step in steps if step.stage == CHECK]


def test_likeness_is_to_all_and_others_to_other_classes() -> None:
    found = ask(coloured(24), coloured(FEWEST, seed=1))
    assert found.right.float().mean() > 0.9
    assert (found.others <= found.likeness + 1e-6).all()
    assert (found.likeness > found.others + 0.01).float().mean() > 0.9, "its own class is more like it"
    assert found.likeness.abs().max() <= 1 + 1e-5


def test_what_is_seen_already_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands of pictures that takes as long as an epoch."""
    train, validation = coloured(24), coloured(FEWEST, seed=1)
    learn = {"n_classes": 3, "recipe": RECIPE, "seed": 0, "report": lambda _: None}
    network, _ = fit_classifier(train, validation, **learn)
    seen, looked = see(network, train, RECIPE), list[int]()
    really = cross_validation.look_embeddings

    def watch(network: ImageClassifier, pictures: Tensors, recipe: StageRecipe) -> torch.Tensor:
        looked.append(len(pictures))
        return really(network, pictures, recipe)

    monkeypatch.setattr(cross_validation, "look_embeddings", watch)
    found = hold_out(network, train, validation, **learn, prepare=leave_as_it_is, seen=seen)
    remember(network, seen)
    assert looked == [FEWEST]
    anew = hold_out(network, train, validation, **learn, prepare=leave_as_it_is)
    assert looked == [FEWEST, 24, FEWEST]
    torch.testing.assert_close(found.likeness, anew.likeness)
    torch.testing.assert_close(found.others, anew.others)


def test_a_stop_is_heard_in_a_fold(tmp_path: Path) -> None:
    learn = {"n_classes": 3, "recipe": RECIPE, "seed": 0, "report": lambda _: None}
    train, validation = coloured(12), coloured(3)
    network, _ = fit_classifier(train, validation, **learn)
    keep = Keep(tmp_path, lambda: True)
    with pytest.raises(Stopped):
        hold_out(network, train, validation, **learn, prepare=leave_as_it_is, keep=keep)


def test_what_was_asked_is_kept_for_this_very_classifier(tmp_path: Path) -> None:
    train, validation, steps = coloured(12), coloured(3, seed=1), list[Progress]()
    learn = {"n_classes": 3, "recipe": RECIPE, "seed": 0, "prepare": leave_as_it_is}
    network, other = (
        fit_classifier(train, validation, **learn | {"seed": seed}, report=lambda _: None)[0] for seed in (0, 1)
    )
    keep = Keep(tmp_path)
    asked = {}
    for name, one in (("first", network), ("again", network), ("other", other)):
        before = len(steps)
        found = hold_out(one, train, validation, **learn, report=steps.append, keep=keep)
        asked[name] = (found, len(steps) - before)
    assert torch.equal(asked["first"][0].logits, asked["again"][0].logits)
    assert [count > 0 for _, count in asked.values()] == [True, False, True]
    (tmp_path / f"{CHECK}.safetensors").write_bytes(b"damaged")
    assert len(hold_out(other, train, validation, **learn, report=steps.append, keep=keep).labels) == 15


def test_what_was_seen_is_kept_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_validation, "MOST_SEEN", 10)
    pictures = coloured(12)
    network, _ = fit_classifier(pictures, pictures, n_classes=3, recipe=RECIPE, seed=0, report=lambda _: None)
    remember(network, see(network, pictures, RECIPE))
    assert network.seen is not None
    assert network.seen.shape == (10, 16)
    torch.testing.assert_close(network.seen.norm(dim=1), torch.ones(10))
    assert "seen" in network.state_dict()


def test_of_whole_pictures_it_is_told_from_other_things_where_some_are_known() -> None:
    """As prediction tells it: the mean over the looks of the cosine to the nearest class."""
    train, validation = coloured(24), coloured(FEWEST, seed=1)
    learn = {"n_classes": 3, "recipe": RECIPE, "seed": 0, "report": lambda _: None}
    network, _ = fit_classifier(train, validation, **learn)
    grey = replace(coloured(30, seed=2), pixels=torch.randint(90, 160, (30, 3, 32, 32)).to(torch.uint8))
    others = look_embeddings(network, grey, RECIPE).repeat(2, 1, 1)  # kept for two looks, asked for one
    found = hold_out(network, train, validation, **learn, prepare=leave_as_it_is, others=others)
    assert found.others.shape == (15,), "every second of them, which are not in the memory"
    remember(network, see(network, train, RECIPE), others=others)
    memory = network.memory
    assert memory is not None
    assert [None if part is None else tuple(part.shape) for part in memory] == [(24, 16), (15, 16), (3, 16)]
    asked = look_embeddings(network, validation, RECIPE)[0]
    torch.testing.assert_close(memory.likeness(asked), found.likeness)
    seen_grey = memory.likeness(others[0])
    assert found.likeness.min() > seen_grey.max(), "what is grey is none of them"
    assert found.others.mean() > seen_grey.mean(), "and among these pictures it would look less strange"


def test_what_follows_is_in_the_stage() -> None:
    torch.manual_seed(0)
    labels = torch.arange(30) % 3
    logits = nn.functional.one_hot(labels).float() * 5
    logits[:3] = logits[:3].roll(1, dims=1)  # three are wrong, and like everything
    likeness = torch.full((30,), 0.9) + torch.randn(30) * 0.01
    likeness[:3] = 0.1
    plain = Stage("compact_resnet", SMALL, 32)
    apart = trusted(plain, HeldOut(logits, labels, likeness, torch.full((30,), 0.2)))
    alike = trusted(plain, HeldOut(logits, labels, likeness, likeness))
    assert (apart.architecture, apart.arguments) == (plain.architecture, plain.arguments)
    assert len(apart.likeness_marks) == MARKS
    assert apart.likeness_marks[0] > 0.85, "those named wrong do not count as known"
    assert apart.temperature > 1
    assert (apart.unknown_below, alike.unknown_below) == (0.05, MOST_REFUSED)


def test_a_network_to_go_on_from_tells_the_folds_nothing_of_the_pictures() -> None:
    """Its head has learned every picture: started from it, noise would be named rightly without having been seen."""
    noise = torch.randint(0, 256, (24, 3, 32, 32), generator=torch.Generator().manual_seed(3)).to(torch.uint8)
    lots = Tensors(noise, None, tuple(torch.zeros(0, 4) for _ in noise), torch.arange(24) % 2)
    parts = lots.take(torch.arange(18)), lots.take(torch.arange(18, 24))
    recipe = replace(RECIPE, epochs=1, learning_rate=1e-6)
    heads: list[dict[str, torch.Tensor]] = []

    def go_on(network: nn.Module) -> str:
        """The head as one that knows the answers: all its weights are ones."""
        for parameter in network.get_submodule("head").parameters():
            nn.init.ones_(parameter)
        heads.append(network.get_submodule("head").state_dict())
        return "all from before"

    learn = {"n_classes": 2, "recipe": recipe, "seed": 0, "report": lambda _: None}
    network, _ = fit_classifier(*parts, **learn, prepare=go_on)
    hold_out(network, *parts, **learn, prepare=go_on)
    assert len(heads) == 1 + FOLDS
    whole, *folds = (torch.cat([value.flatten() for value in one.values()]) for one in heads)
    assert torch.allclose(whole, torch.ones_like(whole), atol=1e-3)
    assert not any(torch.allclose(one, torch.ones_like(one), atol=1e-3) for one in folds)
