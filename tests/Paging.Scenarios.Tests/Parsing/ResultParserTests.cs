using Paging.Core;
using Paging.Native;

namespace Paging.Scripting.Tests;

public sealed class ResultParserTests
{
    public static TheoryData<string, CallResult> Results => new()
    {
        { "munmap(0, 0) = 0", CallResult.Number(0) },
        { "copyin(0, 9, 1) = 0x10", CallResult.Number(16) },
        { "mmap(0, 0, 0, 0, 0, 0) = 0x20000000", CallResult.Address(new(0x2000_0000)) },
        { "brk(0) = 4096", CallResult.Address(new(4096)) },
        { "load(0) = 0x41", CallResult.Byte(0x41) },
        { "load(0) = 65", CallResult.Byte(0x41) },
        { "load32(0) = 0x00000041", CallResult.Word(0x41) },
        { "mmap(0, 0, 0, 0, 0, 0) = -1 ENOMEM", CallResult.Error(Errno.ENOMEM) },
        { "munmap(0, 0) = -1   EOPNOTSUPP", CallResult.Error(Errno.EOPNOTSUPP) },
        { "store(0, 1) = SIGSEGV SEGV_MAPERR 0x20002000",
        CallResult.Signal(new(MemoryFaultKind.NotMapped, new VirtualAddress(0x2000_2000))) },
        { "store(0, 1) = SIGSEGV SEGV_ACCERR 0x1", CallResult.Signal(new(MemoryFaultKind.NotAllowed, new VirtualAddress(1))) },
        { "sum(0, 1) = SIGBUS BUS_ADRERR 0xffffffff", CallResult.Signal(new(MemoryFaultKind.BusError, new VirtualAddress(uint.MaxValue))) },
        { "pread(3, 9, 0) = 9 crc32=0x12345678", CallResult.CountAndCrc(9, 0x1234_5678) },
        { "sum(0, 9) = crc32=0x00000000", CallResult.Crc(0) },
        { "mincore(0, 0) = \"1011\"", CallResult.Quoted("1011") },
        { "mincore(0, 0) = \"\"", CallResult.Quoted("") },
        { "pagemap(0, 0) = \"a..a\"", CallResult.Quoted("a..a") },
        { "vm() = size=19 data=11  stack=0x0 locked=0", CallResult.Line("size=19 data=11 stack=0 locked=0") },
        { "maps(0, 0) = {\n}", CallResult.Block("") },
        { "maps(0, 0) = {\n20000000-20002000 rw-p 00000000\n  20002000-20003000 ---s 100000000 /dev/zero \n}",
            CallResult.Block("20000000-20002000 rw-p 00000000\n20002000-20003000 ---s 100000000 /dev/zero") },
        { "load(0)", default },
    };

    [Theory, MemberData(nameof(Results))]
    public void AResultHasTheFormOfItsCall(string line, CallResult expected) => Assert.Equal(expected, Scenario.Call(line).Recorded);

    [Theory]
    [InlineData("load(0) = 65", true)]
    [InlineData("load(0) = 0x00000041", true)]
    [InlineData("load(0) = 66", false)]
    public void NumbersAgreeByValue(string line, bool expected)
    {
        CallResult recorded = Scenario.Call(line).Recorded;
        Assert.Equal(expected, recorded.Agrees(CallResult.Byte(0x41)));
        Assert.Equal(expected, recorded.Agrees(CallResult.Word(0x41)));
        Assert.Equal(expected, recorded.Agrees(CallResult.Number(0x41)));
        Assert.Equal(expected, recorded.Agrees(CallResult.Address(new(0x41))));
    }

    [Fact]
    public void NothingRecordedAgreesWithEverythingButUnsupported()
    {
        Assert.True(default(CallResult).Agrees(CallResult.Error(Errno.EPERM)));
        Assert.True(default(CallResult).Agrees(CallResult.Block("x")));
        Assert.False(default(CallResult).Agrees(CallResult.Unsupported("no")));
        Assert.False(CallResult.Unsupported("no").Agrees(CallResult.Unsupported("no")));
    }

    [Fact]
    public void FormsThatAreNoNumbersAgreeOnlyWithTheirOwn()
    {
        CallResult signal = CallResult.Signal(new(MemoryFaultKind.NotMapped, new VirtualAddress(12)));
        Assert.False(CallResult.Error(Errno.ENOMEM).Agrees(CallResult.Number(12)));
        Assert.False(CallResult.Error(Errno.ENOMEM).Agrees(CallResult.Error(Errno.EINVAL)));
        Assert.False(signal.Agrees(CallResult.Signal(new(MemoryFaultKind.NotAllowed, new VirtualAddress(12)))));
        Assert.False(signal.Agrees(CallResult.Signal(new(MemoryFaultKind.NotMapped, new VirtualAddress(13)))));
        Assert.False(CallResult.CountAndCrc(1, 2).Agrees(CallResult.CountAndCrc(1, 3)));
        Assert.False(CallResult.CountAndCrc(1, 2).Agrees(CallResult.CountAndCrc(2, 2)));
        Assert.False(CallResult.Quoted("1").Agrees(CallResult.Quoted("0")));
        Assert.False(CallResult.Quoted("").Agrees(CallResult.Block("")));
        Assert.False(CallResult.Block("a\nb").Agrees(CallResult.Block("a")));
        Assert.True(CallResult.Block("a\nb").Agrees(CallResult.Block("a\nb\n")));
    }
}
