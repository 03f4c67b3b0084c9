"""Where does this process stand, does it see the LAN, and how is that known?"""
