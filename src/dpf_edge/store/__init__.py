"""What is kept: the Authority's store on SQLite or PostgreSQL, and the node's outbox."""
