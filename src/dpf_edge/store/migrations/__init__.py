"""The store's migrations, run by Alembic: one module a step, in ``versions``."""
