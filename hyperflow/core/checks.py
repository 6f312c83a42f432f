"""Start-up checks: unsafe production settings do not start."""
