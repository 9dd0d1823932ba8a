"""HWP and HWPX, the files of Hangul. May import composing and containers; articles, errors and text."""
