"""Makes what is handed out: wheel and sdist, programs for Linux and Windows, sums, the image.

``python -m tools.dist`` is ``make dist``, and ``python -m tools.dist.image`` is ``make image``.
What goes in is what the lock says, with its hashes.
"""
