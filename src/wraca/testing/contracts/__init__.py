"""What plug-ins promise, as tests that anybody's plug-in can be put to."""
