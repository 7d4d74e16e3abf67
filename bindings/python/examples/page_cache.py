"""A file's pages lie in the page cache once. A shared mapping writes to them; a private one copies them first.

Prints:

    both mappings and read(2) see: hello
    the shared one has written: HELLO HELLO HELLO
    the private one has written: HELLO jELLO HELLO
"""
import paging

with paging.Engine() as engine, engine.process("reader") as process:
    descriptor = process.memfd("scene.dat")
    process.pwrite(descriptor, b"hello", 0)
    shared = process.map(4096, flags=paging.MAP_SHARED, file=descriptor)
    private = process.map(4096, flags=paging.MAP_PRIVATE, file=descriptor)

    def seen() -> list[str]:
        return [process.read(shared, 5).decode(), process.read(private, 5).decode(), process.pread(descriptor, 5, 0).decode()]

    print("both mappings and read(2) see:", *set(seen()))
    process.write(shared, b"HELLO")
    print("the shared one has written:", *seen())
    process.write(private, b"j")
    print("the private one has written:", *seen())
