"""Every provider keeps the contract of a channel."""

from collections.abc import Iterator

import pytest

from tests.channels.sms.gateways import FakeSerwerSms, FakeSmsapi, FakeTwilio, Gateway
from wraca.testing.contracts.channel import ChannelContract


class TestSmsapi(ChannelContract):
    @pytest.fixture
    def stand(self) -> Iterator[Gateway]:
        with FakeSmsapi() as gateway:
            yield gateway


class TestSerwerSms(ChannelContract):
    @pytest.fixture
    def stand(self) -> Iterator[Gateway]:
        with FakeSerwerSms() as gateway:
            yield gateway


class TestTwilio(ChannelContract):
    @pytest.fixture
    def stand(self) -> Iterator[Gateway]:
        with FakeTwilio() as gateway:
            yield gateway
