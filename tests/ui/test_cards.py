"""The cards: the right numbers, everything escaped, no colour of their own."""

import re
from base64 import b64decode
from dataclasses import replace
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from read_html import EVIL, tags_of, words

from smallimg.bundles.bundle import Stage
from smallimg.results import Box, Prediction
from smallimg.ui import cards
from smallimg.ui.cards import notice, picture_row, problem_row, results, results_table

TIMES = {"background": 20.4, "detector": 11.0, "classifier": 0.42, "total": 1234.0}


def predict(
    *, boxes: tuple[Box, ...] = (Box(20, 50, 120, 80, 0.973),), probabilities: dict[str, float] | None = None
) -> Prediction:
    """A prediction on a picture of 200 × 100, every stage run; a quarter of it is object."""
    cutout = Image.new("RGBA", (200, 100), (200, 30, 30, 0))
    cutout.paste((200, 30, 30, 255), (0, 0, 50, 100))
    shares = {"cup": 0.9, "ball": 0.1} if probabilities is None else probabilities
    return Prediction((200, 100), cutout, boxes, Image.new("RGB", (96, 96)), shares, TIMES)


def row(prediction: Prediction, name: str = "photo.png") -> str:
    return picture_row(name, Image.new("RGB", prediction.size_wh, (9, 9, 9)), prediction, size=31_400)


def test_what_a_detector_draws_is_coloured_within_its_box() -> None:
    mask = Image.new("L", (10, 4))
    mask.paste(255, (5, 0, 10, 4))
    html = row(predict(boxes=(Box(20, 50, 120, 80, 0.97, mask=mask), Box(0, 0, 9, 9, 0.5))))
    (source,) = re.findall(r'<img class="si-mask" src="data:image/webp;base64,([^"]+)"', html)
    opacity = np.asarray(Image.open(BytesIO(b64decode(source))).convert("RGBA"))[..., 3]
    assert opacity.shape == (4, 10)
    assert opacity[:, :5].max() == 0
    assert opacity[:, 5:].min() > 100
    assert "What it takes for the object is coloured." in words(html)
    assert "coloured" not in words(row(predict()))


def test_of_several_pictures_in_a_file_the_card_says_which_it_is() -> None:
    assert "The picture as it came." in words(row(predict()))
    text = words(row(replace(predict(), frame=(1, 12))))
    assert "Picture 1 of 12 in its file, as it came; the others are not looked at." in text
    assert "Picture 1 of 1,000 or more in its file" in words(row(replace(predict(), frame=(1, 1000))))


def test_something_unknown_is_not_called_by_a_name() -> None:
    strange = replace(predict(), familiarity=0.01)
    text = words(row(strange))
    for expected in ("not sure", "nothing this network has learned", "99 % of the objects", "The closest is cup, 90 %"):
        assert expected in text
    assert "most likely" not in text
    assert '<p class="si-verdict si-unsure"><strong>not sure</strong></p>' in row(strange)


@pytest.mark.parametrize(
    ("probabilities", "sentence"),
    [
        # A guitar, and a white tiger, that were called a bird and a ship.
        ({"bird": 0.22, "cat": 0.218, "a": 0.19, "b": 0.186, "c": 0.186}, "No class has half of the probability."),
        ({"ship": 0.43, "cat": 0.2, "dog": 0.2, "car": 0.17}, "The closest is ship, 43 % ."),
        ({"cat": 0.53, "dog": 0.47}, "Two are too close to call: cat, 53 % , and dog, 47 % ."),
    ],
)
def test_what_no_class_leads_is_not_called_by_a_name(probabilities: dict[str, float], sentence: str) -> None:
    html = row(predict(probabilities=probabilities))
    assert '<p class="si-verdict si-unsure"><strong>not sure</strong></p>' in html
    text = words(html).replace(" %.", " % .").replace(" %,", " % ,")
    assert "Not sure." in text
    assert sentence in text
    assert "most likely" not in text
    assert "Probably" not in text


def test_nothing_is_stranger_than_a_hundred_per_cent() -> None:
    text = words(row(replace(predict(), familiarity=0.0)))
    assert "stranger to it than every one of the objects" in text
    assert "100 %" not in text
    assert "than more than 99 % of the objects" in words(row(replace(predict(), familiarity=0.002)))


def test_the_group_is_a_second_line() -> None:
    found = replace(predict(), familiarity=0.5, groups={"<things>": 0.97, "toys": 0.03})
    text = words(row(found))
    assert "This is most likely: cup . As a group: &lt;things&gt;, 97 % ." in text


def test_a_group_that_does_not_lead_is_not_said() -> None:
    assert "As a group" not in words(row(replace(predict(), groups={"things": 0.52, "toys": 0.48})))
    assert "As a group" not in words(row(replace(predict(), familiarity=0.01, groups={"things": 0.97, "toys": 0.03})))


