"""What the scanner said of some bytes."""

from django.db import models
from django.utils import timezone


class Verdict(models.Model):
    """The scanner's last word on the bytes of a digest; without a row they have not been examined."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    clean = models.BooleanField()
    said = models.CharField(max_length=255, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.sha256}: {'clean' if self.clean else self.said}"
