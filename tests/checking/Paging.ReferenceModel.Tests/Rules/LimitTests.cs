namespace Paging.ReferenceModel.Tests;

/// <summary>The pages that a limit counts, and the state after a refused call (DIALECT section 5, Limits).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class LimitTests
{
    [Fact]
    public void ARefusedMapFixedSplitsTheAreasAtItsEnds() => Kernel.Agrees("""
        mmap(0x20000000, 0x4000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        rlimit(RLIMIT_AS, 0x3000) = 0
        mmap(0x20001000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 ENOMEM
        maps(0x20000000, 0x20010000) = {
        20000000-20001000 r--p 00000000
        20001000-20003000 r--p 00000000
        20003000-20004000 r--p 00000000
        }
        mremap(0x20000000, 0x4000, 0x4000, MREMAP_MAYMOVE) = 0x20000000
        mremap(0x20000000, 0x4000, 0x3000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20010000) = -1 EFAULT
        """);

    [Fact]
    public void MprotectOverTheDataLimitPassesWhenTheAddressSpaceLimitWouldRefuseToo() => Kernel.Agrees("""
        mmap(0x20000000, 0x4000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        rlimit(RLIMIT_DATA, 0x2000) = 0
        mprotect(0x20000000, 0x4000, PROT_READ|PROT_WRITE) = -1 ENOMEM
        rlimit(RLIMIT_AS, 0x4000) = 0
        mprotect(0x20000000, 0x4000, PROT_READ|PROT_WRITE) = 0
        vm() = size=4 data=4 stack=0 locked=0
        """);

    [Fact]
    public void MapFixedDeductsReplacedPagesFromSizeAndDataButNotFromLocks() => Kernel.Agrees("""
        mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0) = 0x20000000
        rlimit(RLIMIT_AS, 0x4000) = 0
        rlimit(RLIMIT_DATA, 0x4000) = 0
        mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mlock(0x20000000, 0x4000) = 0
        rlimit(RLIMIT_MEMLOCK, 0x4000) = 0
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0) = -1 EAGAIN
        mlock(0x20000000, 0x4000) = 0
        vm() = size=4 data=4 stack=0 locked=4
        """);

    [Fact]
    public void MremapFixedDeductsNothing() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20010000, 0x3000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20010000
        rlimit(RLIMIT_AS, 0x5000) = 0
        mremap(0x20000000, 0x2000, 0x3000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20010000) = -1 ENOMEM
        maps(0x20000000, 0x20020000) = {
        20000000-20002000 r--p 00000000
        20010000-20013000 r--p 00000000
        }
        """);

    [Fact]
    public void MemoryTurnsIntoDataAreaByAreaUpToTheLimit() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20002000, 0x2000, PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        rlimit(RLIMIT_DATA, 0x3000) = 0
        mprotect(0x20000000, 0x4000, PROT_WRITE) = -1 ENOMEM
        maps(0x20000000, 0x20010000) = {
        20000000-20002000 -w-p 00000000
        20002000-20004000 --xp 00000000
        }
        """);
}
