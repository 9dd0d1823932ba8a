"""What a server bears: the dearest permitted requests, half an hour of reads and writes, deletions from a large database."""
