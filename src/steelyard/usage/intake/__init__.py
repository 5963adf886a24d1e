"""What other services report: events in, each counted once, starts and ends brought together."""
