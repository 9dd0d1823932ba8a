"""Word and PowerPoint, and the drawings that Excel shares with them.

May import composing and containers; articles and errors.
"""
