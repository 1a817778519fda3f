"""The document's own protocol: what is kept from learning, what the last layer makes of features, whose they are."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18

from smallimg.data.formats import read_dataset
from smallimg.errors import DataError, TrainingError
from smallimg.networks.pixels import to_tensor
from smallimg.pipeline import Pipeline
from smallimg.study.conditions import document
from smallimg.study.conditions.conduct import Asked, conduct
from smallimg.study.conditions.document import PARTS, last_layer, open_backbone, resnet_backbone, split
from smallimg.study.conditions.objects import Thing
from smallimg.study.conditions.study import Study

CORNERS = (0.0, 0.0, 9.0, 9.0)


def things(**pictures: int) -> list[Thing]:
    """Two objects in each of so many pictures of each class."""
    return [
        Thing(Path(f"{label}{number}.png"), None, CORNERS, label, "small", 2 * number + second)
        for label, n in pictures.items()
        for number in range(n)
        for second in range(2)
    ]


def test_a_fifth_of_every_class_is_kept_and_no_picture_is_on_both_sides() -> None:
    learned, kept, notes = split(things(cup=10, ball=15, hat=3), seed=1)
    assert not {one.path for one in learned} & {one.path for one in kept}
    for label, n in {"cup": 10, "ball": 15}.items():
        assert sum(one.label == label for one in kept) == 2 * n // PARTS
        assert sum(one.label == label for one in learned) == 2 * n - 2 * n // PARTS
    assert notes == ["1 class has fewer than 5 pictures and is left out."]
    assert not any(one.label == "hat" for one in (*learned, *kept))
    assert split(things(cup=10, ball=15, hat=3), seed=1)[1] == kept


@pytest.mark.parametrize("pictures", [{"cup": 20}, {"cup": 20, "ball": 4}])
def test_too_little_to_learn_from_is_a_sentence(pictures: dict[str, int]) -> None:
    with pytest.raises(DataError, match="learns classes of 5 pictures or more, and two of them"):
        split(things(**pictures))


def test_a_linear_layer_on_kept_features_is_the_same_training() -> None:
    """Against torch training the layer at the end of a network whose body is frozen."""
    random = np.random.default_rng(0)
    inputs, labels = random.normal(size=(100, 6)).astype(np.float32), random.integers(0, 3, 100)
    body = nn.Sequential(nn.Linear(6, 8), nn.ReLU()).requires_grad_(False)
    features = body(torch.from_numpy(inputs)).numpy()
    weights, bias = last_layer(features, labels, 3, seed=5)

    generator = torch.Generator().manual_seed(5)
    head = nn.Linear(8, 3)
    for parameter in head.parameters():
        nn.init.uniform_(parameter, -(8**-0.5), 8**-0.5, generator=generator)
    network = nn.Sequential(body, head)
    optimiser = torch.optim.Adam([one for one in network.parameters() if one.requires_grad], lr=1e-3)
    for _ in range(5):
        for rows in torch.split(torch.randperm(100, generator=generator), 32):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(network(torch.from_numpy(inputs)[rows]), torch.from_numpy(labels)[rows])
            loss.backward()
            optimiser.step()
    np.testing.assert_allclose(weights, head.weight.detach().numpy(), atol=1e-5)
    np.testing.assert_allclose(bias, head.bias.detach().numpy(), atol=1e-5)


def test_the_backbone_is_all_of_a_resnet_but_its_last_layer() -> None:
    torch.manual_seed(0)
    network = resnet18(weights=None)
    picture = Image.effect_noise((300, 300), 80).convert("RGB")
    preset = ResNet18_Weights.IMAGENET1K_V1.transforms(crop_size=224, resize_size=224)
    pixels = preset(to_tensor(picture.resize((224, 224), Image.Resampling.BILINEAR)))
    weight, bias = network.fc.weight.detach().numpy(), network.fc.bias.detach().numpy()
    network.eval()
    with torch.inference_mode():
        wanted = network(pixels[None])[0].numpy()
    features = resnet_backbone(network)(picture)
    assert features.shape == (512,)
    np.testing.assert_allclose(weight @ features + bias, wanted, atol=0.05 * np.abs(wanted).max())


def unreached(*_: object, **__: object) -> None:
    raise TrainingError("The ImageNet weights could not be fetched, because the network is down: see to that.")


def test_without_the_weights_our_own_trunk_stands_in_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "imagenet_state", unreached)
    backbone, words, note = open_backbone()
    assert "because the network is down: the trunk of “everyday” stands in for it." in note
    assert words == "The trunk of “everyday”"
    assert backbone(Image.new("RGB", (90, 60), "red")).ndim == 1


def test_the_protocol_learns_the_sets_own_classes(tiny_bundle: Path, tmp_path: Path, monkeypatch) -> None:
    """Of colours, which any trunk tells apart: the kept ones are named rightly, and only those are tried."""
    monkeypatch.setattr(document, "imagenet_state", unreached)
    rows = ["image,xmin,ymin,xmax,ymax,class"]
    (tmp_path / "test").mkdir()
    for number in range(20):
        name = ("ruby", "leaf")[number % 2]
        picture = Image.new("RGB", (64, 64), "gray")
        picture.paste((220, 20, 20) if name == "ruby" else (20, 160, 40), (10, 10, 40 + number, 40))
        picture.save(tmp_path / "test" / f"{number}.png")
        rows.append(f"{number}.png,10,10,{40 + number},40,{name}")
    (tmp_path / "test.csv").write_text("\n".join(rows))
    dataset = read_dataset(tmp_path, split="test")
    *steps, study = conduct(Pipeline.load(tiny_bundle), dataset, Asked(protocol="document", paste=False))
    assert isinstance(study, Study)
    assert [one.doing for one in steps if not isinstance(one, Study)] == ["Learning"] * 16 + ["Trying"] * 4
    assert study.named_by.endswith("its last layer learned from 16 objects of 2 classes")
    assert any("stands in for it" in note for note in study.notes)
    assert sorted(one.thing.label for one in study.tried) == ["leaf", "leaf", "ruby", "ruby"]
    crops = [one for one in study.cells if one.condition == "orig_crop"]
    assert all(one.correct == one.n for one in crops)
