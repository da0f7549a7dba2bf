"""Tests of other systems and their keys."""
