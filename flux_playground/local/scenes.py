"""Composes a scene: which painters, in which order, from the sky at the back to the things at our feet.

Knows the painters and what a `Scene` holds; nothing of requests, sizes or files.
"""

from __future__ import annotations

from . import figures, land, sky
from .canvas import Canvas, Colour, Dice, Floats, mix
from .palette import COLOURS, GROUNDS, HOURS, Palette, light, styled, tinted
from .words import Scene


def paint(canvas: Canvas, scene: Scene, finetune: str, strength: float, seed: object) -> None:
    """Paints a scene over the whole canvas; the seed settles what the words leave open."""
    dice = Dice("paint", *scene.spoken, seed)
    palette = _palette(scene, finetune, strength)
    _Landscape(canvas, scene, palette, dice).paint()


def _palette(scene: Scene, finetune: str, strength: float) -> Palette:
    palette = HOURS[scene.hour]
    if scene.weather in ("rain", "fog", "snow") and scene.hour in ("day", "golden", "dawn"):
        grey = (150.0, 160.0, 172.0)
        palette = palette.map(lambda colour: mix(colour, grey, 0.34))
    palette = tinted(palette, [COLOURS[word] for word in scene.colours])
    return styled(palette, finetune, strength)


class _Landscape:
    """One picture in the making."""

    def __init__(self, canvas: Canvas, scene: Scene, palette: Palette, dice: Dice) -> None:
        self.canvas, self.scene, self.palette, self.dice = canvas, scene, palette, dice
        self.dark = sky.is_dark(palette) or scene.hour == "night" or "space" in scene.places
        wet = {"sea", "lake"} & set(scene.places)
        self.horizon = dice.between(0.5, 0.6) if wet else dice.between(0.56, 0.68)

    def paint(self) -> None:
        places = self.scene.places
        if "abstract" in places:
            figures.abstract(self.canvas, self.dice, self.palette)
            return
        horizon = 1.2 if "space" in places else self.horizon
        sky.paint_sky(self.canvas, self.dice, self.palette, self.scene.weather, horizon, self.dark)
        if "space" in places:
            figures.planet(self.canvas, self.dice, self.palette)
        if not set(places) <= {"space", "portrait"}:
            self._back()
        if {"sea", "lake"} & set(places):
            self._water()
        else:
            self._front()
        if "portrait" in places:
            figures.portrait(self.canvas, self.dice, self.palette)
        if "cat" in places:
            figures.cat(self.canvas, self.dice, self.palette, 0.97)
        sky.paint_weather(self.canvas, self.dice, self.palette, self.scene.weather)

    def _ground(self, share: float = 0.5) -> Palette:
        """The palette with the land coloured by what grows on it."""
        season, places = self.scene.season, self.scene.places
        kinds = ("meadow", "forest", "desert", "city")
        kind = season or next((place for place in kinds if place in places), "forest" if "lake" in places else "stone")
        if kind == "stone" and "hills" in places:
            kind = "meadow"
        tone = GROUNDS[kind]
        base = self.palette

        def grown(colour: Colour, amount: float) -> Colour:
            lightness = 0.25 + 0.75 * light(base.sky[-1])
            return mix(colour, mix((0.0, 0.0, 0.0), mix(tone, base.mist, 0.2), lightness), amount)

        far, near = grown(base.far, share * 0.45), grown(base.near, share)
        return Palette(base.sky, base.sun, base.mist, far, near, base.lamp, base.accents)

    def _back(self) -> None:
        canvas, dice, places, at = self.canvas, self.dice, self.scene.places, self.horizon
        ground = self._ground(0.35)
        if "mountains" in places or "lake" in places:
            snow = 0.0 if "desert" in places else (0.9 if self.scene.season == "snow" else dice.between(0.3, 0.5))
            land.mountains(canvas, dice, self.palette, at + 0.02, 0.1, dice.between(0.24, 0.3), snow * 0.8)
            land.mountains(canvas, dice, self.palette, at + 0.05, 0.32, dice.between(0.3, 0.42), snow)
        elif "city" in places:
            lit = 0.34 if self.dark or self.scene.hour in ("dusk", "sunset") else 0.0
            land.skyline(canvas, dice, ground, at + 0.1, 0.12, 0.4, lit * 0.5)
            land.skyline(canvas, dice, ground, at + 0.14, 0.42, 0.36, lit)
        elif "desert" in places:
            land.mountains(canvas, dice, self.palette, at + 0.02, 0.15, 0.14, 0.0)
        elif "sea" in places:
            if dice.unit() < 0.6:
                land.hills(canvas, dice, ground, at + 0.05, 0.12, 0.12, bumps=1.2)
        elif set(places) != {"abstract"}:
            for step in range(3):
                land.hills(canvas, dice, ground, at + 0.02 + 0.05 * step, 0.12 + 0.14 * step, 0.16 - 0.02 * step)

    def _water(self) -> None:
        canvas, dice, palette, places = self.canvas, self.dice, self.palette, self.scene.places
        ground = self._ground()
        level = self.horizon + (0.06 if "lake" in places else 0.02)
        if "lake" in places:
            shore = land.hills(canvas, dice, ground, level + 0.02, 0.55, 0.05, bumps=1.5)
            land.conifers(canvas, dice, ground, level, 0.6, 0.1, shore)
        if "city" in places:
            land.skyline(canvas, dice, ground, level + 0.01, 0.7, 0.24, 0.3 if self.dark else 0.0)
        if "lighthouse" in self.scene.props:
            figures.lighthouse(canvas, dice, palette, level)
        if "boat" in self.scene.props or ("sea" in places and dice.unit() < 0.5):
            figures.boat(canvas, dice, palette, level)
        self._aloft()
        land.water(canvas, dice, palette, level, 0.9 if "lake" in places else 0.35)
        if {"forest", "meadow", "hills"} & set(places) or dice.unit() < 0.5:
            bank = land.hills(canvas, dice, ground, 1.02, 0.95, 0.14, bumps=0.8)
            self._grown(bank, ground, 1.0)

    def _front(self) -> None:
        canvas, dice, places = self.canvas, self.dice, self.scene.places
        if set(places) <= {"space", "portrait"}:
            return
        ground = self._ground()
        self._aloft()
        if "city" in places:
            land.skyline(canvas, dice, ground, 1.05, 0.92, 0.42, 0.4 if self.dark else 0.08)
            return
        if "desert" in places:
            for step in range(3):
                land.dunes(canvas, dice, ground, 0.76 + 0.13 * step, 0.35 + 0.28 * step, 0.17)
            return
        for step in range(3):
            depth = 0.5 + 0.22 * step
            at = self.horizon + 0.14 + (1.0 - self.horizon - 0.04) * step / 3
            line = land.hills(canvas, dice, ground, at, depth, 0.12)
            if step == 1 and "house" in self.scene.props:
                x = dice.between(0.25, 0.75) * canvas.width
                figures.house(canvas, dice, self.palette, x, float(line[int(x) * 4]) + 0.01 * canvas.height)
            if "forest" in places or ("mountains" in places and step < 2):
                self._grown(line, ground, depth)
        if "meadow" in places:
            land.flowers(canvas, dice, ground, self.horizon + 0.16, self._blossoms())
        elif "hills" in places:
            land.crowns(canvas, dice, ground, line, 0.2, self._leaves(ground))

    def _grown(self, line: Floats, ground: Palette, depth: float) -> None:
        if self.scene.season in ("autumn", "spring"):
            land.crowns(self.canvas, self.dice, ground, line, 0.12 + 0.14 * depth, self._leaves(ground))
        else:
            land.conifers(self.canvas, self.dice, ground, 0.8, depth, 0.08 + 0.16 * depth * depth, line)

    def _leaves(self, ground: Palette) -> tuple[Colour, ...]:
        if self.scene.season in GROUNDS:
            tone = mix(GROUNDS[self.scene.season], self.palette.mist, 0.1)
            return tone, mix(tone, self.palette.accents[1], 0.4), mix(tone, self.palette.accents[0], 0.4)
        return ground.land(0.7), ground.land(0.5), mix(ground.land(0.6), self.palette.accents[2], 0.3)

    def _blossoms(self) -> tuple[Colour, ...]:
        named = tuple(mix(COLOURS[word], self.palette.mist, 0.1) for word in self.scene.colours)
        return named or self.palette.accents[:4]

    def _aloft(self) -> None:
        if "balloon" in self.scene.props:
            figures.balloon(self.canvas, self.dice, self.palette)
        if "birds" in self.scene.props or (not self.dark and self.dice.unit() < 0.55):
            figures.birds(self.canvas, self.dice, mix(self.palette.near, self.palette.far, 0.25), self.horizon)
