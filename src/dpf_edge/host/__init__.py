"""The one seam to the machine and the network: nothing else in the project touches either."""
