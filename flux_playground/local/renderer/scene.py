"""Reads a prompt as a landscape: hour, weather, season, land, water, flowers and color words."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import numpy as np

Color = tuple[int, int, int]

MAX_READ_CHARACTERS = 10_000  # of a prompt
WORDS = """
hour dawn: dawn sunrise morning daybreak early
hour day: day noon midday sunny daylight summer
hour golden: golden afternoon warm
hour sunset: sunset sundown evening
hour dusk: dusk twilight
hour night: night midnight moon moonlit stars starry dark neon aurora
weather cloudy: cloud clouds cloudy overcast grey gray
weather rain: rain rainy raining drizzle wet
weather storm: storm stormy thunder thunderstorm tempest
weather snow: snow snowy snowing blizzard
weather fog: fog foggy mist misty haze hazy smoke
weather clear: clear cloudless
season autumn: autumn fall autumnal october november maple
season spring: spring cherry blossom blossoms sakura
season winter: winter snow snowy snowing blizzard ice icy frozen arctic christmas
land mountains: mountain mountains alps peak peaks cliff cliffs valley rocky summit canyon fjord castle dragon
land hills: hill hills countryside farm vineyard village house cottage rural road meadow field fields garden
land desert: desert dune dunes sahara sand cactus pyramid mars
land city: city town skyline street skyscraper skyscrapers downtown urban tokyo york london paris berlin building
land city: buildings tower cyberpunk futuristic architecture car
land forest: forest woods wood tree trees pine pines jungle fir birch bear fox wolf deer
water sea: sea ocean beach coast shore island wave waves harbor harbour ship lighthouse whale sailing
water lake: lake river pond reflection reflections water lagoon bay waterfall fish boat
flowers orange: flower flowers meadow tulips blossoms
flowers red: poppy poppies
flowers yellow: sunflower sunflowers
flowers pink: rose roses
"""
COLORS = """
    red d63c38  crimson b41e3c  orange f08c32  amber ffb43c  yellow fad650  gold e2b450  green 46a05a
    emerald 1e966e  teal 1e9696  turquoise 3cbebe  cyan 50c8dc  blue 3c6ed2  indigo 4646aa
    purple 8250b4  violet 965ac8  lavender aa96dc  pink f08caa  magenta dc46a0  brown 825a3c
    black 1e1e24  white f0f0ec
"""
UPSAMPLED_DETAILS = (
    "in the golden light of late afternoon, calm and spacious, layered depth, fine grain",
    "at dusk with the first lamps lit, full of small details, a wide view with a low horizon",
)


def seeded_random(*keys: object) -> np.random.Generator:
    """Return a random generator; equal keys give equal numbers on one machine."""
    digest = hashlib.sha256("\0".join(map(str, keys)).encode("utf-8", "backslashreplace")).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def hex_color(text: str) -> Color:
    """Return the color of six hexadecimal digits."""
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:6], 16)


@dataclass(frozen=True)
class Scene:
    """What to render, from the prompt or at random from prompt and seed; "" and () are absent."""

    hour: str
    weather: str
    season: str
    land: str
    water: str
    flowers: tuple[Color, ...]
    colors: tuple[Color, ...]


def parse_prompt(prompt: str, seed: int) -> Scene:
    """Return the scene that a prompt describes; what the prompt leaves open depends on prompt and seed."""
    words = re.findall(r"[^\W_]+", prompt[:MAX_READ_CHARACTERS].lower())
    random = seeded_random("scene", *words, seed)
    lines = [re.split("[ :]+", line) for line in WORDS.strip().splitlines()]
    found: dict[str, list[str]] = {part: [] for part, *_ in lines}
    for word in words:
        for part, value, *names in lines:
            found[part] += [value] if word in names else []
    palette = dict(zip(COLORS.split()[::2], map(hex_color, COLORS.split()[1::2]), strict=True))
    colors = tuple(palette[word] for word in dict.fromkeys(words) if word in palette)[:3]
    land, water = (found[part][0] if found[part] else "" for part in ("land", "water"))
    if not land and not water:
        land, water = str(random.choice(("mountains", "hills", "forest"))), str(random.choice(("", "lake")))
    return Scene(
        hour=found["hour"][-1] if found["hour"] else str(random.choice(("dawn", "day", "golden", "sunset", "dusk"))),
        weather=found["weather"][-1] if found["weather"] else str(random.choice(("clear", "clear", "cloudy"))),
        season=found["season"][-1] if found["season"] else "",
        land=land or ("sea" if water == "sea" else "hills"),
        water=water,
        flowers=(colors[1:] or colors or (palette[found["flowers"][-1]],)) if found["flowers"] else (),
        colors=colors,
    )


def upsample_prompt(prompt: str, seed: int) -> str:
    """Return a longer prompt, as prompt upsampling does; the same prompt and seed give the same text."""
    subject = prompt.strip().rstrip(".,;") or "A lake between mountains"
    return f"{subject}, {seeded_random('upsampling', prompt, seed).choice(UPSAMPLED_DETAILS)}."
