"""Commands that switch the product on."""
