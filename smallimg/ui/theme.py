"""How smallimg looks: warm paper and ink, a teal that acts, an orange that points at what was found.

No font comes from the web: Source Sans Pro is among the files Gradio serves itself. (Of most others it has only the
letters beyond Latin; of this one, regular and bold are whole.)
"""

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, sizes
from gradio.themes.utils.fonts import LocalFont

_HERE = Path(__file__).parent
#: For the `head` of the page. The style sheet is here because Gradio's own `css` loses container queries.
HEAD = (
    '<meta name="description" content="Remove the background of a picture, find the object, crop it, name it.">'
    f"<style>{(_HERE / 'style.css').read_text(encoding='utf-8')}</style>"
    f"<style>{(_HERE / 'train' / 'by_class' / 'look.css').read_text(encoding='utf-8')}</style>"
    f"<style>{(_HERE / 'inside' / 'look.css').read_text(encoding='utf-8')}</style>"
    f"<style>{(_HERE / 'put_right' / 'look.css').read_text(encoding='utf-8')}</style>"
    f"<style>{(_HERE / 'train' / 'boxes' / 'look.css').read_text(encoding='utf-8')}</style>"
    f"<script>{(_HERE / 'intake.js').read_text(encoding='utf-8')}</script>"
    f"<script>{(_HERE / 'keyboard.js').read_text(encoding='utf-8')}</script>"
    f"<script>{(_HERE / 'viewer.js').read_text(encoding='utf-8')}</script>"
    f"<script>{(_HERE / 'folder.js').read_text(encoding='utf-8')}</script>"
    f"<script>{(_HERE / 'lists.js').read_text(encoding='utf-8')}</script>"
    f"<script>{(_HERE / 'remember.js').read_text(encoding='utf-8')}</script>"
)

TEAL = colors.Color(
    name="teal",
    c50="#eef6f4",
    c100="#d8ebe7",
    c200="#b3d8d1",
    c300="#83bfb5",
    c400="#4f9f94",
    c500="#2c8277",
    c600="#1a6a60",
    c700="#16564f",
    c800="#134640",
    c900="#0f3733",
    c950="#082321",
)
PAPER = colors.Color(
    name="paper",
    c50="#faf8f4",
    c100="#f4f1ea",
    c200="#e6e1d6",
    c300="#cfc9bb",
    c400="#a3a196",
    c500="#767a73",
    c600="#57605d",
    c700="#33403f",
    c800="#1b2628",
    c900="#141d1f",
    c950="#0e1517",
)


class SmallimgTheme(gr.themes.Base):
    """The theme of the app, light and dark."""

    def __init__(self) -> None:
        super().__init__(
            primary_hue=TEAL,
            secondary_hue=TEAL,
            neutral_hue=PAPER,
            text_size=sizes.text_md,
            radius_size=sizes.radius_lg,
            font=(
                LocalFont("Source Sans Pro", weights=(400, 700)),
                "ui-sans-serif",
                "system-ui",
                "sans-serif",
            ),
            font_mono=("ui-monospace", "SFMono-Regular", "Consolas", "monospace"),
        )
        self.name = "smallimg"
        self.set(
            body_background_fill="*neutral_50",
            body_background_fill_dark="*neutral_950",
            body_text_color="#1d2a2b",
            body_text_color_dark="#e6ebe7",
            body_text_color_subdued="*neutral_600",
            body_text_color_subdued_dark="#a7b1ad",
            background_fill_primary="#ffffff",
            background_fill_primary_dark="*neutral_900",
            background_fill_secondary="*neutral_100",
            background_fill_secondary_dark="*neutral_800",
            block_background_fill="#ffffff",
            block_background_fill_dark="*neutral_900",
            block_border_color="*neutral_200",
            block_border_color_dark="#2a383a",
            border_color_primary="*neutral_200",
            border_color_primary_dark="#2a383a",
            border_color_accent_subdued="*primary_200",
            border_color_accent_subdued_dark="*primary_800",
            color_accent="*primary_600",
            color_accent_soft="*primary_50",
            color_accent_soft_dark="#16302d",
            link_text_color="*primary_600",
            link_text_color_dark="*primary_300",
            block_label_background_fill="transparent",
            block_label_background_fill_dark="transparent",
            block_label_border_width="0px",
            block_label_text_color="*body_text_color_subdued",
            block_label_text_color_dark="*body_text_color_subdued",
            block_label_text_weight="600",
            block_title_text_color="*body_text_color",
            block_title_text_color_dark="*body_text_color",
            block_title_text_weight="600",
            block_info_text_color="*body_text_color_subdued",
            block_info_text_color_dark="*body_text_color_subdued",
            block_shadow="0 1px 2px rgb(30 40 40 / 4%)",
            block_shadow_dark="none",
            input_background_fill="*neutral_50",
            input_background_fill_dark="*neutral_950",
            input_border_color="*neutral_300",
            input_border_color_dark="#3a494b",
            checkbox_label_background_fill="*neutral_50",
            checkbox_label_background_fill_dark="*neutral_950",
            checkbox_background_color_selected="*primary_600",
            checkbox_background_color_selected_dark="*primary_500",
            checkbox_border_color_selected="*primary_600",
            checkbox_border_color_selected_dark="*primary_500",
            slider_color="*primary_600",
            slider_color_dark="*primary_400",
            button_primary_background_fill="*primary_600",
            button_primary_background_fill_dark="*primary_500",
            button_primary_background_fill_hover="*primary_700",
            button_primary_background_fill_hover_dark="*primary_600",
            button_primary_text_color="#ffffff",
            button_primary_text_color_dark="#ffffff",
            button_secondary_background_fill="#ffffff",
            button_secondary_background_fill_dark="*neutral_800",
            button_secondary_background_fill_hover="*neutral_100",
            button_secondary_background_fill_hover_dark="*neutral_700",
            button_secondary_border_color="*neutral_300",
            button_secondary_border_color_dark="#3a494b",
            button_border_width="1px",
            table_even_background_fill="#ffffff",
            table_even_background_fill_dark="*neutral_900",
            table_odd_background_fill="*neutral_50",
            table_odd_background_fill_dark="*neutral_950",
        )
