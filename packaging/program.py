"""What the packaged program starts with; PyInstaller finds from here what has to go with it."""

from __future__ import annotations

from dpf_edge.__main__ import main

if __name__ == "__main__":
    main()
