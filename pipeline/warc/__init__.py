"""Exact bytes on disk: the WARC series. Other rooms import pipeline.warc.series only."""
