"""Django's models are what the throw-away tables are made from: it must be set up, its own database is never opened."""

import os

import django

from wraca.testing.databases import TEST_SECRET

os.environ.setdefault("WRACA_DATABASE_URL", "sqlite:////tmp/never-opened-by-wraca-tests.db")
os.environ.setdefault("WRACA_SECRET_KEY", TEST_SECRET)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wraca.storage.django_settings")
django.setup()
