"""The extension that searching by pinyin needs; it ships with PostgreSQL."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies: list = []

    operations = [TrigramExtension()]
