"""A WeCom of our own to try everything on; knows none of the apps beside it."""
