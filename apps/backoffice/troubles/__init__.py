"""What needs a person, told on the front page; gone when it is dealt with."""
