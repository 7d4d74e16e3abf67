namespace Paging.ReferenceModel.Tests;

/// <summary>Private copies, and the bytes around a file's end (DIALECT section 4, Files).</summary>
/// <remarks>Each result was recorded from Linux 6.18.</remarks>
public sealed class FileTests
{
    [Fact]
    public void ShorteningAFileDestroysPrivateCopiesBeyondTheEndInEveryProcess() => Kernel.Agrees("""
        open("A", 12288, 1) = 3
        mmap(0x20000000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000
        store(0x20000000, 0x41) = 0
        store(0x20002000, 0x42) = 0
        fork() = 1
        ftruncate(3, 4096) = 0
        pagemap(0x20000000, 0x20003000) = "a.."
        [1] pagemap(0x20000000, 0x20003000) = "a.."
        [1] load(0x20002000) = SIGBUS BUS_ADRERR 0x20002000
        ftruncate(3, 12288) = 0
        [1] load(0x20002000) = 0x00
        load(0x20000000) = 0x41
        """);

    [Fact]
    public void APunchedHoleLeavesPrivateCopiesAlone() => Kernel.Agrees("""
        open("A", 8192, 1) = 3
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000
        store(0x20000000, 0x41) = 0
        punch(3, 0, 8192) = 0
        load(0x20000000) = 0x41
        load(0x20001000) = 0x00
        pread(3, 8192, 0) = 8192 crc32=0xd8f49994
        """);

    [Fact]
    public void TruncationZeroesTheTailOfTheLastPageInTheFileButNotInAPrivateCopy() => Kernel.Agrees("""
        open("A", 4096, 1) = 3
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000
        mmap(0x20010000, 0x1000, PROT_READ, MAP_SHARED|MAP_FIXED, 3, 0) = 0x20010000
        store(0x20000800, 0x41) = 0
        ftruncate(3, 2048) = 0
        load(0x20000800) = 0x41
        load(0x20000fff) = 0x06
        load(0x20010fff) = 0x00
        ftruncate(3, 4096) = 0
        load(0x20010800) = 0x00
        """);

    [Fact]
    public void APrivatePageShowsTheFileAsItIsUntilItIsWritten() => Kernel.Agrees("""
        open("A", 4096, 1) = 3
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0) = 0x20000000
        load(0x20000000) = 0x0d
        pwrite(3, 1, 0, 9) = 1
        load(0x20000000) = 0x75
        store(0x20000001, 0x41) = 0
        pwrite(3, 1, 0, 10) = 1
        load(0x20000000) = 0x75
        """);

    [Fact]
    public void AWriteBeyondTheEndOfAFileFailsAndLeavesAHistory() => Kernel.Agrees("""
        open("A", 4096, 1) = 3
        mmap(0x20001000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0x1000) = 0x20001000
        store(0x20001000, 1) = SIGBUS BUS_ADRERR 0x20001000
        mmap(0x20003000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0x3000) = 0x20003000
        store(0x20003000, 1) = SIGBUS BUS_ADRERR 0x20003000
        mmap(0x20002000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0x2000) = 0x20002000
        maps(0x20000000, 0x20010000) = {
        20001000-20003000 rw-p 00001000 A
        20003000-20004000 rw-p 00003000 A
        }
        """);

    [Fact]
    public void ASharedAnonymousObjectDoesNotGrowWithItsMapping() => Kernel.Agrees("""
        mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        store(0x20000000, 0x41) = 0
        mremap(0x20000000, 0x1000, 0x2000, MREMAP_MAYMOVE) = 0x20000000
        load(0x20001000) = SIGBUS BUS_ADRERR 0x20001000
        load(0x20000000) = 0x41
        """);
}
