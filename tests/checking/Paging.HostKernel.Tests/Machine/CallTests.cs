using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;

namespace Paging.HostKernel.Tests;

/// <summary>
/// What the machine adds between the dialect and the kernel, call by call; the calls themselves are the recordings' business.
/// </summary>
public sealed class CallTests
{
    [Fact]
    public void FaultsAreCountedOnlyOnceAskedForAndOnlyOfAccesses() => Host.Agrees(
        "mmap(0x20000000, 0x8000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000",
        "store(0x20000000, 1) = 0",
        "faults() = 0",
        "load(0x20001000) = 0x00",
        "store(0x20001000, 1) = 0",
        "fill(0x20002000, 0x1000, 1) = 0",
        "copyin(0x20003000, 1, 0) = 1",
        "store32(0x20007ffe, 1) = SIGSEGV SEGV_MAPERR 0x20008000",
        "faults() = 3",
        "fork() = 1",
        "[1] faults() = 0",
        "[1] load(0x30000000) = SIGSEGV SEGV_MAPERR 0x30000000",
        "[1] store(0x20000000, 2) = 0",
        "[1] faults() = 1",
        "faults() = 0");

    [Fact]
    public void KernelCopiesCountEveryByteBeforeTheFirstThatFails() => Host.Agrees(
        "mmap(0x20000000, 0x3000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000",
        "copyin(0x20000ffd, 100000, 3) = 8195",
        "copyout(0x20002ffd, 4096) = 3 crc32=0xb119d4f4",
        "copyin(0x20000000, 0, 3) = 0",
        "copyin(0x20003000, 1, 3) = -1 EFAULT",
        "copyout(0x1fffffff, 2) = -1 EFAULT");

    [Fact]
    public void LongRangesAreSummedPieceByPiece()
    {
        using HostKernelMachine machine = Host.Start();
        Assert.Equal("0x20000000",
            machine.Do("mmap(0x20000000, 0x50000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"));
        Assert.Equal("300001", machine.Do("copyin(0x20000003, 300001, 9)"));
        string sum = machine.Do("sum(0x20000003, 300001)");
        Assert.Equal($"300001 {sum}", machine.Do("copyout(0x20000003, 300001)"));
        byte[] expected = new byte[300_001];
        ScriptBytes.Fill(expected, 0, 9);
        Assert.Equal($"crc32=0x{ScriptBytes.Crc32(expected):x8}", sum);
    }

    [Fact]
    public void FilesShowTheirShortNamesAndDescriptorsTheLowestFreeNumber() => Host.Agrees(
        "open(\"A\", 0x2000, 1) = 3",
        "openro(\"B\", 0x2000, 1) = 4",
        "fork() = 1",
        "[1] close(3) = 0",
        "[1] openwo(\"A\", 0, 0) = 3",
        "[1] pread(3, 1, 0) = -1 EBADF",
        "opendir() = 5",
        "mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_FIXED, 5, 0) = -1 ENODEV",
        "mmap(0x20000000, 0x1000, PROT_READ|PROT_EXEC, MAP_SHARED|MAP_FIXED, 4, 0x1000) = 0x20000000",
        "mmap(0x20001000, 0x1000, PROT_READ, MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20001000",
        "maps(0, 0xc0000000) = {", "20000000-20001000 r-xs 00001000 B", "20001000-20002000 r--s 00000000 /dev/zero", "}",
        "ftruncate(4, 0) = -1 EINVAL",
        "ftruncate(9, 0) = -1 EBADF",
        "ftruncate(9, -1) = -1 EINVAL",
        "mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE, 0, 0) = -1 EBADF",
        "mmap(0x20000000, 0x1000, PROT_READ, MAP_PRIVATE, 4, 1) = -1 EINVAL");

    [Fact]
    public void ThePageOfZerosIsNotExclusive() => Host.Agrees(
        "mmap(0x20000000, 0x4000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000",
        "load(0x20000000) = 0x00",
        "store(0x20002000, 1) = 0",
        "resident(0, 0xc0000000) = 1",
        "pagemap(0x1ffff000, 0x20005000) = \"...a..\"",
        "mincore(0x20000000, 0x4000) = \"1010\"");

    [Theory]
    [InlineData("munmap(0xbfff0000, 0x1000)")]
    [InlineData("munmap(0, 0xc0000000)")]
    [InlineData("mmap(0xbffff000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)")]
    [InlineData("mprotect(0xbfff8000, 0x1000, PROT_NONE)")]
    [InlineData("mremap(0xbfff0000, 0x1000, 0x1000, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20000000)")]
    [InlineData("madvise(0x20000000, 0xa0000000, MADV_REMOVE)")]
    [InlineData("store32(0xbffefffd, 1)")]
    [InlineData("fill(0xbffe0000, 0x20000, 1)")]
    public void CallsThatWouldChangeTheBlockAreNotExecuted(string call)
    {
        using HostKernelMachine machine = Host.Start();
        Assert.Equal(CallResultKind.Unsupported, machine.Execute(ScenarioParser.ParseCall(call)).Kind);
        Assert.Equal("0x0804a000", machine.Do("brk(0)"));
    }

    [Fact]
    public void CallsThatTheKernelRefusesAtTheBlockAreExecuted() => Host.Agrees(
        "munmap(0xbffff000, 0x2000) = -1 EINVAL",
        "mmap(0xbffff000, 0x2000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = -1 ENOMEM",
        "mmap(0xbffff000, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0) = -1 EEXIST",
        "mprotect(0x20000000, 0xa0000000, PROT_NONE) = -1 ENOMEM",
        "mlock(0xbffe0000, 0x20000) = -1 ENOMEM",
        "load(0xc0000000) = SIGSEGV SEGV_MAPERR 0xc0000000");

    [Fact]
    public void ALimitAboveTheHostsOwnIsUnsupportedNotRefused()
    {
        using HostKernelMachine machine = Host.Start();
        ScriptResult result = machine.Execute(ScenarioParser.ParseCall("rlimit(RLIMIT_MEMLOCK, RLIM_INFINITY)"));
        Assert.True(result.Kind == CallResultKind.Unsupported || result == ScriptResult.Number(0), result.ToString());
    }
}
