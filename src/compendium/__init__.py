"""Executable compendium of "Putin's Partner": evidence, models, values, book."""

__version__ = "0.1.0"
