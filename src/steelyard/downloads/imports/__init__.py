"""Models that are on a disk already: caches, plain folders, mount points, and what strangers put into our own store."""
