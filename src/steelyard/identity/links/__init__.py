"""The links of the chain that finds out who is asking, from the surest to the vaguest."""
