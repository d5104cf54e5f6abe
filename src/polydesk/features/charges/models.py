"""Charges and credits of tickets."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from polydesk.directory.models import Company, Person, Project
from polydesk.directory.models.organization import Owned
from polydesk.tickets.models import Ticket
from polydesk.tickets.models.ticket import reference


class Charge(models.Model):
    """Goods or services on a ticket at a price; billed when `billed_at` is set."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="charges")
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, default="")
    notes = models.TextField(blank=True, default="")
    type = models.PositiveSmallIntegerField(default=1)
    status = models.PositiveSmallIntegerField(default=1)
    quantity = models.DecimalField(max_digits=14, decimal_places=4, default=1)
    price = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    is_billable = models.BooleanField(default=True)
    purchased_on = models.DateField()
    purchase_order = models.CharField(max_length=50, blank=True, default="")
    work_type = reference("directory.WorkType")
    product = reference("directory.Product")
    contract_service = reference("directory.ContractService")
    contract_bundle = reference("directory.ContractBundle")
    billed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = reference("directory.Person")

    class Meta:
        ordering = ("id",)


class Credit(models.Model):
    """What a customer gets back for returned goods."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="credits")
    amount = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    details = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)


class Expense(Owned):
    """What somebody laid out, for a ticket or for a company alone; posted when `posted_at` is set."""

    ticket = models.ForeignKey(Ticket, null=True, blank=True, on_delete=models.CASCADE, related_name="expenses")
    company = models.ForeignKey(Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description = models.CharField(max_length=128)
    amount = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    spent_on = models.DateField()
    is_billable = models.BooleanField(default=True)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
