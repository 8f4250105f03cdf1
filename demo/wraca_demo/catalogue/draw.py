# /// script
# dependencies = ["pillow>=11"]
# ///
"""Draw the product pictures: flat illustrations, 480 x 480 PNG, below 20 kB each.

Run by hand: `uv run demo/wraca_demo/catalogue/draw.py`.

Pillow is needed only here; the pictures are committed.
"""

import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

SIZE = 480
FINE = 4  # drawn larger, then scaled down: Pillow's shapes have no smooth edges of their own
HERE = Path(__file__).parent

Point = tuple[float, float]
INK = "#2b2d42"
PAPER = "#fffdf8"


class Sheet:
    """A square to draw on, in units of the finished picture."""

    def __init__(self, ground: str, glow: str) -> None:
        self.image = Image.new("RGB", (SIZE * FINE, SIZE * FINE), ground)
        self.pen = ImageDraw.Draw(self.image)
        self.disc(240, 236, 190, glow)

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        self.oval(x - radius, y - radius, x + radius, y + radius, fill)

    def oval(self, left: float, top: float, right: float, bottom: float, fill: str) -> None:
        self.pen.ellipse([value * FINE for value in (left, top, right, bottom)], fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: str, corner: float = 0) -> None:
        self.pen.rounded_rectangle([value * FINE for value in (left, top, right, bottom)], corner * FINE, fill=fill)

    def shape(self, points: list[Point], fill: str) -> None:
        """A closed smooth curve through the points."""
        self.pen.polygon([(x * FINE, y * FINE) for x, y in smooth(points)], fill=fill)

    def flat(self, points: list[Point], fill: str) -> None:
        self.pen.polygon([(x * FINE, y * FINE) for x, y in points], fill=fill)

    def stroke(self, points: list[Point], fill: str, width: float) -> None:
        self.pen.line([(x * FINE, y * FINE) for x, y in points], fill=fill, width=int(width * FINE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, fill)

    def shadow(self, half: float, y: float, fill: str) -> None:
        self.oval(240 - half, y - 9, 240 + half, y + 9, fill)

    def save(self, name: str) -> None:
        small = self.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        small.quantize(96, dither=Image.Dither.NONE).save(HERE / "pictures" / f"{name}.png", optimize=True)


def smooth(points: list[Point]) -> list[Point]:
    """A closed Catmull-Rom curve through the points."""
    curve: list[Point] = []
    count = len(points)
    for i in range(count):
        a, b, c, d = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        for step in range(16):
            t = step / 16
            curve.append(
                tuple(  # type: ignore[arg-type]
                    0.5
                    * (
                        2 * b[k]
                        + (c[k] - a[k]) * t
                        + (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * t**2
                        + (3 * b[k] - a[k] - 3 * c[k] + d[k]) * t**3
                    )
                    for k in (0, 1)
                )
            )
    return curve


def mirrored(half: list[Point]) -> list[Point]:
    """The right half of an outline, top to bottom, with its left half."""
    return half + [(480 - x, y) for x, y in reversed(half)]


def shoe(sheet: Sheet, main: str, shade: str, accent: str, sole: str) -> None:
    sheet.shadow(170, 352, shade)
    sheet.box(78, 312, 408, 350, sole, 19)
    upper: list[Point] = [(96, 318), (92, 230), (106, 176), (150, 168), (196, 186), (246, 232), (320, 258), (384, 276), (402, 318)]
    sheet.flat([(96, 318), *smooth(upper)[16:112], (402, 318)], main)
    sheet.shape([(104, 178), (148, 166), (196, 186), (170, 196), (128, 196)], accent)
    sheet.flat([(96, 316), (94, 250), (140, 262), (150, 316)], accent)
    for i in range(4):
        x, y = 206 + i * 26, 206 + i * 15
        sheet.stroke([(x, y + 6), (x + 24, y - 14)], PAPER if main != PAPER else accent, 8)
    sheet.stroke([(190, 306), (250, 280), (300, 300)], accent, 9)
    sheet.box(78, 330, 408, 337, accent, 3)


def shirt_outline(sleeve: float) -> list[Point]:
    return mirrored([(276, 104), (328, 122), (364 + sleeve, 212), (318 + sleeve / 2, 240), (316, 222), (316, 374)])


def tee(sheet: Sheet, main: str, shade: str, accent: str, motif: str) -> None:
    sheet.shadow(110, 386, shade)
    sheet.flat(shirt_outline(20), main)
    sheet.oval(200, 78, 280, 134, shade)
    sheet.oval(207, 74, 273, 124, accent)
    MOTIFS[motif](sheet, accent)


def letters(sheet: Sheet, accent: str) -> None:
    for row, widths in enumerate(((30, 18, 40), (46, 22, 16), (18, 30, 34))):
        x = 188.0
        for width in widths:
            sheet.box(x, 196 + row * 30, x + width, 208 + row * 30, accent, 6)
            x += width + 10
    sheet.box(188, 286, 206, 306, accent, 2)


def number(sheet: Sheet, accent: str) -> None:
    sheet.box(164, 166, 316, 182, accent)
    sheet.stroke([(206, 236), (228, 216), (228, 306)], accent, 16)
    sheet.stroke([(262, 224), (290, 224), (262, 306)], accent, 16)


def polygons(sheet: Sheet, accent: str) -> None:
    centre = (240.0, 252.0)
    rim = [(240 + 66 * math.cos(math.tau * i / 6 - 0.5), 252 + 66 * math.sin(math.tau * i / 6 - 0.5)) for i in range(6)]
    for i, colour in enumerate((accent, PAPER, "#f2b5a7", accent, "#8fd3c8", PAPER)):
        sheet.flat([centre, rim[i], rim[(i + 1) % 6]], colour)


def cubes(sheet: Sheet, accent: str) -> None:
    for x, y, r in ((240, 300, 30), (206, 250, 24), (276, 244, 24), (236, 204, 18), (280, 192, 13), (196, 196, 13)):
        sheet.flat([(x, y - r), (x + r * 0.9, y - r / 2), (x, y), (x - r * 0.9, y - r / 2)], PAPER)
        sheet.flat([(x, y), (x + r * 0.9, y - r / 2), (x + r * 0.9, y + r / 2), (x, y + r)], accent)
        sheet.flat([(x, y), (x - r * 0.9, y - r / 2), (x - r * 0.9, y + r / 2), (x, y + r)], "#f2b5a7")


def collar(sheet: Sheet, accent: str) -> None:
    sheet.box(230, 118, 250, 212, accent, 4)
    for y in (146, 172, 198):
        sheet.disc(240, y, 4, INK)
    sheet.flat([(204, 96), (240, 134), (206, 158), (186, 108)], accent)
    sheet.flat([(276, 96), (240, 134), (274, 158), (294, 108)], accent)


MOTIFS: dict[str, Callable[[Sheet, str], None]] = {
    "letters": letters,
    "number": number,
    "polygons": polygons,
    "cubes": cubes,
    "collar": collar,
}


def hoodie(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    sheet.shadow(130, 396, shade)
    sheet.flat(mirrored([(282, 130), (334, 150), (386, 348), (346, 360), (316, 262), (318, 384)]), main)
    sheet.shape(mirrored([(240, 70), (292, 92), (304, 140), (272, 176)]), main)
    sheet.shape(mirrored([(240, 92), (272, 108), (276, 138), (250, 164)]), shade)
    sheet.flat(mirrored([(282, 284), (304, 346)]), shade)
    sheet.box(162, 366, 318, 388, shade, 6)
    for x in (222, 258):
        sheet.stroke([(x, 168), (x, 226)], accent, 6)
        sheet.box(x - 4, 222, x + 4, 240, accent, 3)


def beanie(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    sheet.shadow(130, 352, shade)
    sheet.disc(240, 116, 32, accent)
    sheet.shape(mirrored([(240, 134), (318, 176), (348, 280), (240, 316)]), main)
    for x in (170, 205, 240, 275, 310):
        sheet.stroke([(240 + (x - 240) * 0.5, 160), (x, 276)], shade, 4)
    sheet.box(120, 266, 360, 342, accent, 22)
    for x in range(142, 350, 24):
        sheet.stroke([(x, 280), (x, 328)], shade, 4)


def scarf(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    sheet.shadow(120, 372, shade)
    sheet.shape(mirrored([(240, 116), (336, 148), (356, 250), (330, 350), (240, 366)]), main)
    sheet.oval(150, 108, 330, 196, shade)
    sheet.oval(168, 122, 312, 184, INK)
    for y in (232, 270, 308):
        sheet.stroke([(132, y), (190, y + 18), (290, y + 18), (348, y)], accent, 9)


def glasses(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    sheet.shadow(150, 330, shade)
    sheet.stroke([(98, 204), (140, 196), (340, 196), (382, 204)], main, 16)
    for left in (90, 256):
        sheet.box(left, 192, left + 134, 300, main, 46)
        sheet.box(left + 13, 205, left + 121, 287, accent, 36)
        sheet.flat([(left + 34, 278), (left + 76, 212), (left + 94, 212), (left + 54, 278)], shade)
    sheet.stroke([(218, 226), (240, 216), (262, 226)], main, 13)


def mug(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    sheet.shadow(140, 372, shade)
    sheet.oval(278, 182, 392, 320, main)
    sheet.oval(304, 208, 366, 294, shade)
    sheet.box(122, 148, 322, 370, main, 34)
    sheet.oval(122, 128, 322, 172, shade)
    sheet.oval(134, 136, 310, 166, "#4a2c20")
    sheet.box(122, 248, 322, 284, accent)
    for x in (180, 222, 264):
        sheet.stroke([(x, 112), (x + 10, 98), (x - 4, 80), (x + 6, 64)], PAPER, 8)


def cushion(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    outline: list[Point] = [(104, 108), (240, 124), (376, 108), (360, 240), (376, 372), (240, 356), (104, 372), (120, 240)]
    sheet.shadow(140, 376, shade)
    sheet.shape(outline, main)
    if accent == PAPER:
        sheet.shape([(190, 316), (196, 236), (226, 176), (272, 166), (290, 198), (268, 240), (262, 300), (226, 340)], PAPER)
        sheet.shape([(272, 176), (312, 188), (304, 220), (284, 204)], "#f2b45a")
        sheet.shape([(214, 176), (206, 138), (236, 156), (246, 130), (262, 168)], "#ffe9a8")
        sheet.disc(266, 188, 6, INK)
        sheet.stroke([(212, 250), (226, 286), (248, 300)], shade, 6)
        return
    for x in (160, 200, 240, 280, 320):
        sheet.stroke([(x, 146), (x, 334)], accent, 12)


def bottle(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    sheet.shadow(86, 408, shade)
    sheet.box(212, 70, 268, 104, accent, 8)
    sheet.flat([(216, 104), (264, 104), (266, 136), (214, 136)], PAPER)
    sheet.shape(mirrored([(262, 130), (306, 190), (312, 300), (306, 396), (240, 404)]), main)
    sheet.box(170, 226, 310, 330, PAPER, 10)
    sheet.disc(240, 278, 36, main)
    sheet.shape([(244, 246), (262, 226), (282, 230), (270, 250)], accent)
    sheet.stroke([(190, 190), (186, 214)], PAPER, 8)


def card(sheet: Sheet, main: str, shade: str, accent: str) -> None:
    sheet.shadow(160, 362, shade)
    sheet.flat([(90, 166), (366, 124), (396, 316), (120, 358)], shade)
    sheet.box(92, 150, 388, 336, main, 20)
    sheet.box(222, 150, 246, 336, accent)
    sheet.box(92, 218, 388, 242, accent)
    sheet.shape([(234, 230), (186, 182), (166, 212), (186, 236)], accent)
    sheet.shape([(234, 230), (282, 182), (302, 212), (282, 236)], accent)
    sheet.disc(234, 230, 15, PAPER)


# name: (ground, glow, what, its colours)
PICTURES: dict[str, tuple[str, str, Callable[..., None], tuple[str, ...]]] = {
    "white-plimsolls": ("#cfe3f1", "#e2eff8", shoe, (PAPER, "#a9c5d8", "#d4dbe2", "#f1ede4")),
    "blue-plimsolls": ("#fbe3c6", "#fdeedd", shoe, ("#3c74c4", "#dfbe95", "#22529b", PAPER)),
    "dash-force": ("#d5eee4", "#e6f6ef", shoe, ("#e4572e", "#a9d2c1", "#a83312", PAPER)),
    "balance-trail-720": ("#efe3f4", "#f7effa", shoe, ("#3f7d5a", "#cdb7d6", "#f2b43f", "#35353f")),
    "grey-hoodie": ("#f9dfd4", "#fceee7", hoodie, ("#9aa3ad", "#7d8791", PAPER)),
    "blue-hoodie": ("#fdeec2", "#fef6dd", hoodie, ("#3967b0", "#2a4f8c", "#f2c14e")),
    "white-hoodie": ("#c5dcd3", "#d9eae3", hoodie, (PAPER, "#d6d3c8", "#e4572e")),
    "ascii-tee": ("#dbe0f7", "#eaedfb", tee, ("#23283d", "#8f97bd", "#79e0a4", "letters")),
    "team-shirt": ("#fbe0dd", "#fdeeec", tee, ("#c8323f", "#9b2430", PAPER, "number")),
    "darko-polo": ("#e3ebd3", "#eff4e5", tee, ("#2f3b35", "#1f2823", "#56695f", "collar")),
    "blue-polygon-shirt": ("#fbe7cf", "#fdf2e4", tee, ("#3b82c4", "#2b669c", "#f2c14e", "polygons")),
    "dark-polygon-tee": ("#d8e8ec", "#e7f2f5", tee, ("#31324d", "#20213a", "#e4727c", "polygons")),
    "reversed-monotype-tee": ("#f4dbe6", "#faecf2", tee, (PAPER, "#d3cdc2", "#23283d", "letters")),
    "cubes-fountain-tee": ("#d9f0ee", "#e9f8f6", tee, ("#6b4fa3", "#4f3880", "#f2c14e", "cubes")),
    "pirates-beanie": ("#f7e6c4", "#fbf2de", beanie, ("#24303f", "#3f5066", "#d64545")),
    "tactical-neck-warmer": ("#e6dff3", "#f1edf9", scarf, ("#7a8f5a", "#5c6e42", "#c9d6a8")),
    "dry-sunglasses": ("#ffe2a8", "#fff0cf", glasses, ("#24262f", "#6b7a8c", "#3d4a5c")),
    "monokai-dimmed-sunnies": ("#dcdce8", "#ebebf3", glasses, ("#a64b6c", "#e8a0b9", "#7fb069")),
    "mighty-mug": ("#d6e4dc", "#e6f0ea", mug, ("#d96c47", "#a84c2c", "#f5dfc1")),
    "the-dash-cushion": ("#f5e1d3", "#faefe7", cushion, ("#4c8c97", "#38707a", "#a9d6dc")),
    "white-parrot-cushion": ("#f7e3ea", "#fbf0f4", cushion, ("#1f5c4a", "#164436", PAPER)),
    "apple-juice": ("#f9e2d2", "#fcf0e7", bottle, ("#e3b23c", "#d1b18f", "#c8323f")),
    "bean-juice": ("#f3e9d7", "#f9f4ea", bottle, ("#7fae5b", "#c9bda4", "#48703a")),
    "banana-juice": ("#dcebf5", "#ebf4fa", bottle, ("#f5d55c", "#afc8d9", "#8a5a2b")),
    "carrot-juice": ("#e0efd9", "#eff7eb", bottle, ("#ee8434", "#b5cfa9", "#3f8f4f")),
    "gift-card": ("#fde0d9", "#feeeea", card, ("#a3324a", "#e0aea3", "#f2c14e")),
    "gift-card-50": ("#dfe6f7", "#eef2fb", card, ("#2f5d8a", "#aab9d9", "#f2a0a0")),
}


def main() -> None:
    """Draw them all."""
    for name, (ground, glow, what, colours) in PICTURES.items():
        sheet = Sheet(ground, glow)
        what(sheet, *colours)
        sheet.save(name)


if __name__ == "__main__":
    main()
