"""Files that can run code when they are loaded: scanned before anybody sees them, held back when they do not pass."""
