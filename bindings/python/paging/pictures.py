"""Drawings of processes and machines."""


class Picture(str):
    """An SVG file as text, which Jupyter draws. Write it with pathlib.Path("space.svg").write_text(picture)."""

    def _repr_svg_(self) -> str:
        return str(self)
