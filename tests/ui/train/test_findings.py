"""The cards of what the checks found: what they say, what can be pressed, and that names cannot break out."""

from pathlib import Path

import pytest
from PIL import Image

from smallimg.data.checks.finding import Finding, Severity
from smallimg.ui.train.findings import MOST_CARDS, MOST_PICTURES, finding_cards, note_list


def finding(severity: Severity = "warning", *, pictures: tuple[Path, ...] = (), number: int = 0) -> Finding:
    return Finding(f"thing-{number}", severity, f"thing {number} is odd", "take it out", 1, pictures)


def test_sound_data_is_said_to_be() -> None:
    assert "Every row and every picture is sound" in finding_cards([])
    assert "Every row and every picture is sound" in finding_cards([finding("note")])


@pytest.mark.parametrize(
    ("severities", "headline"),
    [
        (["error"], "1 thing is wrong"),
        (["warning", "warning"], "2 things are doubtful"),
        (["error", "error", "warning", "note"], "2 things are wrong and 1 thing is doubtful"),
    ],
)
def test_the_headline_counts(severities: list[Severity], headline: str) -> None:
    assert f"<h4>{headline}</h4>" in finding_cards([finding(severity) for severity in severities])


def test_a_card_has_the_pictures_and_a_button_for_them(tmp_path: Path) -> None:
    paths = tuple(tmp_path / f"{number}.png" for number in range(9))
    for path in paths:
        Image.new("RGB", (300, 200), (9, 90, 200)).save(path)
    paths[0].write_bytes(b"no picture")
    html = finding_cards([finding("note"), finding(pictures=paths)])
    assert html.count("<img ") == MOST_PICTURES - 1, "the one that does not open has none"
    assert '<button type="button" data-finding="1">Leave these 9 out</button>' in html
    assert "Leave this one out" in finding_cards([finding(pictures=paths[1:2])])
    assert "<button" not in finding_cards([finding()]), "nothing to leave out"


def test_what_is_left_out_can_be_used_again() -> None:
    for some in ([], [finding()]):
        html = finding_cards(some, left_out=3)
        assert "3 pictures are left out of everything, by left-out.txt" in html
        assert '<button type="button" data-finding="">Use them again</button>' in html
    assert "Use them again" not in finding_cards([])


def test_looking_closer_is_offered_where_it_can_be_done() -> None:
    for some in ([], [finding()]):
        assert 'data-finding="closer">Look closer</button>' in finding_cards(some, closer=True)
        assert "Look closer" not in finding_cards(some)


def test_of_many_the_first_are_shown() -> None:
    html = finding_cards([finding(number=number) for number in range(MOST_CARDS + 3)])
    assert html.count("<li ") == MOST_CARDS
    assert "… and 3 more: the report below has them all." in html


def test_what_to_do_depends_on_what_is_wrong() -> None:
    assert "You can start as it is" in finding_cards([finding()])
    assert "what is wrong is left out of training" in finding_cards([finding("error")])
    assert "nothing can start with it" in finding_cards([finding("error")], can_start=False)


def test_a_card_begins_like_a_sentence_unless_with_a_file() -> None:
    assert "<strong>Thing 0 is odd</strong>" in finding_cards([finding()])
    assert "<strong>a.png is torn</strong>" in finding_cards([Finding("a", "error", "a.png is torn", "", 1)])


def test_names_cannot_break_out() -> None:
    odd = Finding('"><script>', "error", "<script>alert(1)</script>", "<b>", 1, (Path('a"><i>.png'),))
    for html in (finding_cards([odd]), note_list([Finding("a", "note", "<script>", "", 1)])):
        assert "<script>" not in html
        assert "<b>" not in html


def test_notes_are_folded_away() -> None:
    assert note_list([finding()]) == ""
    assert "<details" in note_list([finding("note")])
