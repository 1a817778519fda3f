"""`compare`: a line a model, of a data set or of one picture."""

from command_line import run


class TestCompare:
    def test_of_a_data_set_each_has_its_figures(self, tiny_bundle, tiny_challenge):
        result = run("compare", tiny_challenge, "--model", tiny_bundle)
        assert result.exit_code == 0, result.stderr
        head, line = result.stdout.splitlines()
        assert head.split() == ["model", "detector", "mAP50", "mAP", "IoU", "ms", "MB"]
        name, architecture, *figures = line.split()
        assert (name, architecture) == (str(tiny_bundle), "compact_fasterrcnn")
        assert all(float(figure) >= 0 for figure in figures)
        assert "n = 8 pictures with known boxes" in result.stderr

    def test_of_a_picture_each_says_its_boxes(self, tiny_bundle, pictures):
        result = run("compare", pictures[0], "--model", tiny_bundle)
        assert result.exit_code == 0, result.stderr
        (line,) = result.stdout.splitlines()
        assert line.startswith(f"{tiny_bundle}  ")
        assert " ms  " in line

    def test_a_model_that_does_not_exist_is_a_sentence(self, pictures):
        result = run("compare", pictures[0], "--model", "nobody")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "nobody" in result.stderr
