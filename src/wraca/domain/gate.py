"""The gate: every reason not to send a message now, in one list, asked in the transaction that writes `sending`."""
