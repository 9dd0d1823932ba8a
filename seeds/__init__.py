"""The five articles the project began with, as they were published, so that a bare install can answer."""
