"""Companies that send, each with its own words for the same few things."""

from collections.abc import Mapping
from typing import Final

from wraca.channels.sms.providers.anyhttp import AnyHttp
from wraca.channels.sms.providers.serwersms import SerwerSms
from wraca.channels.sms.providers.smpp import Smpp
from wraca.channels.sms.providers.smsapi import Smsapi
from wraca.channels.sms.providers.texts import Provider
from wraca.channels.sms.providers.twilio import Twilio

PROVIDERS: Final[Mapping[str, Provider]] = {each.name: each for each in (Smsapi(), SerwerSms(), Twilio(), AnyHttp(), Smpp())}
