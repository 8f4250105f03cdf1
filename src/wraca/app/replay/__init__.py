"""A journey played over what already happened: the same intake, engine and gate on a virtual clock, and nobody gets a message.

- sources, past: a file and what it is; lines, counts, faults
- table, calls: rows of a table (REES46, CSV with a mapping), JSON lines of API calls -> events
- reach: made-up addresses, where a past has none
- stage, ghosts: the throw-away installation, with a channel that only records
- playing: events and what becomes due, in order of time
- counting, report, page: what happened, counted from events and recorded messages; as one HTML file
- replaying: all of it together
"""
