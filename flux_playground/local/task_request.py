"""A valid request as the local server works with it: with defaults, and with its images found and measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..schema import Operation
from ..schema.image_places import Loc, map_images
from .endpoint_behavior import endpoint_behavior
from .image_size import Size, image_size
from .renderer.input_images import image_at, measure_image


@dataclass(frozen=True)
class TaskRequest:
    """A request with the places of its images; `image_sizes` are those of the readable ones, in their order."""

    operation: Operation
    values: Mapping[str, Any]
    image_places: tuple[Loc, ...] = ()
    image_sizes: tuple[Size, ...] = ()

    @property
    def size(self) -> Size:
        """Width and height of the image to make."""
        return image_size(self.values, endpoint_behavior(self.operation.path).default_size, self.image_sizes)


def read_task_request(operation: Operation, body: Mapping[str, Any]) -> TaskRequest:
    """Return the request of a valid body; fields that the operation does not have are dropped."""
    values: dict[str, Any] = {}
    places: list[Loc] = []
    for field in operation.fields:
        value = body.get(field.name)
        value = field.default if value is None else value
        if value is not None:
            values[field.name] = value
        if field.media and value:
            map_images(field.name, field.schema, value, lambda _, loc, image: places.extend([loc] if image else []))
    sizes = (measure_image(image_at(values, place)) for place in places)
    return TaskRequest(operation, values, tuple(places), tuple(size for size in sizes if size))
