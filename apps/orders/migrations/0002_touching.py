"""What changes of orders can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "orders_order",
            topic="order",
            columns=[
                *("contact_id", "status", "channel", "amount", "refunded_amount"),
                *("placed_at", "paid_at", "refunded_at", "lines_digest"),
            ],
        ),
    ]
