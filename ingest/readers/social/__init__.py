"""Exports of social networks: the messages alone, without anything about their authors."""
