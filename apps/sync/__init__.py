"""Keeps our records the same as WeCom's."""
