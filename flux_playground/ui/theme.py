"""The colors, type and spacing of Gradio's components, light and dark.

The page's style sheet uses the same variables. Every text color has a contrast of at least 4.5 on its background.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

SANS = ("Inter", "system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "DejaVu Sans Mono", "monospace")

# name: (light, dark)
COLORS = {
    "body_background_fill": ("#f7f7f5", "#101113"),
    "background_fill_primary": ("#ffffff", "#17181b"),
    "background_fill_secondary": ("#f0f0ed", "#1e2024"),
    "body_text_color": ("#191a1c", "#ececea"),
    "body_text_color_subdued": ("#5d5f63", "#a2a4a8"),
    "border_color_primary": ("#dfdfda", "#2c2f34"),
    "border_color_accent": ("#2f4bd8", "#93a4ff"),
    "color_accent_soft": ("#eceffd", "#1f2542"),
    "link_text_color": ("#2f4bd8", "#a3b1ff"),
    "link_text_color_hover": ("#2139ad", "#c0caff"),
    "link_text_color_visited": ("#2f4bd8", "#a3b1ff"),
    "block_background_fill": ("transparent", "transparent"),
    "block_label_background_fill": ("#ffffff", "#17181b"),
    "block_label_text_color": ("#3b3d40", "#c9cacc"),
    "block_title_text_color": ("#191a1c", "#ececea"),
    "block_info_text_color": ("#5d5f63", "#a2a4a8"),
    "input_background_fill": ("#ffffff", "#17181b"),
    "input_background_fill_focus": ("#ffffff", "#17181b"),
    "input_border_color": ("#8b8d92", "#6b6e75"),
    "input_border_color_focus": ("#2f4bd8", "#93a4ff"),
    "input_placeholder_color": ("#6d6f74", "#94969c"),
    "slider_color": ("#5c72e6", "#7f93f5"),
    "checkbox_background_color": ("#ffffff", "#17181b"),
    "checkbox_background_color_selected": ("#2f4bd8", "#5068e8"),
    "checkbox_border_color": ("#8b8d92", "#6b6e75"),
    "checkbox_border_color_selected": ("#2f4bd8", "#5068e8"),
    "checkbox_label_background_fill": ("#ffffff", "#17181b"),
    "checkbox_label_background_fill_hover": ("#f0f0ed", "#1e2024"),
    "checkbox_label_background_fill_selected": ("#eceffd", "#1f2542"),
    "checkbox_label_border_color": ("#8b8d92", "#6b6e75"),
    "checkbox_label_text_color": ("#191a1c", "#ececea"),
    "checkbox_label_text_color_selected": ("#191a1c", "#ececea"),
    "button_primary_background_fill": ("#2f4bd8", "#4f66f0"),
    "button_primary_background_fill_hover": ("#2139ad", "#3d54dc"),
    "button_primary_text_color": ("#ffffff", "#ffffff"),
    "button_primary_border_color": ("transparent", "transparent"),
    "button_primary_border_color_hover": ("transparent", "transparent"),
    "button_secondary_background_fill": ("#ffffff", "#1e2024"),
    "button_secondary_background_fill_hover": ("#f0f0ed", "#292c31"),
    "button_secondary_text_color": ("#191a1c", "#ececea"),
    "button_secondary_border_color": ("#cfcfc9", "#3a3d43"),
    "error_text_color": ("#b3261e", "#ff9a8f"),
    "error_border_color": ("#b3261e", "#ff9a8f"),
    "error_background_fill": ("#fdf1f0", "#2c1715"),
}

SIZES = {
    "block_border_width": "0px",
    "block_padding": "0px",
    "block_radius": "8px",
    "block_shadow": "none",
    "block_label_shadow": "none",
    "block_title_text_size": "13px",
    "block_title_text_weight": "600",
    "block_title_background_fill": "none",
    "block_title_padding": "0",
    "block_info_text_size": "12px",
    "block_label_text_size": "13px",
    "block_label_margin": "8px",
    "input_border_width": "1px",
    "input_radius": "8px",
    "input_padding": "8px 11px",
    "input_text_size": "14px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "form_gap_width": "0px",
    "layout_gap": "16px",
    "container_radius": "8px",
    "checkbox_label_gap": "6px",
    "checkbox_label_padding": "6px 11px",
    "checkbox_label_text_size": "13px",
    "checkbox_label_shadow": "none",
    "checkbox_shadow": "none",
    "checkbox_label_border_width": "1px",
    "button_large_radius": "10px",
    "button_medium_radius": "8px",
    "button_small_radius": "8px",
    "button_large_text_size": "16px",
    "button_large_text_weight": "600",
    "button_border_width": "1px",
    "button_primary_shadow": "none",
    "button_secondary_shadow": "none",
    "button_transition": "background-color 120ms ease",
}


def theme() -> Any:
    """Return the theme of the page, in Inter, which the page brings along."""
    both = {name: light for name, (light, _) in COLORS.items()}
    dark = {f"{name}_dark": value for name, (_, value) in COLORS.items()}
    return gr.themes.Base(font=SANS, font_mono=MONO, text_size="md", spacing_size="md").set(**both, **dark, **SIZES)
