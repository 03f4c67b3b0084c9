"""The `/api/v1/edge/*` contract as types: what node and Authority say to each other. No I/O.

One module a route (``enroll`` · ``heartbeat`` · ``discovery`` · ``events`` · ``metrics`` ·
``adapters`` · ``federation`` · ``certificates`` · ``actions``): its request and its answers,
``decode``, the checks behind that in their order, and ``ROUTE``, which says all of it as data.
Below them ``tokens``, ``times``, ``texts``, ``limits``, ``vocabulary``, ``refusals`` and
``canonical``. ``body`` reads what an Authority receives, ``answers`` what a node does, both over
``octets`` and ``issues``. ``routes`` has every route, and ``openapi`` says them to programs;
docs/wire/v1.md says them to people.
"""
