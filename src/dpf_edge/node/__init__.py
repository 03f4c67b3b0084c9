"""The node: it enrols, beats, sweeps and delivers."""
