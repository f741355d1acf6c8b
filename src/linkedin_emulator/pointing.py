"""What points Guestlist to an emulator."""

from linkedin_emulator.world import CLIENT_ID, CLIENT_SECRET


def variables(address: str) -> dict[str, str]:
    """Of its environment: the emulator at `address`, and the application that is there from the start."""
    return {
        "GUESTLIST_LINKEDIN_API_URL": f"{address}/rest",
        "GUESTLIST_LINKEDIN_OAUTH_URL": f"{address}/oauth/v2",
        "GUESTLIST_LINKEDIN_CLIENT_ID": CLIENT_ID,
        "GUESTLIST_LINKEDIN_CLIENT_SECRET": CLIENT_SECRET,
    }
