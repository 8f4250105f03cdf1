"""The shape of the code base, held by tests: file sizes, names, the drawn tree, and nothing left of anybody's own machine.

The tree in ARCHITECTURE.md stands in a fenced block that starts with ```tree. A line is: two spaces per level, one or more names
(folders end with "/"), then two or more spaces and what it is for. Names that are not there, and folders that are not drawn, fail.
"""

import re
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 400  # lines
MOST_IMPORTS = 15  # lines at the top of a module that import ours; Django and the standard library spread theirs over many
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
# Django looks for a database backend in a module of this name.
NAMED_BY_DJANGO = {"src/wraca/storage/sqlite_backend/base.py"}
# Written by a tool, not by us.
GENERATED = ("src/wraca/storage/migrations/",)
VENDORED = re.compile(r"(^|/)(vendor|vendored)/|\.min\.(js|css)$")


def tracked(*suffixes: str) -> list[str]:
    """Files of the project, by path from the root: what git knows or would take, that is there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = (path for path in listed.split("\0") if path and (ROOT / path).is_file())
    return sorted(path for path in paths if not suffixes or path.endswith(suffixes))


def ours(*suffixes: str) -> list[str]:
    return [path for path in tracked(*suffixes) if not path.startswith(GENERATED) and not VENDORED.search(path)]


def test_the_project_is_found() -> None:
    assert "src/wraca/__init__.py" in tracked(".py")


def test_no_file_of_code_is_longer_than_400_lines() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in ours(".py", ".js", ".css", ".sh")}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {path: {part.removesuffix(".py") for part in path.split("/")} for path in ours(".py") if path not in NAMED_BY_DJANGO}
    assert {path: found for path, names in parts.items() if (found := names & NAMES_THAT_SAY_NOTHING)} == {}


def test_no_class_has_a_name_that_says_nothing() -> None:
    # The capital makes it a word of its own: MailInfo says nothing, Metadata and Bootinfo are other words.
    ending = re.compile(r"^\s*class (\w*(?:Manager|Helper|Processor|Handler|Data|Info))\b")
    assert _lines_with(ending, (".py",)) == []


def test_no_module_leans_on_more_than_15_others_of_ours() -> None:
    counts = {path: _import_lines((ROOT / path).read_text()) for path in ours(".py") if path.startswith("src/")}
    assert {path: count for path, count in counts.items() if count > MOST_IMPORTS} == {}


def test_nothing_unfinished_is_shipped() -> None:
    # Put together here, so that this file does not find itself.
    marks = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error", "coming " + "soon"]))
    assert _lines_with(marks, (".py", ".js", ".html", ".liquid", ".mjml", ".yaml", ".sh")) == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    words = ["/wo" + "rk/", "/fa" + "rm/", "fa" + "rm-(studio|bench)", "sub" + "agent", "/tmp/bash_" + "jobs", "/tmp/bri" + "efs"]
    # A path stands at the start of a word: https://example.com/work/ is somebody's shop.
    assert _lines_with(re.compile(r"(?<![\w.~-])(" + "|".join(words) + ")", re.IGNORECASE), ()) == []


def test_every_private_key_and_dump_stays_out() -> None:
    assert tracked(".pem", ".key", ".db", ".sqlite3", ".sql.gz") == []
    assert _lines_with(re.compile("BEGIN (RSA |EC |OPENSSH |)PRIVATE" + " KEY"), ()) == []


def test_the_tree_in_the_architecture_is_the_tree_of_the_code() -> None:
    drawn = _drawn_tree()
    files = tracked()
    folders = {f"{parent.as_posix()}/" for file in files for parent in Path(file).parents if parent != Path()}

    assert sorted(drawn - set(files) - folders) == [], "drawn in ARCHITECTURE.md, but not there"

    packages = {f"{Path(file).parent.as_posix()}/" for file in files if file.endswith(".py")}
    must_be_drawn = {folder for folder in folders if folder.count("/") == 1 and not folder.startswith(".")}
    must_be_drawn |= {f"src/wraca/{Path(file).name}" for file in files if re.fullmatch(r"src/wraca/(?!__)\w+\.py", file)}
    must_be_drawn |= {package for package in packages if re.fullmatch(r"src/wraca/\w+/(\w+/)?", package)}
    assert sorted(must_be_drawn - drawn) == [], "there, but not drawn in ARCHITECTURE.md"


def _drawn_tree() -> set[str]:
    """The paths drawn in ARCHITECTURE.md; fails where there is no such file or no such block."""
    page = ROOT / "ARCHITECTURE.md"
    if not page.exists():
        pytest.fail("There is no ARCHITECTURE.md: it must draw the tree of the code in a block that starts with ```tree")
    block = re.search(r"^```tree\n(.*?)^```$", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    if block is None:
        pytest.fail("ARCHITECTURE.md draws no tree: it must have a fenced block that starts with ```tree")
    return _paths(block[1])


def _paths(block: str) -> set[str]:
    paths: set[str] = set()
    above: list[str] = []
    for line in filter(str.strip, block.splitlines()):
        level = (len(line) - len(line.lstrip())) // 2
        names = re.split(r"\s{2,}", line.strip())[0].split()
        del above[level:]
        paths |= {"".join(above) + name for name in names}
        above.append(names[0] if names[0].endswith("/") else "")
    # A line like "src/wraca/" draws src/ as well.
    return paths | {f"{parent.as_posix()}/" for path in paths for parent in Path(path).parents if parent != Path()}


def _import_lines(source: str) -> int:
    top = takewhile(lambda line: not re.match(r"(def|class|async|@|[A-Z_a-z]+\s*[:=])", line), source.splitlines())
    return sum(bool(re.match(r"(import|from)\s+wraca", line)) for line in top)


def _lines_with(pattern: re.Pattern[str], suffixes: tuple[str, ...]) -> list[str]:
    found = []
    for path in ours(*suffixes):
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue  # a picture
        found += [
            f"{path}:{number}: {line.strip()[:120]}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)
        ]
    return found
