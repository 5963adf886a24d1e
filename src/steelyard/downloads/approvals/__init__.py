"""What administrators decide about requests that wait."""
