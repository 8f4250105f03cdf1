"""Write every built-in template in every language as a file, to be looked at.

    python -m wraca.channels.email.gallery DIR [--only TEMPLATE] [--language pl] [--name Marek] [--gender m] [--bare]

`--bare` shows what is left without a name, prices, pictures and an offer. Pictures are drawn on the spot, so that the pages show
without a network.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wraca.channels.email.blocks import Button
from wraca.channels.email.compiled import fill
from wraca.channels.email.library import LANGUAGES, TEMPLATES, built_in
from wraca.channels.email.sample import barest_facts, full_facts, sample_message

_COLOURS = ("4d7c5a", "b08d3c", "7a5c46")
_PLACE = "https://pictures.invalid/{}"
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="144" height="144"><rect width="144" height="144" fill="#{0}"/>'
    '<circle cx="72" cy="64" r="34" fill="#fff" opacity=".35"/>'
    '<rect x="44" y="92" width="56" height="30" rx="6" fill="#fff" opacity=".55"/></svg>'
)


def write_gallery(
    folder: Path,
    templates: Sequence[str] = TEMPLATES,
    languages: Sequence[str] = LANGUAGES,
    person: dict[str, str] | None = None,
    *,
    bare: bool = False,
) -> list[Path]:
    """Write the pages and an index; returns the paths of the pages. `person`: `first_name`, `gender` in place of the sample's."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for template in templates:
        for language in languages:
            facts = _facts(template, language, bare=bare)
            facts["person"] = facts["person"] | (person or {})
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


def _facts(template: str, language: str, *, bare: bool) -> dict[str, Any]:
    facts = barest_facts(language) if bare else full_facts(language, tuple(_PLACE.format(colour) for colour in _COLOURS))
    # What has no button to the cart is about products that somebody looked at, or about nothing in particular.
    if not any(isinstance(block, Button) and block.to == "cart" for block in built_in(template, language).blocks):
        facts["about"] = {"kind": "browse"}
        lines = [{name: told for name, told in line.items() if name != "quantity"} for line in facts["cart"]["lines"]]
        facts["cart"] = facts["cart"] | {"lines": lines, "total": None}
    return facts


def main(said: Sequence[str] | None = None) -> None:
    """Read the command line and write the pages."""
    parser = argparse.ArgumentParser(
        prog="python -m wraca.channels.email.gallery", description="Write the built-in templates as pages."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=TEMPLATES)
    parser.add_argument("--language", choices=LANGUAGES)
    parser.add_argument("--name")
    parser.add_argument("--gender", choices=("f", "m"))
    parser.add_argument("--bare", action="store_true")
    wanted = parser.parse_args(said)
    person = {"first_name": wanted.name, "gender": wanted.gender}
    write_gallery(
        wanted.folder,
        [wanted.only] if wanted.only else TEMPLATES,
        [wanted.language] if wanted.language else LANGUAGES,
        {name: told for name, told in person.items() if told},
        bare=wanted.bare,
    )


if __name__ == "__main__":
    main()
