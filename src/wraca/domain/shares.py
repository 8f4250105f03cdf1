"""How sure a share is: part of a group, with the interval that it says, and when the group is too small to say anything."""

from math import sqrt

import msgspec

FEWEST = 10  # of fewer people nothing is told but that they are few (trust M41)
_Z = 1.959964  # of 95 %


class Share(msgspec.Struct, frozen=True):
    """`people` of a group of `of`. The bounds are those of Wilson's 95 % interval: never below 0, never above 1."""

    people: int
    of: int

    @property
    def is_told(self) -> bool:
        return self.people >= FEWEST

    @property
    def portion(self) -> float:
        return self.people / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        return self._bounds()[0]

    @property
    def high(self) -> float:
        return self._bounds()[1]

    def _bounds(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        portion, squared = self.portion, _Z * _Z / self.of
        middle = portion + squared / 2
        reach = _Z * sqrt(portion * (1 - portion) / self.of + squared / (4 * self.of))
        return max(0.0, (middle - reach) / (1 + squared)), min(1.0, (middle + reach) / (1 + squared))
