"""Humans with a UUID who log in by e-mail and have no names."""

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class Humans(BaseUserManager):
    def create_user(self, email, password=None, **facts):
        human = self.model(email=email, **facts)
        human.set_password(password)
        human.save()
        return human


class Human(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    objects = Humans()
    USERNAME_FIELD = "email"

    def __str__(self):
        return f"human {self.email.partition('@')[0]}"
