"""Django's SQLite backend, queueing at the same lock as the hot path."""
