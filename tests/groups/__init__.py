"""Tests of group chats."""
