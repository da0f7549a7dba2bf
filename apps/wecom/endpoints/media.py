"""Files that messages carry: WeCom keeps what is uploaded for three days."""

from wechatpy.client.api.base import BaseWeChatAPI

from apps.wecom.client import Answer, Upload
from apps.wecom.endpoints.table import endpoint
from apps.wecom.models import Media


class MediaFiles(BaseWeChatAPI):
    """A command holds the number of our own copy, not the file."""

    @endpoint("media/upload")
    def upload(self, *, media: int) -> Answer:
        """Twice makes two of them, and the older one is used by nobody."""
        kept = Media.objects.get(pk=media)
        return self._post(
            "media/upload",
            params={"type": kept.kind},
            upload=Upload(
                name=kept.name, content=bytes(kept.content), kind=kept.content_type
            ),
        )
