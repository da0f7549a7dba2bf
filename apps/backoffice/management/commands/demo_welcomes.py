"""Three welcomes for the demo's company: for everybody, for an employee, for a code."""

import io

from django.core.management.base import BaseCommand
from django.utils import timezone
from PIL import Image, ImageDraw

from apps.staff.models import Employee
from apps.wecom.media import bring
from apps.welcomes.keep import keep
from apps.welcomes.models import Welcome

LINK = {
    "kind": "link",
    "title": "新客专享：首单立减 20 元",
    "description": "点开领取，七天内有效",
    "url": "https://shop.example.com/new",
}


class Command(BaseCommand):
    help = "Three welcomes, once."

    def handle(self, **options):
        person = Employee.objects.serving().filter(status=1).order_by("pk").first()
        if Welcome.objects.exists() or person is None:
            return
        now = timezone.now()
        media = bring(kind="image", name="新客礼.png", content=poster(), at=now)
        keep(
            name="默认欢迎语",
            told={
                "text": "{nickname|您}好，{greeting}！我是{employee}，"
                "很高兴认识您。选购、售后都可以随时找我。",
                "attachments": [{"kind": "image", "media": media.pk}, LINK],
                "times": [
                    {
                        "days": [1, 2, 3, 4, 5, 6, 7],
                        "from": "21:00",
                        "until": "09:00",
                        "text": "{nickname|您}好，我是{employee}。现在是休息时间，"
                        "明早九点回复您，有急事请留言。",
                    },
                    {
                        "kind": "dates",
                        "first": "2027-02-06",
                        "last": "2027-02-12",
                        "text": "新春快乐！我是{employee}，初八起为您服务。",
                    },
                ],
            },
            is_default=True,
            by=None,
            at=now,
        )
        keep(
            name=f"{person}的欢迎语",
            told={"text": "{nickname|您}好，我是{position|顾问}{employee}，请多关照。"},
            employees=[person.pk],
            by=None,
            at=now,
        )
        keep(
            name="门店活码",
            told={"text": "欢迎光临门店！", "attachments": [LINK]},
            by=None,
            at=now,
        )


def poster() -> bytes:
    """A picture of a present, since no file comes with the product."""
    drawn = Image.new("RGB", (480, 300), "#f97316")
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((150, 110, 330, 240), fill="#fff7ed")
    pen.rectangle((225, 110, 255, 240), fill="#dc2626")
    pen.rectangle((140, 90, 340, 125), fill="#fed7aa")
    pen.rectangle((225, 90, 255, 125), fill="#dc2626")
    pen.ellipse((180, 50, 240, 92), outline="#dc2626", width=10)
    pen.ellipse((240, 50, 300, 92), outline="#dc2626", width=10)
    written = io.BytesIO()
    drawn.save(written, "PNG")
    return written.getvalue()
