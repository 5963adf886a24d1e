"""HTTP words that every room's routes share: problems, paging, streams, guards. Knows no room."""
