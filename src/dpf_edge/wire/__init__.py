"""The `/api/v1/edge/*` contract as types: what node and Authority say to each other. No I/O."""
