"""Codes come in by file and are counted."""

from pathlib import Path

from tests.cli.conftest import Command


def test_codes_of_a_file_go_into_a_pool_once(wraca: Command, tmp_path: Path) -> None:
    assert wraca("shop", "create", "Kawa", "--domain", "kawa.example").status == 0
    file = tmp_path / "codes.csv"
    file.write_text("code,value\nA1,10\nB2,10\na1,10\nno code,10\n", encoding="utf-8")

    said = wraca("offer", "codes", "Kawa", "autumn", str(file), "--json")

    assert said.status == 0, said.err
    assert {name: said.json[name] for name in ("added", "doubles", "bad_lines")} == {"added": 2, "doubles": 1, "bad_lines": 1}
    assert wraca("offer", "codes", "Kawa", "autumn", str(file), "--json").json["added"] == 0
    shown = wraca("offer", "show", "Kawa", "--json").json
    assert shown == [{"pool": "autumn", "free": 2, "given": 0, "used": 0, "missed": 0}]


def test_a_pool_or_a_file_that_cannot_be_used_is_told(wraca: Command, tmp_path: Path) -> None:
    wraca("shop", "create", "Kawa", "--domain", "kawa.example")
    file = tmp_path / "codes.csv"
    file.write_text("A1\n", encoding="utf-8")
    said = wraca("offer", "codes", "Kawa", "Autumn Sale", str(file))
    assert (said.status, "small letters" in said.err) == (1, True)
    said = wraca("offer", "codes", "Kawa", "autumn", str(tmp_path / "none.csv"))
    assert (said.status, "cannot be read" in said.err) == (1, True)
