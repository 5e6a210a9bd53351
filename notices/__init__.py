"""The shared vocabulary of the archive: model, errors, configuration, text, dates, numbers. No network, no SQL, no clock."""
