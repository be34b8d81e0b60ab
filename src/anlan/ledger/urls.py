"""Addresses of the ledger, written from the root."""

from django.urls import path

from anlan.ledger import pages

app_name = "ledger"
urlpatterns = [
    path("ledger", pages.index, name="list"),
    path("ledger/seals", pages.seals, name="seals"),
    path("ledger/verify", pages.verify, name="verify"),
    path("ledger/stuck/<uuid:stuck_id>", pages.settle, name="settle"),
    path("ledger/mine", pages.mine, name="mine"),
    path("ledger/entries/<uuid:entry_id>", pages.entry, name="entry"),
    path("ledger/entries/<uuid:entry_id>/proof", pages.proof, name="proof"),
    path("ledger/entries/<uuid:entry_id>/private", pages.reveal, name="reveal"),
    path("trail/subject/<uuid:subject_id>", pages.subject, name="subject"),
    path("trail/chain/<uuid:chain_id>", pages.chain, name="chain"),
    path("trail/person/<uuid:pseudonym>", pages.person, name="person"),
]
