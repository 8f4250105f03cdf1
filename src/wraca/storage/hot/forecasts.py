"""SQL of looking ahead for one person."""

from wraca.storage.statement import Statement

PERSON = Statement("forecast_person", "select body from person where bucket = :bucket and shop_id = :shop and id = :person")

RUNS_UNDER_WAY = Statement(
    "runs_under_way",
    "select id from run where bucket = :bucket and shop_id = :shop and person_id = :person and outcome = '' order by id",
)

OPEN_CARTS = Statement(
    "forecast_carts",
    "select body from cart where bucket = :bucket and shop_id = :shop and person_id = :person and state = 'open' order by id",
)
