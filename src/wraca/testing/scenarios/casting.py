"""The journey as a scenario plays it: who is held out and which way chance goes is said, not drawn."""

from collections.abc import Mapping
from typing import Any

import yaml

from wraca.domain.journeys.meaning import walk
from wraca.domain.journeys.reading import read_plan
from wraca.domain.journeys.writing import plan_to_data


class NoSuchVariant(LookupError):
    """The scenario names a split or a variant that the journey does not have; the message says which there are."""


def as_cast(text: str, variants: Mapping[str, str], *, held_out: bool = False) -> str:
    """The journey's file with everybody held out or nobody, and splits that know only one way. Raises BadPlan, NoSuchVariant."""
    content = plan_to_data(read_plan(text)) | {"holdout": "100%" if held_out else "0%"}
    splits = {str(step.get("id", "")): step["split"] for _, step in walk(content["steps"], ()) if "split" in step}
    for split, variant in variants.items():
        if split not in splits:
            raise NoSuchVariant(f"there is no split `{split}`; give it an `id` to choose its way here")
        _choose(splits[split], split, variant)
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _choose(arms: list[dict[str, Any]], split: str, variant: str) -> None:
    names = [arm.get("name", f"v{number + 1}") for number, arm in enumerate(arms)]
    if variant not in names:
        raise NoSuchVariant(f"the split `{split}` has no variant `{variant}`; it has {', '.join(names)}")
    for arm, name in zip(arms, names, strict=True):
        arm["share"] = "100%" if name == variant else "0%"
