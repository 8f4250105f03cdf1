"""SQL of the answers to the question for the reason: one per message, the newest word counts."""

from wraca.storage.statement import Statement

# Whoever answers the same message again has changed their mind: only what they said last is counted.
DROP_OLDER = Statement(
    "drop_older_answers",
    """delete from answer where bucket = :bucket and exists
       (select 1 from {rows} where answer.shop_id = r.shop and answer.person_id = r.person and answer.message_id = r.message
        and answer.at <= r.at)""",
    "shop id, person id, message id, at int",
)

# A word that comes late does not replace the one that was said after it.
ADD_ANSWERS = Statement(
    "add_answers",
    """insert into answer (bucket, shop_id, id, person_id, cart_id, message_id, journey, at, reason, text)
       select :bucket, r.shop, r.id, r.person, r.cart, r.message, r.journey, r.at, r.reason, r.text from {rows}
       where not exists (select 1 from answer a where a.bucket = :bucket and a.shop_id = r.shop and a.person_id = r.person
                         and a.message_id = r.message and a.at > r.at)
       on conflict (bucket, shop_id, id) do nothing""",
    "shop id, id id, person id, cart id, message id, journey text, at int, reason text, text text",
)

JOURNEY_OF_MESSAGE = Statement(
    "journey_of_message",
    "select o.journey from outbox o where o.bucket = :bucket and o.shop_id = :shop and o.id = :message",
)

# A message that went out, and the step of the journey that sent it.
MESSAGE_ANSWERED = Statement(
    "message_answered",
    """select o.person_id, o.cart_id, o.journey, o.step, u.version from outbox o
       join run u on u.bucket = :bucket and u.shop_id = o.shop_id and u.id = o.run_id
       where o.bucket = :bucket and o.shop_id = :shop and o.id = :message and o.state in ('accepted', 'uncertain', 'rejected')""",
)

KEYS_OF_PERSON = Statement(
    "keys_of_person",
    "select i.key from identity i where i.bucket = :bucket and i.shop_id = :shop and i.person_id = :person order by i.key",
)

# Who chose an answer and pressed the button was a person, and so was the click that led there. What was judged a machine stays one.
PROVE_ASKED = Statement(
    "prove_asked",
    """update hit set verdict = 'human', reason = 'landed' where bucket = :bucket and shop_id = :shop and message_id = :message
       and purpose = 'click' and target >= :first and verdict = 'unknown'""",
)

# --- forgetting what was said -------------------------------------------------------------------------------------------------

OLD_WORDS = Statement(
    "old_words",
    """select a.shop_id, a.id, a.person_id from answer a
       where a.bucket = :bucket and a.at < :before and a.text <> '' order by a.at limit :most""",
)

BLANK_WORDS = Statement(
    "blank_words",
    "update answer set text = '' where bucket = :bucket and (shop_id, id) in (select r.shop, r.id from {rows})",
    "shop id, id id",
)

EVENTS_OF_ANSWERS = Statement(
    "events_of_answers",
    "select e.shop_id, e.payload from {rows} join event e on e.bucket = :bucket and e.shop_id = r.shop and e.id = r.id",
    "shop id, id id",
)

SAVE_EVENTS = Statement(
    "save_events",
    """update event set payload = r.payload from {rows}
       where event.bucket = :bucket and event.shop_id = r.shop and event.id = r.id""",
    "shop id, id id, payload json",
)

SAVE_BODIES = Statement(
    "save_bodies",
    """update person set body = r.body from {rows}
       where person.bucket = :bucket and person.shop_id = r.shop and person.id = r.person""",
    "shop id, person id, body json",
)
