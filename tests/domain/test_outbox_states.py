"""The table of a message's states."""

from wraca.domain.outbox import ENDED, TRANSITIONS, WAITING, State, may_become


def test_every_state_has_its_line() -> None:
    assert set(TRANSITIONS) == set(State)


def test_nothing_is_sent_that_was_not_claimed_and_written_down_first() -> None:
    into_sending = {state for state in State if may_become(state, State.SENDING)}
    into_accepted = {state for state in State if may_become(state, State.ACCEPTED)}

    assert into_sending == {State.CLAIMED}
    assert into_accepted == {State.SENDING, State.UNCERTAIN}


def test_no_end_leads_back_to_sending() -> None:
    reached = set(ENDED)
    while more := {after for state in reached for after in TRANSITIONS[state]} - reached:
        reached |= more

    assert reached == ENDED


def test_whatever_waits_can_be_claimed_and_can_be_called_off() -> None:
    for state in WAITING:
        assert TRANSITIONS[state] == {State.CLAIMED, State.SKIPPED}
