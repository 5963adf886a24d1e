"""What was changed: by whom, how we know them, from where, and what was there before and after."""
