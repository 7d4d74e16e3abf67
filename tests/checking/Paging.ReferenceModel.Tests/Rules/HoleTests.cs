namespace Paging.ReferenceModel.Tests;

/// <summary>The effect of a hole in the range (DIALECT L4.4, L4.23, L4.39).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class HoleTests
{
    [Fact]
    public void AtAHoleAdviceGoesOnWhileRightsAndLocksStop() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        store(0x20000000, 1) = 0
        store(0x20002000, 1) = 0
        madvise(0x20000000, 0x3000, MADV_DONTNEED) = -1 ENOMEM
        resident(0x20000000, 0x20003000) = 0
        mprotect(0x20000000, 0x3000, PROT_READ) = -1 ENOMEM
        maps(0x20000000, 0x20010000) = {
        20000000-20001000 r--p 00000000
        20002000-20003000 rw-p 00000000
        }
        madvise(0x20000000, 0x3000, MADV_POPULATE_READ) = -1 ENOMEM
        mincore(0x20000000, 0x1000) = "1"
        mincore(0x20002000, 0x1000) = "0"
        """);

    [Fact]
    public void BehindAHoleMsyncStillMeetsALock() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        mlock(0x20002000, 0x1000) = 0
        msync(0x20000000, 0x3000, MS_INVALIDATE) = -1 EBUSY
        msync(0x20000000, 0x3000, MS_SYNC) = -1 ENOMEM
        """);

    [Fact]
    public void AnAreaThatRefusesEndsTheAdvice() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED|MAP_LOCKED, -1, 0) = 0x20001000
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        fill(0x20000000, 0x3000, 1) = 0
        madvise(0x20000000, 0x3000, MADV_DONTNEED) = -1 EINVAL
        pagemap(0x20000000, 0x20003000) = ".aa"
        madvise(0x20000000, 0x3000, MADV_DONTNEED_LOCKED) = 0
        pagemap(0x20000000, 0x20003000) = "..."
        """);
}
