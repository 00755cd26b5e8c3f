"""CONTACTS: people and organisations, one record per vCard."""
