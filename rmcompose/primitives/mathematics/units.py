"""The units that quantities are converted between: what each measures, and its size in the unit of that."""

from __future__ import annotations

from fractions import Fraction

_PREFIXES = {"n": -9, "µ": -6, "μ": -6, "u": -6, "m": -3, "c": -2, "d": -1, "k": 3}
_LONG_PREFIXES = {"nano": -9, "micro": -6, "milli": -3, "centi": -2, "deci": -1, "kilo": 3}
_SIZES: dict[str, dict[str, str]] = {
    "length": {
        "m metre metres meter meters": "1",
        "in inch inches": "0.0254",
        "ft foot feet": "0.3048",
        "yd yard yards": "0.9144",
        "mi mile miles": "1609.344",
    },
    "mass": {"g gram grams": "1", "lb lbs pound pounds": "453.59237", "oz ounce ounces": "28.349523125"},
    "time": {
        "s sec secs second seconds": "1",
        "min mins minute minutes": "60",
        "h hr hrs hour hours": "3600",
        "day days": "86400",
        "week weeks": "604800",
    },
    "volume": {"l L litre litres liter liters": "1"},
    "area": {
        "m^2 m2 m² sqm": "1",
        "cm^2 cm2 cm²": "1/10000",
        "mm^2 mm2 mm²": "1/1000000",
        "km^2 km2 km²": "1000000",
        "ft^2 ft2 ft²": "0.09290304",
        "in^2 in2 in²": "0.00064516",
    },
    "cubic": {
        "m^3 m3 m³": "1",
        "cm^3 cm3 cm³ cc": "1/1000000",
        "mm^3 mm3 mm³": "1/1000000000",
        "km^3 km3 km³": "1000000000",
    },
    "speed": {"m/s mps": "1", "km/h kmh kph": "5/18", "mph": "0.44704", "cm/s": "1/100", "km/s": "1000"},
    "angle": {"degrees degree deg °": "1"},
    "dollar": {"dollar dollars usd": "1", "cent cents": "1/100"},
    "euro": {"euro euros eur": "1"},
    "pound sterling": {"pound sterling": "1", "gbp": "1"},
    "yen": {"yen": "1", "jpy": "1"},
    "rupee": {"rupee rupees inr": "1"},
    "energy": {"J joule joules": "1"},
    "power": {"W watt watts": "1"},
    "force": {"N newton newtons": "1"},
    "voltage": {"V volt volts": "1"},
    "frequency": {"Hz hertz": "1"},
    "pressure": {"Pa pascal pascals": "1"},
}
_PREFIXED = {
    "m": "length", "g": "mass", "s": "time", "l": "volume", "L": "volume", "J": "energy", "W": "power", "N": "force",
    "V": "voltage", "Hz": "frequency", "Pa": "pressure", "metre": "length", "metres": "length", "meter": "length",
    "meters": "length", "gram": "mass", "grams": "mass", "second": "time", "seconds": "time", "litre": "volume",
    "litres": "volume", "liter": "volume", "liters": "volume", "joules": "energy", "watts": "power", "newtons": "force",
}  # fmt: skip


def _units() -> dict[str, tuple[str, Fraction]]:
    units: dict[str, tuple[str, Fraction]] = {}
    for measures, sizes in _SIZES.items():
        for names, size in sizes.items():
            for name in [names] if names == "pound sterling" else names.split():
                units[name] = (measures, Fraction(size))
    for name, measures in _PREFIXED.items():
        for prefix, exponent in (_PREFIXES if len(name) <= 2 else _LONG_PREFIXES).items():
            units.setdefault(prefix + name, (measures, Fraction(10) ** exponent * units[name][1]))
    return units


UNITS: dict[str, tuple[str, Fraction]] = _units()
"""By name, as written: what it measures, and its size. Not in here: degrees Celsius, which have another zero."""
