"""The stage of a replay in memory: the same decisions as in service, and dicts where service has tables.

- crowd, naming: who is who, and what everybody has in the cart: intake without a database
- alarms: what is due when
- rows: runs and messages, as far as they came
- stage: timers and the outbox performed
- ending: what is left at the end, for the report

The database stage (replay/stage.py) is the reference: a test plays the same pasts on both and compares the whole reports.
"""
