using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Tests;

public sealed class PrinterTests
{
    [Theory]
    [InlineData("mmap(0, 0, 0, 3, -1, 0)", "mmap(0, 0, PROT_NONE, MAP_SHARED_VALIDATE, -1, 0)")]
    [InlineData("mmap(1, 100, 7, 0x1abf32, 3, 0x123456789000)",
        "mmap(0x00000001, 0x64, PROT_READ|PROT_WRITE|PROT_EXEC, 0x1abf32, 3, 0x123456789000)")]    // 0x200 has no name
    [InlineData("mmap(0, 1, 0, 0x1bf932, 3, -4096)",
        "mmap(0, 0x1, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE|MAP_FIXED|MAP_GROWSDOWN|MAP_DENYWRITE|MAP_EXECUTABLE|" +
        "MAP_LOCKED|MAP_NORESERVE|MAP_POPULATE|MAP_NONBLOCK|MAP_STACK|MAP_SYNC, 3, -4096)")]
    [InlineData("mprotect(0x8048000, 0x1000, 0x3000009)", "mprotect(0x08048000, 0x1000, PROT_READ|PROT_SEM|PROT_GROWSDOWN|PROT_GROWSUP)")]
    [InlineData("mprotect(0, 0, 0x40)", "mprotect(0, 0, 0x40)")]
    [InlineData("mremap(0, 0, 0, 7, 0)", "mremap(0, 0, 0, MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP, 0)")]
    [InlineData("mremap(0, 0, 0, 8)", "mremap(0, 0, 0, 8)")]
    [InlineData("madvise(0, 0, 0)", "madvise(0, 0, MADV_NORMAL)")]
    [InlineData("madvise(0, 0, 12)", "madvise(0, 0, MADV_MERGEABLE)")]
    [InlineData("madvise(0, 0, 5)", "madvise(0, 0, 5)")]
    [InlineData("msync(0, 0, 7)", "msync(0, 0, MS_SYNC|MS_ASYNC|MS_INVALIDATE)")]
    [InlineData("mlock2(0, 0, 1)", "mlock2(0, 0, MLOCK_ONFAULT)")]
    [InlineData("mlock2(0, 0, 3)", "mlock2(0, 0, 3)")]
    [InlineData("mlockall(7)", "mlockall(MCL_CURRENT|MCL_FUTURE|MCL_ONFAULT)")]
    [InlineData("rlimit(RLIMIT_STACK, 0x800000)", "rlimit(RLIMIT_STACK, 0x800000)")]
    [InlineData("rlimit(RLIMIT_STACK, 0)", "rlimit(RLIMIT_STACK, 0)")]
    [InlineData("rlimit(RLIMIT_STACK, 0x8000000000000000)", "rlimit(RLIMIT_STACK, 0x8000000000000000)")]
    [InlineData("rlimit(RLIMIT_STACK, -1)", "rlimit(RLIMIT_STACK, RLIM_INFINITY)")]
    [InlineData("[0] store(0, 0)", "store(0, 0x00)")]
    [InlineData("[12] store32(0xfff, 5)", "[12] store32(0x00000fff, 0x00000005)")]
    [InlineData("openro(\"A b\", 0, 0)", "openro(\"A b\", 0, 0)")]
    [InlineData("munlockall()", "munlockall()")]
    public void ACallHasOneCanonicalForm(string written, string canonical) =>
        Assert.Equal(canonical, ScenarioParser.ParseCall(written).ToString());

    public static TheoryData<ScriptResult, string> Forms => new()
    {
        { ScriptResult.Number(4096), "4096" },
        { ScriptResult.Address(new(0x0804_A000)), "0x0804a000" },
        { ScriptResult.Byte(11), "0x0b" },
        { ScriptResult.Word(11), "0x0000000b" },
        { ScriptResult.Error(Errno.ENOMEM), "-1 ENOMEM" },
        { ScriptResult.Error(Errno.EAGAIN), "-1 EAGAIN" },
        { ScriptResult.ZeroOr(Errno.None), "0" },
        { ScriptResult.Signal(new(MemoryFaultKind.NotMapped, new VirtualAddress(16))), "SIGSEGV SEGV_MAPERR 0x00000010" },
        { ScriptResult.Signal(new(MemoryFaultKind.NotAllowed, new VirtualAddress(16))), "SIGSEGV SEGV_ACCERR 0x00000010" },
        { ScriptResult.Signal(new(MemoryFaultKind.BusError, new VirtualAddress(16))), "SIGBUS BUS_ADRERR 0x00000010" },
        { ScriptResult.Signal(new(MemoryFaultKind.OutOfMemory, new VirtualAddress(16))), "unsupported: out of memory" },
        { ScriptResult.CountAndCrc(100, 0xAB), "100 crc32=0x000000ab" },
        { ScriptResult.Crc(0xAB), "crc32=0x000000ab" },
        { ScriptResult.Quoted("1011"), "\"1011\"" },
        { ScriptResult.Block(""), "{\n}" },
        { ScriptResult.Block("a\nb"), "{\na\nb\n}" },
        { ScriptResult.Block("a\nb\n"), "{\na\nb\n}" },
        { ScriptResult.Line("size=1 data=2 stack=3 locked=4"), "size=1 data=2 stack=3 locked=4" },
        { default, "" },
    };

    [Theory, MemberData(nameof(Forms))]
    public void AResultHasTheFormOfTheDialect(ScriptResult result, string text) => Assert.Equal(text, result.ToString());

    [Fact]
    public void NoLimitHasAName() =>
        Assert.Contains("stack_limit=RLIM_INFINITY,", (ScenarioHeader.Default with { StackLimit = ulong.MaxValue })
            .ToString(), StringComparison.Ordinal);
}
