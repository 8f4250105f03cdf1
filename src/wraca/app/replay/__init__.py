"""A journey played over what already happened: the same intake, engine and gate on a virtual clock, and nobody gets a message.

    past.py       what every reader of past events shares: lines, counts, faults
    table.py      rows of a table (REES46, CSV with a mapping) -> events
    calls.py      JSON lines of API calls -> events
    reach.py      made-up addresses, where a past has none
    stage.py      the throw-away installation, with a channel that only records
    playing.py    events and what becomes due, in order of time
    counting.py   what happened, counted from events and the recorded messages
    report.py     the result; page.py shows it as one HTML file
    replaying.py  all of it together
"""
