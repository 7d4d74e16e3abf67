namespace Paging.ReferenceModel.Tests;

/// <summary>When neighbouring areas are one (DIALECT section 6).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class MergeTests
{
    [Fact]
    public void AnAreaThatFitsBothNeighboursJoinsTheOneBelowWhenTheirHistoriesDiffer() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        store(0x20000000, 1) = 0
        store(0x20002000, 1) = 0
        mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000
        maps(0x20000000, 0x20010000) = {
        20000000-20002000 rw-p 00000000
        20002000-20003000 rw-p 00000000
        }
        """);

    [Fact]
    public void AFirstPageTakesTheHistoryOfACompatibleNeighbourOver() => Kernel.Agrees("""
        mmap(0x20000000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mprotect(0x20001000, 0x1000, PROT_READ|PROT_WRITE|PROT_EXEC) = 0
        store(0x20002000, 1) = 0
        store(0x20001000, 1) = 0
        store(0x20000000, 1) = 0
        mprotect(0x20001000, 0x1000, PROT_READ|PROT_WRITE) = 0
        maps(0x20000000, 0x20010000) = {
        20000000-20003000 rw-p 00000000
        }
        """);

    [Fact]
    public void UnwrittenMemoryGetsThePositionOfItsNewPlaceAndWrittenMemoryKeepsItsOwn() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20010000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20010000
        mremap(0x20010000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20001000) = 0x20001000
        maps(0x20000000, 0x20020000) = {
        20000000-20002000 rw-p 00000000
        }
        mmap(0x20010000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20010000
        store(0x20010000, 1) = 0
        mremap(0x20010000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20002000) = 0x20002000
        maps(0x20000000, 0x20020000) = {
        20000000-20002000 rw-p 00000000
        20002000-20003000 rw-p 00000000
        }
        """);

    [Fact]
    public void ReadOnlyMemoryStaysAccountedOnlyWithAHistory() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000
        mprotect(0x20001000, 0x1000, PROT_READ) = 0
        maps(0x20000000, 0x20010000) = {
        20000000-20002000 r--p 00000000
        }
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        store(0x20002000, 1) = 0
        mprotect(0x20002000, 0x1000, PROT_READ) = 0
        maps(0x20000000, 0x20010000) = {
        20000000-20002000 r--p 00000000
        20002000-20003000 r--p 00000000
        }
        """);

    [Fact]
    public void FilesJoinOnlyThroughTheSameOpenFile() => Kernel.Agrees("""
        open("A", 8192, 1) = 3
        open("A", 0, 0) = 4
        mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000
        mmap(0x20001000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 4, 0x1000) = 0x20001000
        maps(0x20000000, 0x20010000) = {
        20000000-20001000 r--p 00000000 A
        20001000-20002000 r--p 00001000 A
        }
        areas(0x20000000, 0x20010000) = {
        20000000-20002000 r--p 00000000 A
        }
        mmap(0x20001000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 3, 0x1000) = 0x20001000
        maps(0x20000000, 0x20010000) = {
        20000000-20002000 r--p 00000000 A
        }
        """);

    [Fact]
    public void AHeapJoinsNothingThatEndsAtItsStart() => Kernel.Agrees("""
        mmap(0x8049000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x08049000
        brk(0x0804b000) = 0x0804b000
        brk(0x0804c000) = 0x0804c000
        maps(0x08000000, 0x08100000) = {
        08049000-0804a000 rw-p 00000000
        0804a000-0804c000 rw-p 00000000
        }
        """);

    [Fact]
    public void ACallThatChangesNothingJoinsNothing() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20001000
        mmap(0x20011000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20011000
        load(0x20002000) = 0x00
        mprotect(0x20002000, 0x10000, PROT_READ|PROT_WRITE) = 0
        maps(0x20000000, 0x20020000) = {
        20000000-20001000 rw-p 00000000
        20001000-20002000 rw-p 00000000
        20002000-20012000 rw-p 00000000
        }
        """);
}
