"""The WeCom groups they are in."""
