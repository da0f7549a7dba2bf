"""What people of the sandbox corp do, outside the API, and what WeCom tells of it."""
