"""What the counts of the log come to, for models, people, addresses and the whole depot."""
