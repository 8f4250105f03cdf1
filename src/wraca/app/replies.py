"""A reply to the question why is an answer too: in their own words, with the reason they chose before, if they did.

A reply counts when it names a message of ours that asked, and comes from the address of the very person who was asked. Where that
mail came back to the shop's bounce mailbox, as it does where one mailbox serves for everything, it is read there.
"""

import msgspec

from wraca.app.asking import Question, record_answer
from wraca.app.register import Register
from wraca.domain.events import Instant
from wraca.domain.ids import CartId, MessageId, PersonId, ShopId, bucket_of
from wraca.domain.journeys.plan import AskReason
from wraca.domain.people import Person
from wraca.domain.reasons import Reason
from wraca.domain.replies import read_reply
from wraca.storage.hot import answers as sql
from wraca.storage.hot.links import PERSON_OF_LINK

_MOST_READ = 1 << 20  # bytes of one mail
_person = msgspec.json.Decoder(Person)


def take_reply(register: Register, shop: ShopId, raw: bytes, now: Instant) -> bool:
    """Take this mail in, if a person answers a message of this shop's that asked why. False for everything else. Raises Busy."""
    reply = read_reply(raw[:_MOST_READ])
    if reply is None:
        return False
    bucket, message = bucket_of(shop), MessageId(reply.message)
    with register.database.read() as tx:
        rows = tx.all(sql.MESSAGE_ANSWERED, bucket=bucket, shop=shop, message=message)
        if not rows:
            return False
        person_id, cart, journey, step, version = rows[0]
        people = tx.all(PERSON_OF_LINK, bucket=bucket, shop=shop, person=person_id)
    person = _person.decode(people[0][0]) if people else None
    if person is None or person.email != reply.sender or not _asks(register, shop, journey, version, step):
        return False
    before = next((one.reason for one in reversed(person.answers) if one.message == message), "")
    reason = Reason(before) if before in set(Reason) else Reason.OTHER
    question = Question(shop, message, PersonId(person_id), CartId(cart))
    return record_answer(register, bucket, question, reason, reply.text, now, key=reply.id or reply.text)


def _asks(register: Register, shop: ShopId, journey: str, version: int, step: str) -> bool:
    """Whether this step of the journey is the question why: an answer to anything else is the shop's own correspondence."""
    places = register.plan(shop, journey, version).places.values()
    return any(isinstance(place.step, AskReason) and place.step.id == step for place in places)
