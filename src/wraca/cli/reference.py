"""The reference of commands and settings, written from the code: `python -m wraca.cli.reference` in the source tree.

A test compares what is in docs/reference with this, so that neither can change without the other.
"""

import re
from pathlib import Path

import msgspec

from wraca.cli.application import app
from wraca.settings import MEANING, Settings

_SELF = "wraca.cli.reference"
DIRECTORY = Path(__file__).parents[3] / "docs" / "reference"

_COMMANDS = """\
# Commands

Written by `python -m wraca.cli.reference`; change the docstrings, not this page.

`wraca COMMAND --help` says the same. Exit status: 0 done, 1 could not be done (the text says what to do), 2 asked for wrongly.
With `--json` a command prints one JSON document on standard output and nothing else; problems go to standard error. SHOP is the id,
the name or the domain of a shop. All commands read the [settings](settings.md).

"""
_SETTINGS = """\
# Settings

Written by `python -m wraca.cli.reference`; change `wraca/settings.py`, not this page.

Environment variables, read once when a process starts. Everything else (shops, senders, journeys) is set in the console or by
[commands](commands.md).

| Variable | Default | Meaning |
|---|---|---|
"""
_SWITCH = re.compile(r"`(--[\w-]+), --no-[\w-]+`(?=.*default: False)")
_JSON = re.compile(r"\* `--json`: \*\[default: False\]\*")


def commands() -> str:
    """docs/reference/commands.md."""
    told = app.generate_docs(output_format="markdown", usage_name="wraca")
    # Run as a module, the usage lines would name this module.
    told = told[told.index("## wraca ") :].replace(f" -m {_SELF}", "")
    told = re.sub(r"\n {2,}", " ", told)  # a description that goes over several lines
    told = _SWITCH.sub(r"`\1`", told)
    told = _JSON.sub("* `--json`: one JSON document instead of a table.", told)
    told = told.replace("*[default: False]*", "").replace('*[default: ""]*', "")
    return _COMMANDS + "\n".join(line.rstrip() for line in told.strip().splitlines()) + "\n"


def settings() -> str:
    """docs/reference/settings.md."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    rows = [f"| `WRACA_{name.upper()}` | {_default(defaults[name])} | {meaning} |" for name, meaning in MEANING.items()]
    return _SETTINGS + "\n".join(rows) + "\n"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "`1`" if value else "off"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value != "" else "none"


PAGES = {"commands.md": commands, "settings.md": settings}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (DIRECTORY / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
