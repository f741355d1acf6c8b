"""``python -m guestlist`` is ``guestlist``."""

from guestlist.cli import main

if __name__ == "__main__":
    main()
