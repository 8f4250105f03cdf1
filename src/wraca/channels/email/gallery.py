"""Write every built-in template in every language as a file, to be looked at.

    python -m wraca.channels.email.gallery DIR

Pictures are drawn on the spot, so that the pages show without a network.
"""

import sys
from pathlib import Path
from urllib.parse import quote

from wraca.channels.email.compiled import fill
from wraca.channels.email.library import LANGUAGES, TEMPLATES
from wraca.channels.email.sample import sample_facts, sample_message

_COLOURS = ("4d7c5a", "b08d3c", "7a5c46")
_PLACE = "https://pictures.invalid/{}"
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="144" height="144"><rect width="144" height="144" fill="#{0}"/>'
    '<circle cx="72" cy="64" r="34" fill="#fff" opacity=".35"/>'
    '<rect x="44" y="92" width="56" height="30" rx="6" fill="#fff" opacity=".55"/></svg>'
)


def write_gallery(folder: Path) -> list[Path]:
    """Write the pages and an index; returns the paths of the pages."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for template in TEMPLATES:
        for language in LANGUAGES:
            facts = sample_facts(language, tuple(_PLACE.format(colour) for colour in _COLOURS))
            if template == "extra-benefit":
                facts["offer"] = {"code": "FERN-7K2Q", "text": "-10%", "expires": 1_800_000_000_000}
            if template == "how-are-you":
                facts["picks"] = facts["cart"]["lines"]
            filled = fill(sample_message(template, language, facts=facts))
            html = filled.html.replace("https://go.shop.example/o/sample", "data:,")
            for colour in _COLOURS:
                html = html.replace(_PLACE.format(colour), "data:image/svg+xml," + quote(_SVG.format(colour)))
            path = folder / f"{template}.{language}.html"
            path.write_text(html, encoding="utf-8")
            path.with_suffix(".txt").write_text(f"{filled.subject}\n\n{filled.text}", encoding="utf-8")
            pages.append(path)
    items = "".join(f'<li><a href="{page.name}">{page.stem}</a>' for page in pages)
    (folder / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Templates</title><ul>{items}</ul>", encoding="utf-8"
    )
    return pages


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m wraca.channels.email.gallery DIR")
    write_gallery(Path(sys.argv[1]))
