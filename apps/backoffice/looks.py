"""The colours of the product: a calm blue on neutral greys."""

COLOURS = {
    "base": {
        "50": "oklch(98.4% .003 247.8)",
        "100": "oklch(96.6% .005 252)",
        "200": "oklch(92.6% .008 255)",
        "300": "oklch(86.8% .012 255)",
        "400": "oklch(70.2% .02 257)",
        "500": "oklch(54.6% .024 258)",
        "600": "oklch(44.2% .026 258)",
        "700": "oklch(36.8% .028 259)",
        "800": "oklch(27.6% .027 260)",
        "900": "oklch(20.8% .026 262)",
        "950": "oklch(13.6% .022 264)",
    },
    "primary": {
        "50": "oklch(97.2% .014 252)",
        "100": "oklch(93.6% .03 253)",
        "200": "oklch(88.4% .058 253)",
        "300": "oklch(80.8% .1 252)",
        "400": "oklch(71% .15 254)",
        "500": "oklch(62.4% .19 257)",
        "600": "oklch(54.8% .21 260)",
        "700": "oklch(48.6% .2 261)",
        "800": "oklch(42.4% .17 262)",
        "900": "oklch(37.6% .13 263)",
        "950": "oklch(28.2% .09 265)",
    },
    "font": {
        "subtle-light": "var(--color-base-500)",
        "subtle-dark": "var(--color-base-400)",
        "default-light": "var(--color-base-600)",
        "default-dark": "var(--color-base-300)",
        "important-light": "var(--color-base-900)",
        "important-dark": "var(--color-base-100)",
    },
}
