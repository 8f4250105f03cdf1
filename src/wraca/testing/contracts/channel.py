"""The contract of a channel. Whoever writes one brings it here with a fake of its other side:

    class TestPigeons(ChannelContract):
        @pytest.fixture
        def stand(self) -> Iterator[Stand]:
            with PigeonLoft() as loft:
                yield loft

Every error must say truthfully what happened: what nobody knows must not look like "nothing was handed over".
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Protocol

import pytest

from wraca.ports.channel import Channel, ChannelError, Misconfigured, Outgoing, Receipt, Refused, Unavailable

Behaviour = Literal[
    "takes",  # everything
    "refuses",  # this message
    "knows_no_such_address",
    "shuts_out",  # does not accept our name and password
    "is_busy",  # comes again later
    "is_away",  # nobody listens
    "loses_answers",  # takes the message and hangs up
]

_KEYS = [f"{number:032x}" for number in range(1, 9)]


class Stand(Protocol):
    """A channel and the fake that it speaks to. `knows_keys`: the other side refuses a key that it has seen before."""

    channel: Channel
    broken: Mapping[str, object]  # settings that cannot work
    knows_keys: bool

    def message(self, key: str) -> Outgoing:
        """A message with this key and settings that work."""

    def behave(self, how: Behaviour) -> None:
        """From now on."""

    def taken(self) -> Sequence[str]:
        """Whatever really leaves, in order: one entry each."""


class ChannelContract:
    """Inherit it, bring the fixture `stand`."""

    def test_its_settings_are_described(self, stand: Stand) -> None:
        settings = stand.channel.settings
        names = [setting.name for setting in settings]
        assert names
        assert len(set(names)) == len(names)
        assert all(setting.label for setting in settings)
        assert all(setting.choices for setting in settings if setting.kind == "choice")

    def test_settings_that_work_are_accepted_and_others_are_not(self, stand: Stand) -> None:
        stand.behave("is_away")  # whatever is checked is checked without asking anybody
        stand.channel.check(stand.message(_KEYS[0]).settings)
        with pytest.raises(Misconfigured):
            stand.channel.check(stand.broken)
        with pytest.raises(Misconfigured):
            stand.channel.check({**stand.message(_KEYS[0]).settings, "no such setting": "1"})

    def test_the_same_message_is_made_the_same_way(self, stand: Stand) -> None:
        message = stand.message(_KEYS[0])
        assert stand.channel.render(message) == stand.channel.render(message)
        assert stand.channel.render(message).text

    def test_what_it_shows_is_told_of_any_template(self, stand: Stand) -> None:
        message = stand.message(_KEYS[0])
        for template in (message.template, "no-such-template"):
            assert isinstance(stand.channel.shows(template, "pl", {}), frozenset)

    def test_a_message_leaves_once(self, stand: Stand) -> None:
        stand.behave("takes")
        assert isinstance(_deliver(stand, _KEYS[0]), Receipt)
        assert len(stand.taken()) == 1

    def test_a_refusal_is_told_as_one(self, stand: Stand) -> None:
        stand.behave("refuses")
        with pytest.raises(Refused) as problem:
            _deliver(stand, _KEYS[0])
        assert not problem.value.hard
        assert problem.value.reason
        assert not stand.taken()

    def test_an_address_that_does_not_exist_is_never_tried_again(self, stand: Stand) -> None:
        stand.behave("knows_no_such_address")
        with pytest.raises(Refused) as problem:
            _deliver(stand, _KEYS[0])
        assert problem.value.hard

    def test_what_only_the_merchant_can_mend_is_told_as_that(self, stand: Stand) -> None:
        stand.behave("shuts_out")
        with pytest.raises(Misconfigured):
            _deliver(stand, _KEYS[0])
        assert not stand.taken()

    def test_who_is_busy_is_asked_again_and_nothing_is_doubled(self, stand: Stand) -> None:
        stand.behave("is_busy")
        with pytest.raises(Unavailable) as problem:
            _deliver(stand, _KEYS[0])
        assert problem.value.retry_after > 0
        stand.behave("takes")
        _deliver(stand, _KEYS[0])
        assert len(stand.taken()) == 1

    def test_nobody_there_means_nothing_was_handed_over(self, stand: Stand) -> None:
        stand.behave("is_away")
        with pytest.raises(Unavailable):
            _deliver(stand, _KEYS[0])
        assert not stand.taken()

    def test_an_answer_that_was_lost_never_doubles_a_message(self, stand: Stand) -> None:
        stand.behave("loses_answers")
        with pytest.raises(Exception) as problem:  # noqa: PT011  (which one is what this asks)
            _deliver(stand, _KEYS[0])
        if isinstance(problem.value, ChannelError):
            # Only who is known to refuse a second one may be asked to try again.
            assert isinstance(problem.value, Unavailable)
            assert stand.knows_keys
            stand.behave("takes")
            _deliver(stand, _KEYS[0])
        assert len(stand.taken()) == 1

    def test_no_error_quotes_an_address_or_a_secret(self, stand: Stand) -> None:
        message = stand.message(_KEYS[0])
        secrets = {setting.name for setting in stand.channel.settings if setting.kind == "secret"}
        hidden = [str(value) for name, value in message.settings.items() if name in secrets and value]
        for how in ("refuses", "knows_no_such_address", "shuts_out", "is_busy", "is_away"):
            stand.behave(how)
            with pytest.raises(ChannelError) as problem:
                _deliver(stand, _KEYS[1])
            assert not [word for word in (message.recipient.address, *hidden) if word in str(problem.value)]

    def test_several_threads_may_use_it_at_once(self, stand: Stand) -> None:
        stand.behave("takes")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda key: _deliver(stand, key), _KEYS))
        assert len(stand.taken()) == len(_KEYS)

    def test_it_can_be_closed_twice(self, stand: Stand) -> None:
        stand.channel.close()
        stand.channel.close()


def _deliver(stand: Stand, key: str) -> Receipt:
    message = stand.message(key)
    return stand.channel.deliver(message, stand.channel.render(message))
