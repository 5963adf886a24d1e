"""Words without a home: errors, clock, ids, units, references, signals. Standard library only."""
