"""The wire: talks to WeCom, knows no customer."""
