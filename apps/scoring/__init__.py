"""How warm a contact is, how alive, and what is still to come."""
