namespace Paging.ReferenceModel.Tests;

/// <summary>mremap (DIALECT section 4).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class RemapTests
{
    [Fact]
    public void TheSameSizeAndAPlainShrinkLookOnlyAtTheStart() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20002000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        mremap(0x20000000, 0x4000, 0x4000, 0) = 0x20000000
        mremap(0x20000000, 0x4000, 0x5000, MREMAP_MAYMOVE) = -1 EFAULT
        mremap(0x20001000, 0x4000, 0x4000, 0) = -1 EFAULT
        mremap(0x20000000, 0x4000, 0x1000, 0) = 0x20000000
        maps(0x20000000, 0x20010000) = {
        20000000-20001000 rw-p 00000000
        }
        """);

    [Fact]
    public void APlainShrinkWhoseTailPassesTheSpaceIsRefusedLikeMunmap() => Kernel.Agrees("""
        mmap(0x90000000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x90000000
        mremap(0x90000000, 0x30001000, 0x1000, 0) = -1 EINVAL
        mremap(0x90000000, 0x30001000, 0x30001000, 0) = 0x90000000
        maps(0x90000000, 0x90010000) = {
        90000000-90002000 r--p 00000000
        }
        """);

    [Fact]
    public void FixedToAddressZeroIsRefusedAfterUnmapping() => Kernel.Agrees("""
        mmap(0x1000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x00001000
        mmap(0x20000000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mremap(0x20000000, 0x2000, 0x2000, MREMAP_MAYMOVE|MREMAP_FIXED, 0) = -1 EPERM
        maps(0x0, 0x20010000) = {
        20000000-20002000 r--p 00000000
        }
        """);

    [Fact]
    public void APureMoveTakesEveryAreaOfTheRangeAlong() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        mmap(0x20002000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        store(0x20000000, 0x41) = 0
        mremap(0x20000000, 0x3000, 0x3000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20010000) = 0x20010000
        maps(0x20000000, 0x20020000) = {
        20010000-20011000 rw-p 00000000
        20012000-20013000 r--p 00000000
        }
        load(0x20010000) = 0x41
        """);

    [Fact]
    public void DontUnmapOfAWholeAreaTakesTheHistoryAway() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        store(0x20000000, 1) = 0
        mremap(0x20000000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP, 0x20010000) = 0x20010000
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        store(0x20002000, 1) = 0
        mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000
        maps(0x20000000, 0x20020000) = {
        20000000-20003000 rw-p 00000000
        20010000-20011000 rw-p 00000000
        }
        """);

    [Fact]
    public void DontUnmapOfAPartLeavesTheHistory() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        store(0x20000000, 1) = 0
        mremap(0x20000000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP, 0x20010000) = 0x20010000
        mmap(0x20003000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20003000
        store(0x20003000, 1) = 0
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20002000
        maps(0x20000000, 0x20020000) = {
        20000000-20003000 rw-p 00000000
        20003000-20004000 rw-p 00000000
        20010000-20011000 rw-p 00000000
        }
        """);

    [Fact]
    public void OldLengthZeroMapsTheSameSharedMemoryAgain() => Kernel.Agrees("""
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        store(0x20001000, 0x41) = 0
        mremap(0x20001000, 0, 0x1000, 0) = -1 ENOMEM
        mremap(0x20001000, 0, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20010000) = 0x20010000
        load(0x20010000) = 0x41
        load(0x20001000) = 0x41
        """);
}
