using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Tests;

public sealed class ResultParserTests
{
    public static TheoryData<string, ScriptResult> Results => new()
    {
        { "munmap(0, 0) = 0", ScriptResult.Number(0) },
        { "copyin(0, 9, 1) = 0x10", ScriptResult.Number(16) },
        { "mmap(0, 0, 0, 0, 0, 0) = 0x20000000", ScriptResult.Address(new(0x2000_0000)) },
        { "brk(0) = 4096", ScriptResult.Address(new(4096)) },
        { "load(0) = 0x41", ScriptResult.Byte(0x41) },
        { "load(0) = 65", ScriptResult.Byte(0x41) },
        { "load32(0) = 0x00000041", ScriptResult.Word(0x41) },
        { "mmap(0, 0, 0, 0, 0, 0) = -1 ENOMEM", ScriptResult.Error(Errno.ENOMEM) },
        { "munmap(0, 0) = -1   EOPNOTSUPP", ScriptResult.Error(Errno.EOPNOTSUPP) },
        { "store(0, 1) = SIGSEGV SEGV_MAPERR 0x20002000",
        ScriptResult.Signal(new(MemoryFaultKind.NotMapped, new VirtualAddress(0x2000_2000))) },
        { "store(0, 1) = SIGSEGV SEGV_ACCERR 0x1", ScriptResult.Signal(new(MemoryFaultKind.NotAllowed, new VirtualAddress(1))) },
        { "sum(0, 1) = SIGBUS BUS_ADRERR 0xffffffff",
            ScriptResult.Signal(new(MemoryFaultKind.BusError, new VirtualAddress(uint.MaxValue))) },
        { "pread(3, 9, 0) = 9 crc32=0x12345678", ScriptResult.CountAndCrc(9, 0x1234_5678) },
        { "sum(0, 9) = crc32=0x00000000", ScriptResult.Crc(0) },
        { "mincore(0, 0) = \"1011\"", ScriptResult.Quoted("1011") },
        { "mincore(0, 0) = \"\"", ScriptResult.Quoted("") },
        { "pagemap(0, 0) = \"a..a\"", ScriptResult.Quoted("a..a") },
        { "vm() = size=19 data=11  stack=0x0 locked=0", ScriptResult.Line("size=19 data=11 stack=0 locked=0") },
        { "maps(0, 0) = {\n}", ScriptResult.Block("") },
        { "maps(0, 0) = {\n20000000-20002000 rw-p 00000000\n  20002000-20003000 ---s 100000000 /dev/zero \n}",
            ScriptResult.Block("20000000-20002000 rw-p 00000000\n20002000-20003000 ---s 100000000 /dev/zero") },
        { "load(0)", default },
    };

    [Theory, MemberData(nameof(Results))]
    public void AResultHasTheFormOfItsCall(string line, ScriptResult expected) => Assert.Equal(expected, Scenario.Call(line).Recorded);

    [Theory]
    [InlineData("load(0) = 65", true)]
    [InlineData("load(0) = 0x00000041", true)]
    [InlineData("load(0) = 66", false)]
    public void NumbersAgreeByValue(string line, bool expected)
    {
        ScriptResult recorded = Scenario.Call(line).Recorded;
        Assert.Equal(expected, recorded.Agrees(ScriptResult.Byte(0x41)));
        Assert.Equal(expected, recorded.Agrees(ScriptResult.Word(0x41)));
        Assert.Equal(expected, recorded.Agrees(ScriptResult.Number(0x41)));
        Assert.Equal(expected, recorded.Agrees(ScriptResult.Address(new(0x41))));
    }

    [Fact]
    public void NothingRecordedAgreesWithEverythingButUnsupported()
    {
        Assert.True(default(ScriptResult).Agrees(ScriptResult.Error(Errno.EPERM)));
        Assert.True(default(ScriptResult).Agrees(ScriptResult.Block("x")));
        Assert.False(default(ScriptResult).Agrees(ScriptResult.Unsupported("no")));
        Assert.False(ScriptResult.Unsupported("no").Agrees(ScriptResult.Unsupported("no")));
    }

    [Fact]
    public void FormsThatAreNoNumbersAgreeOnlyWithTheirOwn()
    {
        ScriptResult signal = ScriptResult.Signal(new(MemoryFaultKind.NotMapped, new VirtualAddress(12)));
        Assert.False(ScriptResult.Error(Errno.ENOMEM).Agrees(ScriptResult.Number(12)));
        Assert.False(ScriptResult.Error(Errno.ENOMEM).Agrees(ScriptResult.Error(Errno.EINVAL)));
        Assert.False(signal.Agrees(ScriptResult.Signal(new(MemoryFaultKind.NotAllowed, new VirtualAddress(12)))));
        Assert.False(signal.Agrees(ScriptResult.Signal(new(MemoryFaultKind.NotMapped, new VirtualAddress(13)))));
        Assert.False(ScriptResult.CountAndCrc(1, 2).Agrees(ScriptResult.CountAndCrc(1, 3)));
        Assert.False(ScriptResult.CountAndCrc(1, 2).Agrees(ScriptResult.CountAndCrc(2, 2)));
        Assert.False(ScriptResult.Quoted("1").Agrees(ScriptResult.Quoted("0")));
        Assert.False(ScriptResult.Quoted("").Agrees(ScriptResult.Block("")));
        Assert.False(ScriptResult.Block("a\nb").Agrees(ScriptResult.Block("a")));
        Assert.True(ScriptResult.Block("a\nb").Agrees(ScriptResult.Block("a\nb\n")));
    }
}
