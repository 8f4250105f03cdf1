"""SQL of moving runs from one version of their journey to another."""

from wraca.storage.statement import Statement

# Page by page in the order of ids: a page is one transaction, and a run that is moved falls out of the question.
RUNS_ELSEWHERE = Statement(
    "runs_elsewhere",
    """select id, version, turn, at from run
       where bucket = :bucket and shop_id = :shop and journey = :journey and outcome = '' and version <> :version and id > :after
       order by id limit :most""",
)

STEPS_SENT = Statement(
    "steps_sent",
    """select o.run_id, o.step from {rows}
       join outbox o on o.bucket = :bucket and o.shop_id = :shop and o.run_id = r.id""",
    "id id",
)

# Only from where we saw it: a run that decided something meanwhile stays, and is looked at again at the next attempt.
MIGRATE_RUNS = Statement(
    "migrate_runs",
    """update run set version = :version, turn = r.turn + 1
       from {rows} where run.bucket = :bucket and run.shop_id = :shop and run.id = r.id and run.turn = r.turn and run.outcome = ''
       returning run.id""",
    "id id, turn int",
)
