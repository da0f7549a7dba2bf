"""Tags that rules put on by themselves, each hit with its reason."""
