"""The shelf: entries, their revisions and files."""
