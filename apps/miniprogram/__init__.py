"""The door for mini-programs: who comes in, and what they see of themselves."""
