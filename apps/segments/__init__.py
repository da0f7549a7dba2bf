"""Saved rules and whom they describe."""
