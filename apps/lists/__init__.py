"""Lists as people keep them: views of a list, and what is done to many of its rows."""
