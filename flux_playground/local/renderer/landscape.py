"""Renders a scene as a landscape: sky, clouds, land, trees, skyline, water and weather."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from .drawing import Floats, Pen, mix, noise, resize
from .scene import Color, Scene, hex_color

MAX_DRAWN_PIXELS = 1280  # of the longer side; larger images are scaled up, in a quarter of the time
# Four colors of the sky from top to horizon, sun or moon, far land, near land, accent.
PALETTES = {
    "dawn": "3b4a7a 8d7fae e9a99b fbdcb4 fff3d6 b79bb0 2b2b4d e2725b",
    "day": "2d7cc0 63acdc b4dcec f1f6e6 fffdf0 93bcc4 2b6a4a ef6f6c",
    "golden": "567ba6 a9b7b4 f3cf92 fbe3ab fff4d2 c9a878 4a4a26 d9583b",
    "sunset": "2c1f54 8c2f6b e8603f ffc06b ffe9b8 9c4b6a 2a1838 ffb454",
    "dusk": "161d42 3d3f78 8d6490 d99a8d ffeccc 5f5380 161730 f4a261",
    "night": "050a1e 0d1b3e 1d335f 35507f f4efd8 14244a 060b16 ffd27a",
}
GROUND = {"autumn": "a65c28", "spring": "96b46e", "winter": "e2e8f0", "desert": "d99a55", "city": "4a5468"}
LEAVES = {"autumn": "cc6024", "spring": "eeaabe", "winter": "ebf0f6"}
GRAY_SHARE = {"cloudy": 0.3, "fog": 0.45, "rain": 0.55, "storm": 0.85}
CLOUD_COVER = {"clear": 0.25, "cloudy": 0.75, "rain": 0.85, "storm": 1.0}
# From far to near: depth from 0 to 1, height above the horizon, and height of the trees, as shares of the height.
RIDGES = {
    "mountains": ((0.65, 0.12, 0.03), (0.9, 0.05, 0.06)),
    "desert": ((0.2, 0.2, 0.0), (0.5, 0.13, 0.0), (0.85, 0.05, 0.0)),
    "forest": ((0.1, 0.24, 0.0), (0.3, 0.2, 0.12), (0.6, 0.12, 0.19), (0.9, 0.04, 0.26)),
    "hills": ((0.08, 0.3, 0.0), (0.35, 0.2, 0.035), (0.6, 0.12, 0.04), (0.8, 0.05, 0.0)),
    "sea": (),
}


def render_landscape(scene: Scene, width: int, height: int, random: np.random.Generator) -> Image.Image:
    """Return the landscape of a scene; equal arguments give equal pixels on one machine."""
    shrink = min(1.0, MAX_DRAWN_PIXELS / max(width, height))
    landscape = _Landscape(scene, max(8, round(width * shrink)), max(8, round(height * shrink)), random)
    landscape.sky()
    landscape.land()
    landscape.water() if scene.water else landscape.ground()
    landscape.foreground()
    landscape.weather()
    image = Image.fromarray(np.clip(landscape.pixels, 0, 255).astype(np.uint8))
    return image if shrink == 1.0 else image.resize((width, height), Image.Resampling.BICUBIC)


class _Landscape:
    def __init__(self, scene: Scene, width: int, height: int, random: np.random.Generator) -> None:
        self.scene, self.width, self.height, self.random = scene, width, height, random
        *sky, self.sun, self.far, self.near, self.accent = map(hex_color, PALETTES[scene.hour].split())
        self.night = scene.hour == "night"
        if ground := GROUND.get(scene.land, GROUND.get(scene.season)):
            self.near = mix(self.near, hex_color(ground), 0.2 if self.night else 0.6)
            self.far = mix(self.far, hex_color(ground), 0.0 if self.night else 0.25)
        if scene.colors:
            self.accent = scene.colors[0]
            sky = [mix(color, self.accent, 0.1 * place) for place, color in enumerate(sky)]
            self.near = mix(self.near, self.accent, 0.3 if self.night else 0.65)
            self.far = mix(self.far, self.accent, 0.3)
        gray = mix((88, 96, 110), (16, 20, 36), 0.75 if self.night else 0.3 if scene.weather == "storm" else 0.0)
        self.stops = [mix(color, gray, GRAY_SHARE.get(scene.weather, 0.0)) for color in sky]
        low = 0.56 if scene.water else 0.88 if scene.land == "city" else 0.66
        self.horizon = round(height * (low + self.random.uniform(0.0, 0.07)))
        self.unit, self.sun_x = min(width, height), 0.0
        self.haze = mix(self.stops[-1], self.far, 0.35)
        self.pixels: Floats = np.empty((height, width, 3), np.float32)

    def _blend(self, first: int, last: int, color: Color | Floats, cover: npt.NDArray[np.floating]) -> None:
        """Mix a color into the rows from `first` to before `last`; `cover` is 0 to 1 for each pixel."""
        part = self.pixels[first:last]
        part += (np.asarray(color, np.float32) - part) * cover[..., None].astype(np.float32)

    def _noise(self, height: int, rows: float, stretch: float) -> Floats:
        """Return noise as wide as the image; `stretch` is the width of a cell over its height."""
        return noise(self.random, (self.width, height), (rows * self.width / height / stretch, rows), (1.0, 0.55, 0.3))

    def _hills(self, shares: tuple[float, ...] = (1.0, 0.25, 0.06, 0.02)) -> Floats:
        """Return the outline of rolling hills, 0 to 1 for each column."""
        return np.asarray(noise(self.random, (self.width, 1), (3, 1), shares)[0])

    def sky(self) -> None:
        """Draw the sky: gradient, stars, sun or moon with its glow, clouds."""
        rows = np.linspace(0, len(self.stops) - 1, self.horizon + 1)
        gradient = np.stack([np.interp(rows, range(4), [stop[c] for stop in self.stops]) for c in range(3)], -1)
        self.pixels[: self.horizon + 1] = gradient[:, None, :]
        self.pixels[self.horizon + 1 :] = gradient[-1]
        covered = self.scene.weather in ("rain", "storm", "fog")
        low = self.scene.hour in ("sunset", "dawn", "golden")
        self.sun_x = x = self.width * self.random.uniform(0.2, 0.8)
        y = self.horizon * (self.random.uniform(0.5, 0.66) if low else self.random.uniform(0.2, 0.4))
        ys, xs = np.mgrid[0 : self.horizon + 1 : 4, 0 : self.width : 4]
        glow = np.exp(-np.hypot(xs - x, ys - y) / self.unit * (5.5 if low else 8.0)) * (0.2 if covered else 0.75)
        self._blend(0, self.horizon + 1, self.sun, resize(glow, self.width, self.horizon + 1))
        if not covered:
            with Pen(self.pixels) as pen:
                for across, down, size in self.random.random((420 if self.night else 0, 3)):
                    light = mix(self.stops[0], (255, 250, 235), 0.35 + 0.65 * size)
                    pen.circle(across * self.width, down * y * 2, self.unit * (0.0005 + 0.0014 * size**3), light)
                pen.circle(x, y, self.unit * (0.035 if self.night else 0.05), mix(self.sun, (255, 255, 255), 0.35))
        if self.scene.weather != "clear" or self.random.random() < 0.6:
            self._clouds(CLOUD_COVER.get(self.scene.weather, 0.5))

    def _clouds(self, amount: float) -> None:
        values = self._noise(self.horizon + 1, 4, 2.4)
        dark = self.night or self.scene.weather in ("storm", "rain")
        lit = mix(self.stops[0], self.stops[2], 0.5) if dark else mix(self.sun, self.stops[-1], 0.45)
        shade = np.array(mix(lit, (24, 28, 38) if self.scene.weather == "storm" else self.stops[0], 0.4), np.float32)
        color = shade + (np.array(lit, np.float32) - shade) * np.clip(values * 1.6 - 0.4, 0, 1)[..., None]
        fade = np.linspace(1, 0.35, self.horizon + 1)[:, None]
        cover = np.clip((values - (0.72 - 0.42 * amount)) * 3.2, 0, 1) * (0.35 + 0.5 * amount) * fade
        self._blend(0, self.horizon + 1, color, cover)

    def land(self) -> None:
        """Draw the land from far to near."""
        shrink = 0.6 if self.scene.water else 1.0
        if self.scene.land == "city":
            for depth, rise in ((0.15, 0.62), (0.45, 0.46), (0.85, 0.26)):
                self._skyline(depth, rise * shrink)
            return
        if self.scene.land == "mountains":
            for depth, rise in ((0.1, 0.46), (0.4, 0.3)):
                top = self.horizon - self._peaks() * rise * self.height
                self._ridge(top, depth, rise)
                self._snow_caps(top, rise)
        for depth, rise, tree_height in RIDGES[self.scene.land]:
            rise *= 1.0 if self.scene.land == "mountains" else shrink
            top = self.horizon - self._hills() * rise * self.height * 1.3
            self._ridge(top, depth, rise)
            if tree_height:
                self._trees(top, depth, tree_height)

    def _depth_color(self, depth: float) -> Color:
        return mix(mix(self.far, self.haze, 0.45 * (1 - depth)), self.near, depth)

    def _peaks(self) -> Floats:
        """Return the outline of a mountain range: steep summits, broken by smaller ones."""
        total, aspect = np.full(self.width, 0.12), self.width / self.height
        for size, count in ((1.0, 4), (0.5, 7), (0.2, 16), (0.07, 40)):
            count = max(2, round(count * aspect / 1.8))
            tops = (np.arange(count) + self.random.random(count)) / count
            highs, steep = self.random.uniform(0.45, 1.0, count) * size, self.random.uniform(1.5, 2.4, (2, count))
            away = np.linspace(0, 1, self.width)[:, None] - tops
            shape = np.clip(highs - np.where(away < 0, -away * steep[0], away * steep[1]) * aspect, 0, None).max(1)
            total = np.maximum(total, shape) if size == 1.0 else total + (shape - size * 0.3) * 0.55
        return np.asarray(np.clip(total, 0.02, None), np.float32)

    def _ridge(self, top: Floats, depth: float, rise: float, bottom: int = 0) -> None:
        """Fill from an outline down to the horizon or to `bottom`, hazier toward the foot."""
        first, last = max(0, int(top.min()) - 1), min(self.height, bottom or self.horizon + 1)
        below = np.arange(first, last, dtype=np.float32)[:, None] - top
        high = np.array(self._depth_color(depth), np.float32)
        low = np.array(mix(self._depth_color(depth), (0, 0, 0) if bottom else self.haze, 0.45), np.float32)
        fade = np.clip(below / ((0.16 + rise) * self.height), 0, 1)[..., None]
        self._blend(first, last, high + (low - high) * fade, np.clip(below + 0.5, 0, 1))

    def _snow_caps(self, top: Floats, rise: float) -> None:
        share = (0.35 if self.scene.season == "winter" else 0.62) * rise - self._hills((1.0, 0.9, 0.8, 0.7, 0.6)) * 0.1
        edge = self.horizon - share * self.height
        first, last = max(0, int(top.min())), min(self.horizon, int(edge.max()) + 1)
        steps = max(3, self.width // 220)
        slope = np.convolve(np.gradient(np.pad(top, steps, mode="edge")), np.ones(steps) / steps, "same")[steps:-steps]
        lit = np.where((slope > 0) == (self.sun_x > self.width / 2), 0.95, 0.5)
        rows = np.arange(first, max(first, last), dtype=np.float32)[:, None]
        snow = mix((250, 250, 255), self.stops[1], 0.55 if self.night else 0.1)
        self._blend(first, first + len(rows), snow, np.clip(rows - top + 0.5, 0, 1) * np.clip(edge - rows, 0, 1) * lit)

    def _trees(self, top: Floats, depth: float, size: float) -> None:
        leafy = self.scene.season in ("autumn", "spring") or self.scene.land == "hills"
        draw = _draw_leafy_tree if leafy else _draw_conifer
        high, dim = size * self.height, 0.3 if self.night else 0.75
        base = mix(self._depth_color(min(1.0, depth + 0.12)), (20, 40, 30), 0.25)
        leaves = hex_color(LEAVES[self.scene.season]) if self.scene.season in LEAVES else base
        with Pen(self.pixels) as pen:
            for x in np.sort(self.random.random(int(self.width / max(3.0, high * (1.8 if size < 0.05 else 0.42))))):
                foot = float(top[min(self.width - 1, int(x * self.width))]) + high * 0.15
                shade = mix(base, (0, 0, 0), self.random.uniform(0, 0.22))
                color = mix(shade, leaves, dim * self.random.uniform(0.4, 1))
                draw(pen, float(x) * self.width, foot, high * self.random.uniform(0.6, 1.15), color)

    def _skyline(self, depth: float, rise: float) -> None:
        lit = self.scene.hour in ("night", "dusk", "sunset")
        wall = mix(self._depth_color(depth), (24, 30, 48), 0.25)
        window = mix(self.accent if self.scene.colors else hex_color("ffd98a"), wall, 0.0 if lit else 0.72)
        pane, x = max(2, round(self.unit * 0.006 * (0.6 + depth))), -self.unit * 0.02
        while x < self.width:
            wide = self.unit * self.random.uniform(0.05, 0.11) * (0.7 + depth * 0.6)
            top = max(0, round(self.horizon - self.height * rise * self.random.uniform(0.3, 1.0) ** 1.3))
            part = self.pixels[top : self.horizon + 1, max(0, round(x)) : round(x + wide)]
            shade = np.array(mix(wall, (0, 0, 0), self.random.uniform(0, 0.18)), np.float32)
            part[:] = shade + (np.array(self.haze) - shade) * np.linspace(0, 0.22, len(part))[:, None, None]
            rows, columns = part.shape[0] // (pane * 2) - 1, part.shape[1] // (pane * 2) - 1
            if rows > 0 and columns > 0:
                cells = np.zeros((rows, 2, columns, 2), bool)
                cells[:, 0, :, 0] = self.random.random((rows, columns)) < 0.3
                mask = cells.reshape(rows * 2, columns * 2).repeat(pane, 0).repeat(pane, 1)
                part[pane : pane + mask.shape[0], pane : pane + mask.shape[1]][mask] = window
            x += wide * self.random.uniform(0.8, 1.15)

    def ground(self) -> None:
        """Fill the lower part with land that rolls toward the viewer."""
        depth = self.height - self.horizon
        for step, place in enumerate((0.0,) if self.scene.land == "city" else (0.0, 0.25, 0.6)):
            top = self.horizon + depth * (place + 0.25 * (0.5 - self._hills()) * min(1, step))
            self._ridge(top, 0.7 + 0.15 * step, 0.2, self.height)

    def water(self) -> None:
        """Fill the lower part with water that mirrors the upper part."""
        depth, sea = self.height - self.horizon, self.scene.water == "sea"
        rows, share = np.arange(depth), np.linspace(0, 1, depth)
        wave = np.sin(rows * 0.9 + 0.0003 * rows**2) * (1 + rows / depth * 5) * self.unit / 900
        source = np.clip(self.horizon - 1 - rows * 1.05 + wave, 0, self.horizon - 1).astype(int)
        self.pixels[self.horizon :] = self.pixels[source]
        deep = mix(self.stops[0], (14, 58, 84), 0.45 if sea else 0.3)
        tint = np.broadcast_to((0.45 + 0.4 * share if sea else 0.18 + 0.3 * share)[:, None], (depth, self.width))
        self._blend(self.horizon, self.height, mix(deep, self.accent, 0.4) if self.scene.colors else deep, tint)
        # Waves: noise whose rows are compressed toward the horizon.
        values = self._noise(depth, 40, 12.0)[(share**0.45 * (depth - 1)).astype(int)]
        near_sun = np.exp(-np.abs(np.arange(self.width) - self.sun_x) / (self.unit * (0.05 + 0.1 * share[:, None])))
        self._blend(self.horizon, self.height, self.sun, np.clip((values - 0.52) * 5, 0, 1) * (0.07 + 0.6 * near_sun))
        if sea:
            self._blend(self.horizon, self.height, mix(deep, (0, 0, 0), 0.5), np.clip((0.48 - values) * 2, 0, 0.5))
            crests = np.clip((values - 0.66) * 6, 0, 0.7 if self.scene.weather == "storm" else 0.35)
            self._blend(self.horizon, self.height, mix((240, 244, 248), deep, 0.5 * self.night), crests)

    def foreground(self) -> None:
        """Draw trees or flowers at the front."""
        if self.scene.flowers and not self.scene.water:
            with Pen(self.pixels) as pen:
                for x, y, pick in self.random.random((1400, 3)):
                    color = self.scene.flowers[int(pick * len(self.scene.flowers))]
                    color = mix(
                        color, (10, 14, 30) if self.night else (255, 255, 255), 0.5 if self.night else pick * 0.18
                    )
                    foot = self.horizon + (self.height - self.horizon) * (0.12 + 0.92 * y)
                    pen.circle(x * self.width, foot, self.unit * (0.002 + 0.0075 * y * y), color)
        elif self.scene.land in ("mountains", "forest") and self.scene.season not in ("autumn", "spring"):
            side, color = (0.12 if self.random.random() < 0.5 else 0.88), mix(self.near, (0, 0, 0), 0.35)
            with Pen(self.pixels) as pen:
                for _ in range(6):
                    x = (side + float(self.random.normal(0, 0.08))) * self.width
                    _draw_conifer(pen, x, self.height * 1.02, self.height * self.random.uniform(0.24, 0.44), color)

    def weather(self) -> None:
        """Draw fog, rain or snow over everything."""
        if self.scene.weather == "fog":
            distances = (np.arange(self.height)[:, None] - self.horizon * 0.95) / (self.height * 0.28)
            band = np.exp(-(distances**2)) * 0.75
            fog = np.clip(band * (0.55 + self._noise(self.height, 3, 3.0) * 0.7), 0, 0.9)
            self._blend(0, self.height, mix(self.haze, self.stops[-1], 0.5), fog)
        elif self.scene.weather in ("rain", "storm"):
            long, wide = self.unit * 0.045, self.unit * 0.0013
            with Pen(self.pixels) as pen:
                for x, y, light in self.random.random((1400 if self.scene.weather == "storm" else 900, 3)):
                    left, top = x * self.width, y * self.height
                    points = (left, top, left + wide, top, left - long * 0.22, top + long)
                    pen.polygon(points, mix(self.haze, (226, 234, 244), 0.15 + 0.4 * light))
        elif self.scene.weather == "snow":
            with Pen(self.pixels) as pen:
                for x, y, size in self.random.random((520, 3)):
                    pen.circle(x * self.width, y * self.height, self.unit * (0.0012 + 0.004 * size), (252, 252, 255))


def _draw_conifer(pen: Pen, x: float, foot: float, tall: float, color: Color) -> None:
    for tier in range(3):
        half, low = tall * (0.21 - 0.05 * tier), foot - tall * 0.27 * tier
        pen.polygon((x - half, low, x, low - tall * 0.46, x + half, low), color)


def _draw_leafy_tree(pen: Pen, x: float, foot: float, tall: float, color: Color) -> None:
    pen.polygon((x - tall * 0.035, foot, x, foot - tall, x + tall * 0.035, foot), mix(color, (40, 26, 20), 0.7))
    for across, up, size in ((-0.16, 0.5, 0.2), (0.16, 0.52, 0.19), (0.0, 0.68, 0.25)):
        pen.circle(x + across * tall, foot - up * tall, size * tall, mix(color, (0, 0, 0), 0.1))
        pen.circle(x + (across - 0.03) * tall, foot - (up + 0.04) * tall, size * tall * 0.8, color)
