"""Questions about the past: who brought it, what it cost, what came back."""
