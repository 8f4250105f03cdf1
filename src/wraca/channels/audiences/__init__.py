"""Copies of audiences elsewhere: Meta, Google, TikTok, a signed webhook, a file. Each is a plug-in behind ports/audiences.py."""
