"""Tests of the backoffice."""
