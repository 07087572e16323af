"""Composes a scene: which painters, in which order, from the sky at the back to the things at our feet.

Knows the painters and what a `Scene` holds; nothing of requests, sizes or files. Heights are shares of the sheet's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from . import abstract, creatures, land, sky, things
from .canvas import FINE, Canvas, Colour, Dice, Floats, mix
from .palette import COLOURS, GROUNDS, HOURS, Palette, light, style, tinted
from .words import Scene

GREY = (142.0, 152.0, 166.0)
STORM = (58.0, 66.0, 84.0)
DIM = {"rain": (GREY, 0.36), "fog": (GREY, 0.25), "snow": (GREY, 0.2), "storm": (STORM, 0.55)}
SHEETS = {"space", "portrait"}  # places without land


def paint(canvas: Canvas, scene: Scene, finetune: str, strength: float, seed: object) -> None:
    """Paints a scene over the whole canvas; the seed settles what the words leave open."""
    dice = Dice("paint", *scene.spoken, seed)
    change = style(finetune, strength)
    palette = _palette(scene).map(change)
    if "abstract" in scene.places:
        abstract.sheet(canvas, dice, palette)
    else:
        _Landscape(canvas, scene, palette, dice, change).paint()


def _palette(scene: Scene) -> Palette:
    palette = HOURS["night" if "space" in scene.places and scene.hour in ("day", "golden", "dawn") else scene.hour]
    if scene.weather in DIM and scene.hour != "night":
        veil, share = DIM[scene.weather]
        palette = palette.map(lambda colour: mix(colour, veil, share))
    # Flowers take a colour that is named; elsewhere the whole picture does.
    share = 0.12 if "meadow" in scene.places else 0.5
    return tinted(palette, [COLOURS[word] for word in scene.colours], share)


class _Landscape:
    """One picture in the making."""

    def __init__(
        self, canvas: Canvas, scene: Scene, palette: Palette, dice: Dice, change: Callable[[Colour], Colour]
    ) -> None:
        self.canvas, self.scene, self.palette, self.dice, self.change = canvas, scene, palette, dice, change
        self.places = set(scene.places)
        self.dark = sky.is_dark(palette) or scene.hour == "night" or "space" in self.places
        self.lit = 0.38 if self.dark else 0.22 if scene.hour in ("dusk", "sunset", "dawn") else 0.0
        self.horizon = dice.between(0.5, 0.58) if self.places & {"sea", "lake"} else dice.between(0.54, 0.66)

    def paint(self) -> None:
        """Paints everything, from back to front."""
        canvas, dice, scene = self.canvas, self.dice, self.scene
        bare = self.places <= SHEETS
        horizon = 1.25 if bare else self.horizon
        sky.paint_sky(canvas, dice, self.palette, scene.weather, horizon, self.dark, orb=not bare)
        if "space" in self.places:
            abstract.planet(canvas, dice, self.palette)
        if not bare:
            self._back()
            self._aloft()
            if self.places & {"sea", "lake"}:
                self._water()
            else:
                self._front()
        if "portrait" in self.places:
            creatures.portrait(canvas, dice, self.palette)
        if "cat" in self.places:
            creatures.cat(canvas, dice, self.palette, 0.97)
        sky.paint_weather(canvas, dice, self.palette, scene.weather)

    def _ground(self, share: float) -> Palette:
        """The palette with its land coloured, up to that share, by what grows on it."""
        base, growing = self.palette, [kind for kind in ("meadow", "forest", "desert", "city") if kind in self.places]
        wild = "forest" if self.places & {"lake", "mountains"} else "meadow" if "hills" in self.places else "stone"
        kind = self.scene.season or (growing[0] if growing else wild)
        bright = 0.22 + 0.78 * light(base.sky[-1])
        tone = self.change(mix((0.0, 0.0, 0.0), mix(GROUNDS[kind], base.mist, 0.15), bright))
        share *= 1.5 if kind == "snow" else 1.0
        return replace(base, far=mix(base.far, tone, share * 0.5), near=mix(base.near, tone, share))

    def _back(self) -> None:
        canvas, dice, at = self.canvas, self.dice, self.horizon
        ground = self._ground(0.35)
        if self.places & {"mountains", "lake"}:
            snow = 0.0 if "desert" in self.places else 0.9 if self.scene.season == "snow" else dice.between(0.3, 0.5)
            land.mountains(canvas, dice, self.palette, at + 0.02, 0.1, dice.between(0.24, 0.3), snow * 0.8)
            land.mountains(canvas, dice, self.palette, at + 0.05, 0.32, dice.between(0.3, 0.42), snow)
        elif "city" in self.places:
            for depth, tall, lit in ((0.1, 0.42, 0.4), (0.32, 0.36, 0.7)):
                land.skyline(canvas, dice, ground, at + 0.06 + 0.3 * depth, depth, tall, lit * self.lit)
        elif "desert" in self.places:
            land.mountains(canvas, dice, self.palette, at + 0.02, 0.15, 0.16, 0.0)
        elif "sea" not in self.places:
            for step in range(3):
                land.hills(canvas, dice, ground, at + 0.02 + 0.05 * step, 0.1 + 0.14 * step, 0.17 - 0.02 * step)
        elif dice.unit() < 0.6:
            land.hills(canvas, dice, ground, at + 0.05, 0.12, 0.13, bumps=1.2)

    def _aloft(self) -> None:
        if "balloon" in self.scene.props:
            things.balloons(self.canvas, self.dice, self.palette)
        if "birds" in self.scene.props or (not self.dark and self.dice.unit() < 0.55):
            things.birds(self.canvas, self.dice, mix(self.palette.near, self.palette.far, 0.25), self.horizon)

    def _water(self) -> None:
        canvas, dice, palette, props = self.canvas, self.dice, self.palette, self.scene.props
        ground = self._ground(0.5)
        lake = "lake" in self.places
        level = self.horizon + (0.06 if lake else 0.02)
        if lake:
            shore = land.hills(canvas, dice, ground, level + 0.02, 0.55, 0.05, bumps=1.5)
            self._wood(shore, ground, 0.6, 0.1)
        if "city" in self.places:
            land.skyline(canvas, dice, ground, level + 0.01, 0.75, 0.24, self.lit)
        if set(props) & {"house", "village"}:
            self._houses(land.hills(canvas, dice, ground, level + 0.03, 0.6, 0.06, bumps=0.7))
        if "lighthouse" in props:
            things.lighthouse(canvas, dice, palette, level)
        if "boat" in props or (not lake and dice.unit() < 0.5):
            things.boat(canvas, dice, palette, level)
        land.water(canvas, dice, palette, level, 0.9 if lake else 0.15 if self.scene.weather == "storm" else 0.4)
        if self.places & {"forest", "meadow", "hills"} or (lake and dice.unit() < 0.7):
            self._bank(ground)

    def _bank(self, ground: Palette) -> None:
        """Our own side of the water, or the last rise of the land: a slope with a few tall trees at one edge."""
        slope = land.hills(self.canvas, self.dice, ground, 1.02, 0.95, 0.13, bumps=0.8)
        count = len(slope)
        edge = int(count * self.dice.between(0.16, 0.34))
        left = self.dice.unit() < 0.5
        part = slice(0, edge) if left else slice(count - edge, count)
        self._wood(slope, ground, 1.0, 0.34, part)

    def _front(self) -> None:
        canvas, dice = self.canvas, self.dice
        ground = self._ground(0.55)
        if "city" in self.places:
            land.skyline(canvas, dice, ground, 0.98, 0.6, 0.48, self.lit)
            land.skyline(canvas, dice, ground, 1.1, 0.95, 0.34, self.lit)
        elif "desert" in self.places:
            for step in range(3):
                land.dunes(canvas, dice, ground, 0.76 + 0.13 * step, 0.35 + 0.28 * step, 0.17)
        elif "meadow" in self.places:
            land.hills(canvas, dice, ground, self.horizon + 0.15, 0.45, 0.09)
            line = land.hills(canvas, dice, ground, self.horizon + 0.2, 0.6, 0.06)
            self._houses(line)
            land.flowers(canvas, dice, ground, self.horizon + 0.17, self._blossoms())
        else:
            self._slopes(ground)

    def _slopes(self, ground: Palette) -> None:
        wooded = bool(self.places & {"forest", "mountains"})
        for step in range(3):
            depth = 0.45 + 0.2 * step
            at = self.horizon + 0.13 + (0.92 - self.horizon) * step / 3
            line = land.hills(self.canvas, self.dice, ground, at, depth, 0.12)
            if wooded and not (step == 2 and "forest" not in self.places):
                self._wood(line, ground, depth, 0.07 + 0.16 * depth * depth)
            elif not wooded and step < 2:
                self._wood(line, ground, depth, 0.07 + 0.08 * depth, sparse=True)
            if step == 1:
                self._houses(line)
        self._bank(ground)

    def _wood(
        self, line: Floats, ground: Palette, depth: float, tall: float, part: slice | None = None, sparse: bool = False
    ) -> None:
        if self.scene.season in ("autumn", "spring") or (sparse and self.scene.season != "snow"):
            gap = 2.2 if sparse else 0.8
            land.crowns(self.canvas, self.dice, ground, line, tall * 0.9, self._leaves(ground), gap, part)
        else:
            land.conifers(self.canvas, self.dice, ground, depth, tall, line, part)

    def _houses(self, line: Floats) -> None:
        count = {"village": 11, "house": 1}
        for _ in range(max((count.get(prop, 0) for prop in self.scene.props), default=0)):
            x = (0.5 + (self.dice.unit() - 0.5) * (self.dice.unit() * 0.7 + 0.1)) * self.canvas.width
            y = float(line[int(x) * FINE]) + self.dice.between(0.004, 0.03) * self.canvas.height
            things.house(self.canvas, self.dice, self.palette, x, y)

    def _leaves(self, ground: Palette) -> tuple[Colour, ...]:
        if self.scene.season in ("autumn", "spring"):
            tone = mix(
                self.change(GROUNDS[self.scene.season]), self.palette.near, 0.5 - 0.5 * light(self.palette.sky[-1])
            )
            return tone, mix(tone, self.palette.accents[1], 0.35), mix(tone, self.palette.accents[0], 0.35)
        return ground.land(0.8), ground.land(0.65), mix(ground.land(0.7), self.palette.accents[2], 0.25)

    def _blossoms(self) -> tuple[Colour, ...]:
        named = tuple(self.change(COLOURS[word]) for word in self.scene.colours)
        return named or self.palette.accents[:4]
