"""Runs and messages of a replay in memory, as far as they came. Mutable: they stand for rows of tables."""

import msgspec

from wraca.domain.events import Instant
from wraca.domain.ids import CartId, MessageId, PersonId, StepId
from wraca.domain.journeys.run import Given, Run, Sent
from wraca.domain.outbox import State


class Travel(msgspec.Struct, eq=False):
    """A run."""

    run: Run
    person: PersonId
    cart: CartId
    outcome: str = ""
    sent: dict[StepId, Sent] = {}
    letters: list["Letter"] = []
    offers: dict[StepId, Given] = {}
    offered: dict[StepId, CartId] = {}  # for which cart


class Letter(msgspec.Struct, eq=False):
    """A message on its way. `state` is that of the outbox; `reasons` those of its last judgement."""

    id: MessageId
    travel: Travel
    step: StepId
    channel: str
    template: str
    person: PersonId
    cart: CartId
    held_out: bool
    planned_at: Instant
    deadline: Instant
    state: State = State.PLANNED
    reasons: tuple[str, ...] = ()

    @property
    def was_sent(self) -> bool:
        """Whether it went, or would have but for the comparison."""
        return self.state is State.ACCEPTED or "holdout" in self.reasons

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.travel.run.id, self.step, self.channel)
