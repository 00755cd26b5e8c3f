"""What tests are built from: people, exporters, peers, archives."""
