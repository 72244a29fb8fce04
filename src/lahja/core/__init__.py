"""What every stage shares: configuration, model graph, tables, files, varieties, statistics."""
