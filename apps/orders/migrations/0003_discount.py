"""What was taken off the price of an order; its shop and discount touch rules, too."""

from django.db import migrations, models

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0002_touching"),
        ("rules", "0003_facts"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="discount",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="What was taken off the price; the amount is without it.",
                verbose_name="discount",
            ),
        ),
        *touches(
            "orders_order",
            topic="order",
            columns=[
                *("contact_id", "status", "channel", "shop", "amount"),
                *("refunded_amount", "discount", "placed_at", "paid_at"),
                *("refunded_at", "lines_digest"),
            ],
            events=["update"],
            instead_of=[
                *("contact_id", "status", "channel", "amount", "refunded_amount"),
                *("placed_at", "paid_at", "refunded_at", "lines_digest"),
            ],
        ),
    ]