def test_where_no_name_is_sure_the_group_is_the_answer() -> None:
    shares = {"cat": 0.4, "dog": 0.35, "car": 0.25}
    found = replace(predict(probabilities=shares), groups={"<animal>": 0.75, "vehicle": 0.25}, named_from=0.6)
    html = row(found)
    assert '<p class="si-verdict"><strong>&lt;animal&gt;</strong> 75\u00a0%, not sure which</p>' in html
    text = words(html)
    assert "No single name is sure enough. No class has the 60 % of the probability that a name needs here." in text
    assert "The closest is cat, 40 %" in text
    assert "As a group: &lt;animal&gt;, 75 % ." in text
    assert "Not sure." not in text


def test_what_others_trained_is_named_as_theirs() -> None:
    picture = Image.new("RGB", (200, 100), (9, 9, 9))
    html = picture_row("a.png", picture, predict(), size=1, pretrained=[("tabby", 0.7), (EVIL, 0.2)])
    assert "Pre-trained on ImageNet, not ours tabby 70 %" in words(html)
    assert EVIL not in html
    assert "Pre-trained" not in row(predict())


def test_of_very_many_kinds_the_likeliest_few_are_shown() -> None:
    shares = {"cat": 0.6, "dog": 0.2} | {f"thing {index}": 0.002 for index in range(100)}
    html = row(predict(probabilities=shares))
    assert html.count('class="si-name"') == 4
    assert "It knows 102 kinds; the likeliest 4 are shown." in words(html)


def test_a_row_tells_the_whole_story() -> None:
    text = words(row(predict()))
    for expected in (
        "photo.png", "200 × 100 px", "31 kB", "cup 90 %", "1.2 s in all",
        "75 % of the picture was taken for background", "score 97 %", "This is most likely: cup .", "20 ms", "0.4 ms",
    ):  # fmt: skip
        assert expected in text


def test_the_box_is_drawn_in_percent_of_the_picture() -> None:
    assert "left:10.00%;top:50.00%;width:50.00%;height:30.00%" in row(predict())


def test_the_best_of_several_boxes_is_on_top_and_has_the_only_tag() -> None:
    html = row(predict(boxes=(Box(0, 0, 100, 100, 0.8), Box(50, 0, 200, 100, 0.3))))
    boxes = re.findall(r'class="(si-box[^"]*)"', html)
    assert boxes == ["si-box", "si-box si-best"]
    assert html.count("si-tag") == 1
    assert "2 boxes; the thick one is the best, score 80 %" in words(html)


def test_boxes_with_names_say_them_each_on_its_own() -> None:
    boxes = (
        Box(20, 50, 80, 80, 0.9, name="dog"),
        Box(90, 50, 150, 80, 0.8, name=EVIL),
        Box(0, 50, 9, 80, 0.1, name="cat"),
    )
    html = row(predict(boxes=boxes))
    assert EVIL not in html
    assert html.count('<span class="si-tag') == 3
    assert f"In them the detector sees: dog and {escape(EVIL)} ." in words(html)


def test_the_box_around_the_cut_out_says_so() -> None:
    around = "It is the box around the cut-out, which is clear here."
    assert around in words(row(predict(boxes=(Box(0, 0, 100, 100, 0.8, of_cutout=True),))))
    assert around not in words(row(predict(boxes=(Box(0, 0, 100, 100, 0.8),))))


def test_a_box_at_the_upper_edge_has_its_tag_inside() -> None:
    assert "si-inside" in row(predict(boxes=(Box(0, 0, 100, 100, 0.8),)))
    assert "si-inside" not in row(predict(boxes=(Box(0, 50, 100, 100, 0.8),)))


def test_no_object_found_is_a_value() -> None:
    text = words(row(predict(boxes=())))
    assert "No object found" in text
    assert "A square around what the background left over" in text


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (Stage("any", {}, 64, reads="image", margin=0.1), "A square around the best box, with the background that is"),
        (Stage("any", {}, 64, reads="image"), "The best box, stretched to a square, with the background that is"),
        (Stage("any", {}, 64, reads="cutout", margin=0.1), "A square around the best box, plain grey where the backg"),
        (
            Stage("any", {}, 64, whole_too=True),
            "the middle of the whole picture, and its answer is the mean of the two.",
        ),
        (
            Stage("any", {}, 64, whole_too=True, middle_below=1),
            "and twice at the middle of the picture,",
        ),
    ],
)
def test_the_crop_says_how_it_was_made(stage: Stage, said: str) -> None:
    picture = Image.new("RGB", (200, 100), (9, 9, 9))
    found = replace(predict(), crop=Image.new("RGB", (96, 96), (9, 9, 9)))
    assert said in words(picture_row("a.png", picture, found, size=1, classifier=stage))
    crop = picture_row("a.png", picture, found, size=1, classifier=stage).split("<h4>Crop")[1].split("</li>")[0]
    assert "si-checker" not in crop  # nothing of it is transparent


