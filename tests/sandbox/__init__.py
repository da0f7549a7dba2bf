"""The sandbox corp does what WeCom does, quirks and all."""
