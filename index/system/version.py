"""Which geungeo this is."""


def installed_version() -> str | None:
    """Return the version that is installed, None where it runs from a folder without being installed."""
    from importlib.metadata import PackageNotFoundError, version  # here: it takes a quarter of the time of --help

    try:
        return version("geungeo")
    except PackageNotFoundError:
        return None
