"""The recipes."""

from smallimg.training.recipes import RECIPES


def test_the_papers_numbers() -> None:
    paper = RECIPES["paper"]
    assert (paper.detector.architecture, paper.detector.optimizer) == ("fasterrcnn_resnet50_fpn", "adam")
    assert paper.detector.learning_rate == 1e-4
    assert (paper.classifier.architecture, paper.classifier.input_size) == ("paper_cnn", 224)
    assert paper.classifier.augment.degrees == 10
