"""Draw the tree of ARCHITECTURE.md anew from the code: names from the files, words from the first line of each docstring."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOP = {
    "bench/": "benchmarks: each prints its figure as a ratio to a bare reference of the same run",
    "demo/": "a pretend shop that fills and leaves carts, and a mailbox",
    "docs/": "start, howto, explain, reference, decisions",
    "scripts/": "what the Makefile calls",
    "storefront/": "the browser side: wraca.js",
    "tests/": "sentences on a virtual clock; real databases, real processes, a real browser",
}
WIDTH = 30


def first_words(file: Path) -> str:
    """The first sentence of a module's docstring."""
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    line = told.split("\n\n")[0].replace("\n", " ")
    sentence = line.split(". ")[0].rstrip(".")
    return sentence if len(sentence) < 100 else sentence[:97].rsplit(" ", 1)[0] + " ..."


def drawn(folder: Path, depth: int) -> list[str]:
    """One line per module and package below this folder, two levels down."""
    lines = []
    for entry in sorted(folder.iterdir(), key=lambda each: (each.is_file(), each.name)):
        is_package = entry.is_dir() and (entry / "__init__.py").exists()
        if not is_package and not (entry.suffix == ".py" and entry.name != "__init__.py"):
            continue
        name = f"{entry.name}/" if is_package else entry.name
        words = first_words(entry / "__init__.py" if is_package else entry)
        lines.append(f"{'  ' * depth}{name}".ljust(WIDTH) + (f"  {words}" if words else ""))
        if is_package and depth < 3:
            lines += drawn(entry, depth + 1)
    return [line.rstrip() for line in lines]


def tree() -> str:
    """The whole block."""
    lines = [f"{name.ljust(WIDTH)}  {words}" for name, words in TOP.items() if (ROOT / name).is_dir()]
    lines += ["src/", "  wraca/", *drawn(ROOT / "src" / "wraca", 2)]
    return "```tree\n" + "\n".join(lines) + "\n```\n"


def main() -> None:
    """Write the block into the page."""
    page = ROOT / "ARCHITECTURE.md"
    head = page.read_text(encoding="utf-8").split("## The tree")[0]
    page.write_text(
        f"{head}## The tree\n\nDrawn by `python scripts/tree.py`; a test compares it with the code.\n\n{tree()}", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
