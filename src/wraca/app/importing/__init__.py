"""Files in: catalogues, contacts, past events. Read with limits, each refused row with its reason, nothing lost in silence."""
