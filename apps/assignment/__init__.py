"""Which of us looks after which contact, since when and why; and whom nobody does."""
