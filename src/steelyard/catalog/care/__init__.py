"""Looking after what is on the shelf: verify, scan, and what they find."""
