"""The states of a message on its way out, printed as a table: no other transition exists."""

from enum import StrEnum

USEFUL_FOR = 24 * 3600 * 1000  # ms after its time in which a message is still worth sending


class State(StrEnum):
    PLANNED = "planned"  # decided, waiting for its time
    CLAIMED = "claimed"  # a worker has it, under a lease
    SENDING = "sending"  # written before the first byte goes out
    ACCEPTED = "accepted"  # the other side took it
    REJECTED = "rejected"  # the other side refused it for good, or it could not be made
    RETRY = "retry"  # nothing was handed over; waits for another try
    UNCERTAIN = "uncertain"  # it may or may not have been handed over; marketing is not sent again
    SKIPPED = "skipped"  # must not be sent, with reasons (would-have-been-sent to the held-out arm is one)
    HELD = "held"  # may not be sent yet, with reasons


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.CLAIMED, State.SKIPPED}),
    State.CLAIMED: frozenset({State.SENDING, State.SKIPPED, State.HELD, State.PLANNED}),
    State.SENDING: frozenset({State.ACCEPTED, State.REJECTED, State.RETRY, State.UNCERTAIN}),
    State.RETRY: frozenset({State.CLAIMED, State.SKIPPED}),
    State.HELD: frozenset({State.CLAIMED, State.SKIPPED}),
    State.ACCEPTED: frozenset({State.REJECTED}),  # a bounce that came back later
    State.UNCERTAIN: frozenset({State.ACCEPTED, State.REJECTED}),  # the other side answered after all
    State.REJECTED: frozenset(),
    State.SKIPPED: frozenset(),
}

ENDED = frozenset({State.ACCEPTED, State.REJECTED, State.UNCERTAIN, State.SKIPPED})
WAITING = frozenset({State.PLANNED, State.RETRY, State.HELD})


def may_become(now: State, then: State) -> bool:
    """Whether a message in state `now` may become `then`."""
    return then in TRANSITIONS[now]
