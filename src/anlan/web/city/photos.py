"""Photos for the invented city: a drawn stairwell with boxes, the same for the same number. No real picture is used."""

import io
import random

from PIL import Image, ImageDraw

SIZE = (960, 720)


def stairwell(number: int) -> bytes:
    """Return a JPEG of a corridor with boxes in the way, drawn from a number."""
    dice = random.Random(number)  # noqa: S311 - draws a picture
    light = dice.randint(190, 225)
    image = Image.new("RGB", SIZE, (light, light - 6, light - 20))
    draw, (wide, high) = ImageDraw.Draw(image), SIZE
    left, right, floor = dice.randint(120, 300), dice.randint(640, 840), dice.randint(430, 520)
    draw.polygon([(0, high), (left, floor), (right, floor), (wide, high)], fill=(120, 116, 108))
    draw.rectangle((left, dice.randint(80, 160), right, floor), fill=(light - 30, light - 34, light - 44))
    for _box in range(dice.randint(4, 9)):
        x, size = dice.randint(left - 100, right), dice.randint(70, 190)
        y, brown = floor + dice.randint(20, 160), dice.randint(90, 170)
        draw.rectangle((x, y - size, x + size, y), fill=(brown + 30, brown, brown - 50), outline=(70, 54, 36), width=3)
        draw.line((x, y - size // 2, x + size, y - size // 2), fill=(205, 190, 150), width=8)
    made = io.BytesIO()
    image.save(made, "JPEG", quality=82)
    return made.getvalue()