def test_grey_bars_are_explained_where_there_are_some() -> None:
    crop = Image.new("RGB", (96, 96), (9, 9, 9))
    assert "grey bars" not in words(row(replace(predict(), crop=crop)))
    crop.paste((128, 128, 128), (0, 95, 96, 96))  # nobody sees this one
    assert "grey bars" not in words(row(replace(predict(), crop=crop)))
    crop.paste((128, 128, 128), (0, 80, 96, 96))
    assert "and grey bars beyond the picture’s edge: all" in words(row(replace(predict(), crop=crop)))
    whole = replace(predict(boxes=()), crop=crop, cutout=None)
    assert "The whole picture, with the background that is there and grey bars that make it" in words(row(whole))
    clear = Image.new("RGBA", (200, 100), (9, 9, 9, 0))
    assert "plain grey where the picture is transparent" in words(picture_row("a.png", clear, predict(), size=1))


def test_a_picture_opens_large_and_the_cut_out_can_be_compared_and_saved() -> None:
    picture = Image.new("RGB", (200, 100), (9, 9, 9))
    html = picture_row("a.png", picture, predict(), size=1, index=3, large="file=a&b.png")
    assert html.count('class="si-open"') == 4
    assert html.count('data-large="file=a&amp;b.png"') == 1
    assert html.count("si-canvas si-whole") == 3  # the crop is all there is of it
    assert html.count('type="range"') == 1
    assert 'data-save="3"' in html
    assert "data-save" not in picture_row("a.png", picture, replace(predict(), cutout=None), size=1)


def test_stages_that_were_off_say_so() -> None:
    html = row(Prediction((200, 100), None, (), None, {}, {"total": 1.0}))
    assert html.count('class="si-frame si-off"') == 4
    assert "si-verdict" not in html


def test_classes_come_best_first_and_long_lists_end() -> None:
    shares = {f"class {index}": 0.01 for index in range(11)} | {"winner": 0.89}
    names = re.findall(r'class="si-name"[^>]*>([^<]+)<', row(predict(probabilities=shares)))
    assert names[0] == "winner"
    assert len(names) == cards.MAX_BARS
    assert f"{12 - cards.MAX_BARS} less likely classes are not shown" in row(predict(probabilities=shares))


@pytest.mark.parametrize(
    ("share", "sentence"),
    [(0.8, "This is most likely: cup ."), (0.7, "Probably cup ;"), (0.55, "Not sure. Two are too close to call: cup")],
)
def test_the_sentence_is_as_sure_as_the_network(share: float, sentence: str) -> None:
    assert sentence in words(row(predict(probabilities={"ball": 1 - share, "cup": share})))


def test_names_of_files_and_classes_are_escaped() -> None:
    html = row(predict(probabilities={EVIL: 0.6, "<b>": 0.4}), name=EVIL) + problem_row(EVIL, EVIL) + notice(EVIL)
    html += results([], EVIL) + results_table([EVIL], [[EVIL, EVIL]])
    assert "<img src=x" not in html
    assert "<b>" not in html
    # A quote that got through would end an attribute: every tag must still be one the cards make.
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    ours = (
        "article header h2 h3 h4 p span strong ol li div img i section button svg path input table thead tbody tr th td"
    )
    assert tags <= set(ours.split())
    assert "onerror" not in tags_of(html)


def test_every_picture_has_words_beside_it() -> None:
    html = row(predict())
    descriptions = re.findall(r'<img [^>]*alt="([^"]*)"', html)
    assert len(descriptions) == html.count("<img ") == 5
    assert all(descriptions)
    assert 'role="alert"' in problem_row("a.txt", "no")


def test_an_empty_notice_is_nothing() -> None:
    assert notice("") == ""


def test_cards_leave_every_colour_to_the_style_sheet() -> None:
    html = re.sub(
        r"data:image/webp;base64,[^\"]+",
        "",
        row(predict()) + problem_row("a", "b") + notice("c") + results_table(["a"], [["b"]]),
    )
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|color|background:", html)


def test_light_and_dark_define_the_same_colours_and_all_that_are_used() -> None:
    style = (Path(cards.__file__).parent / "style.css").read_text(encoding="utf-8")
    light, dark = (re.search(rf"^{scope} {{(.*?)^}}", style, re.S | re.M) for scope in (":root", r"\.dark"))
    assert light
    assert dark
    names = set(re.findall(r"(--si-[\w-]+):", light[1]))
    assert names == set(re.findall(r"(--si-[\w-]+):", dark[1]))
    assert names == set(re.findall(r"var\((--si-[\w-]+)\)", style))


def test_a_large_picture_is_sent_small() -> None:
    image = Image.effect_noise((3000, 1500), 60).convert("RGB")
    html = picture_row("big.png", image, Prediction(image.size, None, (), None, {}, {"total": 1.0}), size=1)
    assert len(html) < 200_000
    assert 'width="3000" height="1500"' in html  # the shape of the whole, so that nothing jumps while it loads
