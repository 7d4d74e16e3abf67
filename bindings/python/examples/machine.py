"""A machine in one file: a serial port, memory that is fetched, a loop over inputs from a snapshot, and two threads.

Prints:

    the port has sent: ping
    page 2 of the store: page 2
    after 100 inputs: 0, 100 pages put back
    the threads have counted to 2000
"""
import threading

import paging


class Port:
    def __init__(self) -> None:
        self.sent = ""

    def load(self, offset: int, size: int) -> int:
        return 1    # ready

    def store(self, offset: int, size: int, value: int) -> None:
        self.sent += chr(value)


def fetch(page: int) -> bytes:
    return f"page {page}".encode().ljust(4096, b"\0")


with paging.Engine(allow_threads=True) as engine, engine.process("guest") as process:
    with engine.processor("main") as cpu, cpu.run(process):
        port = Port()
        registers = process.map(4096, file=engine.device("serial", 4096, port))
        for letter in "ping":
            if process.load(registers + 4):
                process.store(registers, ord(letter), 1)
        print("the port has sent:", port.sent)

        store = process.map(8 * 4096, paging.PROT_READ, file=engine.pager("store", 8, fetch))
        print("page 2 of the store:", process.read(store + 2 * 4096, 6).decode())

        at = process.map(1024 * 4096)
        process.fill(at, 1024 * 4096)
        with process.snapshot() as start:
            put_back = 0
            for test in range(100):
                process.store(at + test * 4096, test + 1)
                put_back += start.dirty_pages
                start.restore()
            print(f"after 100 inputs: {process.load(at)}, {put_back} pages put back")

    def count() -> None:
        with engine.processor() as cpu, cpu.run(process):
            for _ in range(1000):
                process.add(at, 1)
                cpu.poll()

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.processor() as cpu, cpu.run(process):
        print("the threads have counted to", process.load(at))
