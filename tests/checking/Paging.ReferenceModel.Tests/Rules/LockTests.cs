namespace Paging.ReferenceModel.Tests;

/// <summary>Locking and filling (DIALECT section 4).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class LockTests
{
    [Fact]
    public void LockingOverAHoleLocksUpToItAndFillsNothing() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20003000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20003000
        mlock(0x20000000, 0x4000) = -1 ENOMEM
        vm() = size=3 data=3 stack=0 locked=2
        resident(0x20000000, 0x20004000) = 0
        """);

    [Fact]
    public void LockingOverMemoryWithoutRightsLocksAllAndFillsUpToIt() => Kernel.Agrees("""
        mmap(0x20000000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mprotect(0x20001000, 0x1000, PROT_NONE) = 0
        mlock(0x20000000, 0x3000) = -1 ENOMEM
        vm() = size=3 data=2 stack=0 locked=3
        pagemap(0x20000000, 0x20003000) = "a.."
        mlockall(MCL_CURRENT) = 0
        pagemap(0x20000000, 0x20003000) = "a.a"
        """);

    [Fact]
    public void LockingCurrentMemoryEndsTheLockOfFutureMappings() => Kernel.Agrees("""
        mlockall(MCL_FUTURE) = 0
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        vm() = size=1 data=1 stack=0 locked=1
        fork() = 1
        [1] mmap(0x20010000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20010000
        [1] vm() = size=2 data=2 stack=0 locked=0
        mlockall(MCL_CURRENT) = 0
        mmap(0x20020000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20020000
        vm() = size=2 data=2 stack=0 locked=1
        """);

    [Fact]
    public void TheLastCallDecidesBetweenOnFaultAndFilled() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mlock2(0x20000000, 0x2000, MLOCK_ONFAULT) = 0
        resident(0x20000000, 0x20002000) = 0
        mlock(0x20000000, 0x1000) = 0
        resident(0x20000000, 0x20002000) = 1
        maps(0x20000000, 0x20010000) = {
        20000000-20001000 rw-p 00000000
        20001000-20002000 rw-p 00000000
        }
        vm() = size=2 data=2 stack=0 locked=2
        """);

    [Fact]
    public void LockedMemoryThatBecomesWritableIsFilled() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0) = 0x20000000
        resident(0x20000000, 0x20002000) = 0
        mincore(0x20000000, 0x2000) = "11"
        mprotect(0x20000000, 0x1000, PROT_READ|PROT_WRITE) = 0
        pagemap(0x20000000, 0x20002000) = "a."
        """);

    [Fact]
    public void GrowthByAnAccessFillsOnlyItsPageAndGrowthByMremapFillsAll() => Kernel.Agrees("""
        mmap(0x20100000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN|MAP_LOCKED, -1, 0) = 0x20100000
        store(0x200fd000, 1) = 0
        pagemap(0x200fd000, 0x20101000) = "a..a"
        mremap(0x20100000, 0x1000, 0x3000, 0) = 0x20100000
        pagemap(0x200fd000, 0x20103000) = "a..aaa"
        vm() = size=6 data=0 stack=6 locked=6
        """);
}
