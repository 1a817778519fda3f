"""The foil: torchvision's weights by its own loader, from a file that the test makes; and a sentence without one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.models import mobilenet_v3_small

from smallimg.errors import TrainingError
from smallimg.study.pretrained import WEIGHTS, PretrainedNames, pretrained_names
from smallimg.ui.try_it.foil import MOST, open_foil


@pytest.fixture
def weights_file(no_internet: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where torchvision looks for the weights; nothing is there yet, and nothing can be fetched."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    pretrained_names.cache_clear()
    yield folder / WEIGHTS.url.rpartition("/")[2]
    pretrained_names.cache_clear()


def test_it_names_crops_by_a_thousand_names(weights_file: Path) -> None:
    torch.manual_seed(0)
    network = mobilenet_v3_small()
    with torch.no_grad():
        network.get_parameter("classifier.3.bias")[WEIGHTS.meta["categories"].index("tabby")] += 5
    torch.save(network.state_dict(), weights_file)
    found = PretrainedNames()(Image.new("RGB", (100, 100), (9, 90, 200)), most=3)
    assert [found[0][0], len(found)] == ["tabby", 3]
    assert found[0][1] > found[1][1] > 0
    foil, trouble = open_foil(wanted=True)
    assert trouble == ""
    assert len(foil(Image.new("RGB", (40, 40)))) == MOST
    assert foil(None) == ()


def test_without_a_network_there_is_a_sentence_and_our_names_stay(weights_file: Path) -> None:
    foil, trouble = open_foil(wanted=True)
    assert "because the internet cannot be reached from here: see to that and try again, or leave them off" in trouble
    assert foil(Image.new("RGB", (40, 40))) == ()
    assert open_foil(wanted=False)[1] == ""


def test_damaged_weights_are_said(weights_file: Path) -> None:
    torch.save({"features.0.0.weight": torch.zeros(1)}, weights_file)
    with pytest.raises(TrainingError, match="are damaged: delete them"):
        PretrainedNames()
