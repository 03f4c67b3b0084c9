"""The store's conformance suite: every test that takes ``store`` or ``url`` runs on both kinds."""
