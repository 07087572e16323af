"""The images of the page's examples, as the demo server draws them.

`python -m scripts.draw_examples` reads `assets/examples.json` and writes `assets/examples/`.
"""

from __future__ import annotations

import json

from PIL import Image, ImageOps

from flux_playground.local.image_size import DefaultSize, image_size, scale_size
from flux_playground.local.renderer.render import render
from flux_playground.packaged import assets

SIZE = (480, 360)
DEFAULT_SIZE = DefaultSize(2048**2, (16, 9))


def main() -> None:
    """Draw the image of each example."""
    folder = assets() / "examples"
    folder.mkdir(exist_ok=True)
    for example in json.loads((assets() / "examples.json").read_text(encoding="utf-8")):
        settings = example["settings"]
        image, _ = render(settings, settings["seed"], scale_size(image_size(settings, DEFAULT_SIZE), 0.4))
        ImageOps.fit(image, SIZE, Image.Resampling.LANCZOS).save(folder / example["image"], quality=80)


if __name__ == "__main__":
    main()
