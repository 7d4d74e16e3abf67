namespace Paging.ReferenceModel.Tests;

/// <summary>The memory of a child, and its cost (DIALECT section 4, Processes, and L4.82 to L4.84).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class ForkTests
{
    [Fact]
    public void PagesThatTheParentOnlyReadFaultAgainInTheChildUnlessThereIsAHistory() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20010000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20010000
        load(0x20000000) = 0x00
        load(0x20010000) = 0x00
        store(0x20011000, 1) = 0
        fork() = 1
        [1] faults() = 0
        [1] mincore(0x20000000, 0x1000) = "0"
        [1] mincore(0x20010000, 0x2000) = "11"
        [1] load(0x20000000) = 0x00
        [1] load(0x20010000) = 0x00
        [1] load(0x20011000) = 0x01
        [1] faults() = 1
        """);

    [Fact]
    public void ReadOnlyAndBackCostsNoFaultAndAForkOnePerPageAndProcess() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        fill(0x20000000, 0x2000, 1) = 0
        faults() = 0
        mprotect(0x20000000, 0x2000, PROT_READ) = 0
        mprotect(0x20000000, 0x2000, PROT_READ|PROT_WRITE) = 0
        store(0x20000000, 2) = 0
        faults() = 0
        fork() = 1
        [1] faults() = 0
        store(0x20000000, 3) = 0
        store(0x20000000, 4) = 0
        [1] store(0x20000000, 5) = 0
        [1] add(0x20001000, 5) = 0x06
        faults() = 1
        [1] faults() = 2
        load(0x20000000) = 0x04
        """);

    [Fact]
    public void SomeAreasAreMissingInTheChildAndSomeAreEmpty() => Kernel.Agrees("""
        mmap(0x20000000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        fill(0x20000000, 0x3000, 0x41) = 0
        madvise(0x20001000, 0x1000, MADV_DONTFORK) = 0
        madvise(0x20002000, 0x1000, MADV_WIPEONFORK) = 0
        mlock(0x20000000, 0x1000) = 0
        fork() = 1
        [1] vm() = size=2 data=2 stack=0 locked=0
        [1] load(0x20000000) = 0x41
        [1] load(0x20001000) = SIGSEGV SEGV_MAPERR 0x20001000
        [1] load(0x20002000) = 0x00
        """);

    [Fact]
    public void AHistoryFromAForkJoinsNoneAndIsNotPassedOn() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        store(0x20000000, 1) = 0
        fork() = 1
        [1] mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000
        [1] maps(0x20000000, 0x20010000) = {
        20000000-20001000 rw-p 00000000
        20001000-20002000 rw-p 00000000
        }
        mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000
        maps(0x20000000, 0x20010000) = {
        20000000-20002000 rw-p 00000000
        }
        [1] store(0x20001000, 1) = 0
        [1] mprotect(0x20000000, 0x2000, PROT_READ) = 0
        [1] maps(0x20000000, 0x20010000) = {
        20000000-20001000 r--p 00000000
        20001000-20002000 r--p 00000000
        }
        """);

    [Fact]
    public void InAChildGrowthInPlaceJoinsTheNextAreaAndAMoveDoesNot() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        store(0x20000000, 1) = 0
        fork() = 1
        [1] mremap(0x20000000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20010000) = 0x20010000
        [1] mmap(0x20011000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20011000
        [1] mremap(0x20010000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20000000) = 0x20000000
        [1] maps(0x20000000, 0x20020000) = {
        20000000-20001000 rw-p 00000000
        20002000-20003000 rw-p 00000000
        20011000-20012000 rw-p 00000000
        }
        [1] mremap(0x20000000, 0x1000, 0x2000, 0) = 0x20000000
        [1] maps(0x20000000, 0x20020000) = {
        20000000-20003000 rw-p 00000000
        20011000-20012000 rw-p 00000000
        }
        """);
}
