"""Tests of tagging by rule."""
