namespace Paging.ReferenceModel.Tests;

/// <summary>Areas that grow down (DIALECT section 5).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class GrowthTests
{
    [Fact]
    public void ALoadThatMakesAnAreaGrowGivesItAHistory() => Kernel.Agrees("""
        mmap(0x20100000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20100000
        load(0x200ff000) = 0x00
        mprotect(0x200ff000, 0x1000, PROT_READ|PROT_WRITE) = 0
        mprotect(0x200ff000, 0x1000, PROT_READ) = 0
        maps(0x20000000, 0x20200000) = {
        200ff000-20100000 r--p 00000000
        20100000-20101000 r--p 00000000
        }
        """);

    [Fact]
    public void GrowthComesBeforeTheRights() => Kernel.Agrees("""
        mmap(0x20100000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20100000
        store(0x20000000, 1) = SIGSEGV SEGV_ACCERR 0x20000000
        maps(0x10000000, 0x20200000) = {
        20000000-20101000 r--p 00000000
        }
        """);

    [Fact]
    public void KernelCopiesMakeAnAreaGrow() => Kernel.Agrees("""
        mmap(0x20100000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20100000
        copyin(0x20080000, 16, 1) = 16
        vm() = size=129 data=0 stack=129 locked=0
        """);

    [Fact]
    public void OnlyTheStackLimitBoundsTheDistance() => Kernel.Agrees("""
        mmap(0x20100000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20100000
        rlimit(RLIMIT_STACK, 0x3000) = 0
        load(0x200fd000) = SIGSEGV SEGV_MAPERR 0x200fd000
        load(0x200fe000) = 0x00
        vm() = size=3 data=0 stack=3 locked=0
        """);

    [Fact]
    public void AReadableAreaBelowKeepsAMegabyteFree() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20200000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20200000
        load(0x20100000) = SIGSEGV SEGV_MAPERR 0x20100000
        load(0x20101000) = 0x00
        """);

    [Fact]
    public void AnAreaWithoutRightsOrOneThatGrowsKeepsNothingFree() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20200000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20200000
        load(0x20001000) = 0x00
        mmap(0x20400000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20400000
        load(0x20201000) = 0x00
        maps(0x20000000, 0x20500000) = {
        20000000-20001000 ---p 00000000
        20001000-20201000 r--p 00000000
        20201000-20401000 r--p 00000000
        }
        """);

    [Fact]
    public void ARefusedGrowthLeavesAHistoryWhenALimitRefusedIt() => Kernel.Agrees("""
        mmap(0x20100000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20100000
        rlimit(RLIMIT_STACK, 0x2000) = 0
        load(0x200ff000) = SIGSEGV SEGV_MAPERR 0x200ff000
        mprotect(0x20100000, 0x1000, PROT_READ) = 0
        mprotect(0x20101000, 0x1000, PROT_READ) = 0
        maps(0x20000000, 0x20200000) = {
        20100000-20102000 r--p 00000000
        }
        mprotect(0x20100000, 0x2000, PROT_READ|PROT_WRITE) = 0
        mremap(0x20100000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20300000) = 0x20300000
        mmap(0x20302000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x20302000
        maps(0x20000000, 0x20400000) = {
        20300000-20302000 rw-p 00000000
        20302000-20303000 rw-p 00000000
        }
        """);

    [Fact]
    public void AnAreaMovedUpwardsGrowsNoFartherThanItsPosition() => Kernel.Agrees("""
        mmap(0x11000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_GROWSDOWN, -1, 0) = 0x00011000
        store(0x11000, 1) = 0
        mremap(0x11000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20000000) = 0x20000000
        load(0x1ffee000) = SIGSEGV SEGV_MAPERR 0x1ffee000
        load(0x1ffef000) = 0x00
        """);
}
