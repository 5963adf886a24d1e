"""What the depot's records know of one person: told, and forgotten."""
