"""Contrast of colours by the Web Content Accessibility Guidelines 2.2."""


def from_hex(text):
    """Return red, green and blue in [0, 1] of a colour #rrggbb."""
    return [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def contrast(one, other):
    """Return the contrast ratio of two colours, each red, green and blue in [0, 1]."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
