"""What happened: events in, numbers out. Stores names and ids, not objects."""
