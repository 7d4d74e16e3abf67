# Made by tools/make-stubs.py.


class Picture(str):
    ...

