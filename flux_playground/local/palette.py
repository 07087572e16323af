"""Which colours a scene is painted in: the hour's own, moved by the words for colours, and by a finetune's style.

Knows colours only: nothing of prompts, shapes or requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .canvas import Colour, Dice, mix


def rgb(text: str) -> Colour:
    """The colour of six hexadecimal digits."""
    return float(int(text[0:2], 16)), float(int(text[2:4], 16)), float(int(text[4:6], 16))


def _row(text: str) -> tuple[Colour, ...]:
    return tuple(rgb(word) for word in text.split())


@dataclass(frozen=True)
class Palette:
    """The colours of one picture: the sky from top to horizon, the light in it, and the land from far to near."""

    sky: tuple[Colour, ...]
    sun: Colour
    mist: Colour
    far: Colour
    near: Colour
    lamp: Colour
    accents: tuple[Colour, ...]

    def map(self, change: Callable[[Colour], Colour]) -> Palette:
        """The same palette with every colour changed in the same way."""
        sky, accents = tuple(map(change, self.sky)), tuple(map(change, self.accents))
        return Palette(
            sky, change(self.sun), change(self.mist), change(self.far), change(self.near), change(self.lamp), accents
        )

    def land(self, depth: float) -> Colour:
        """The colour of the land at a depth from 0 (far away) to 1 (at our feet)."""
        return mix(self.far, self.near, depth)


def _hour(sky: str, lights: str, land: str, accents: str) -> Palette:
    sun, mist, lamp = _row(lights)
    far, near = _row(land)
    return Palette(_row(sky), sun, mist, far, near, lamp, _row(accents))


HOURS = {
    "dawn": _hour(
        "3b4a7a 8d7fae e9a99b fbdcb4", "fff3d6 f6d0bd ffe2a0", "c0a3b6 2b2b4d", "e2725b f2c14e 7fb7be d3f3ee 5d576b"
    ),
    "day": _hour(
        "2d7cc0 63acdc b4dcec f1f6e6", "fffdf0 dbebe9 fff0b8", "9cc3cd 1d4b44", "ef6f6c f7d154 2a9d8f f4f1de 465775"
    ),
    "golden": _hour(
        "4a6587 a6ae9f f2c67f fde7ae", "fff6d5 fbd99a ffdf8a", "d0a67a 40302c", "d1495b edae49 66a182 f4ead5 2e4057"
    ),
    "sunset": _hour(
        "2b1b4e 8a3168 e6674c fdb95f", "ffedc0 f39a66 ffd27a", "a8506a 1d1232", "f94144 f9c74f 577590 f7ede2 43205a"
    ),
    "dusk": _hour(
        "111d42 33427f 80639f e7a09b", "ffe6cf b58aa5 ffd98a", "61598f 0e1533", "c8553d f28f3b 588b8b ffd5c2 2d3047"
    ),
    "night": _hour(
        "050a1d 0c1a3c 1b3763 3c5c86", "f6f1dc 4d6f97 ffd98f", "2d4a70 050b1a", "e4b363 e8e9eb ef6461 313638 7d98a1"
    ),
}

# What grows or lies on the land, to be mixed into the hour's own colour of it.
GROUNDS = {
    "forest": rgb("1f5a41"),
    "meadow": rgb("7fa23c"),
    "desert": rgb("d98648"),
    "snow": rgb("dfeaf5"),
    "autumn": rgb("b9531f"),
    "spring": rgb("e59bb0"),
    "city": rgb("3b4763"),
    "stone": rgb("6b6a75"),
}

COLOURS = {
    "red": rgb("c8322b"),
    "crimson": rgb("a3142e"),
    "scarlet": rgb("d72631"),
    "orange": rgb("ee7b22"),
    "poppy": rgb("d8342c"),
    "poppies": rgb("d8342c"),
    "sunflower": rgb("f5b921"),
    "sunflowers": rgb("f5b921"),
    "amber": rgb("f0a030"),
    "gold": rgb("d9a521"),
    "golden": rgb("d9a521"),
    "yellow": rgb("f3cf3a"),
    "lime": rgb("a4c639"),
    "green": rgb("2f8f4e"),
    "emerald": rgb("0f7f5c"),
    "olive": rgb("7d7f32"),
    "mint": rgb("8fd3b6"),
    "teal": rgb("157f86"),
    "turquoise": rgb("2fb5b0"),
    "cyan": rgb("29b3d6"),
    "blue": rgb("2561c4"),
    "azure": rgb("3a8fe0"),
    "navy": rgb("1a2a5e"),
    "indigo": rgb("3d348b"),
    "violet": rgb("6f42b5"),
    "purple": rgb("7a3f9d"),
    "lavender": rgb("a996d8"),
    "magenta": rgb("c2298a"),
    "pink": rgb("ea7fa7"),
    "rose": rgb("d95d7a"),
    "brown": rgb("7a4e2d"),
    "copper": rgb("b3673a"),
    "beige": rgb("d8c3a0"),
    "cream": rgb("f2e6c9"),
    "white": rgb("f2f4f6"),
    "silver": rgb("b6bec8"),
    "grey": rgb("85898f"),
    "gray": rgb("85898f"),
    "black": rgb("16181d"),
}

# The styles that a finetune can have: four colours each, from the darkest to the lightest.
STYLES = (
    _row("14213d 33608c e0a458 fff3d9"),
    _row("0b3c49 1f7a8c f2836b ffe9dc"),
    _row("2b2139 6d4c7d d98fa0 fdf0e0"),
    _row("10241b 2f6b4f b5c266 f6f4d2"),
    _row("2d1115 8c2f39 e6824f fbe3b5"),
    _row("1c1b1a 58534d b8ab98 f6f0e4"),
    _row("1b1150 4c3fb0 e05c97 ffe066"),
    _row("04293a 046e8f 5fc9c4 f3fbe9"),
    _row("3a1c0d 9a5420 e0b04c fff6dc"),
    _row("231942 5e548e 9f86c0 f0e6ff"),
    _row("0d1f2d 546a7b c3979f fae3d3"),
    _row("1f0318 7c1a4f f0544f ffd6a5"),
)


def light(colour: Colour) -> float:
    """How light a colour is, from 0 to 1."""
    return (0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]) / 255.0


def tinted(palette: Palette, colours: Iterable[Colour], share: float) -> Palette:
    """The palette moved that share of the way towards each of some colours, as light and dark as it was."""

    def towards(tint: Colour) -> Palette:
        return palette.map(lambda colour: mix(colour, _as_light(tint, light(colour)), share))

    for tint in colours:
        palette = towards(tint)
    return palette


def _as_light(tint: Colour, wanted: float) -> Colour:
    have = light(tint)
    if wanted <= have:
        return mix((0.0, 0.0, 0.0), tint, wanted / max(have, 0.01))
    return mix(tint, (255.0, 255.0, 255.0), (wanted - have) / max(1.0 - have, 0.01))


def style(finetune: str, strength: float) -> Callable[[Colour], Colour]:
    """What a finetune makes of a colour: nothing at strength 0, one of its own colours at 1.5 and above."""
    stops = Dice("style", finetune).pick(STYLES)
    share = min(1.0, strength / 1.5)
    return lambda colour: mix(colour, _along(stops, light(colour)), share)


def _along(stops: tuple[Colour, ...], place: float) -> Colour:
    first = min(int(place * (len(stops) - 1)), len(stops) - 2)
    return mix(stops[first], stops[first + 1], place * (len(stops) - 1) - first)
