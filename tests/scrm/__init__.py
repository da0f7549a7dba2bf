"""How the product is switched on."""
