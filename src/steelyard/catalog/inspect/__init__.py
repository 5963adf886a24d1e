"""What a model's own files tell about it. The bytes are anybody's: readers are pure, bounded in bytes, memory and time,
and answer with facts or with one clear reason (BadHeader)."""
