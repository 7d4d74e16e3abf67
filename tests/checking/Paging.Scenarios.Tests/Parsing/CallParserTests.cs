using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;

namespace Paging.Scripting.Tests;

public sealed class CallParserTests
{
    [Fact]
    public void AnMmapIsItsSixNumbers()
    {
        ScenarioCall call =
            Scenario.Call("mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000").Call;
        Assert.Equal(new ScenarioCall(CallName.Mmap, 0, 6, 0x2000_0000, 0x2000, 3, 0x32, -1, 0), call);
    }

    [Fact]
    public void AProcessStandsInFrontInBrackets() =>
        Assert.Equal(new ScenarioCall(CallName.Load, 65_535, 1, 0x2000_0000), Scenario.Call("[65535] load(0x20000000) = 0x41").Call);

    [Fact]
    public void AFileNameIsNoNumber() =>
        Assert.Equal(new ScenarioCall(CallName.Open, 0, 2, 100, 3, FileName: "a, b)"), Scenario.Call("open(\"a, b)\", 100, 3) = 3").Call);

    [Fact]
    public void TheNewAddressOfMremapMayBeMissing()
    {
        Assert.Equal(4, Scenario.Call("mremap(0x20000000, 0x1000, 0x2000, 0)").Call.ArgumentCount);
        Assert.Equal(5, Scenario.Call("mremap(0x20000000, 0x1000, 0x2000, 0, 0)").Call.ArgumentCount);
    }

    [Theory]
    [InlineData("load(0x41)")]
    [InlineData("load(65)")]
    [InlineData("load(0x00041)")]
    [InlineData("load(  65  )")]
    [InlineData("load(64|1)")]
    [InlineData("load(0x40|0x41)")]
    [InlineData("  load(65)  ")]
    public void NumbersHaveTheSameValueInEverySpelling(string line) => Assert.Equal(0x41, Scenario.Call(line).Call.A0);

    [Theory]
    [InlineData("munmap(-1, 0)", 0xFFFF_FFFFL)]    // the register has all bits set
    [InlineData("close(-1)", -1)]
    [InlineData("close(-100)", -100)]
    [InlineData("close(0xffffffff)", -1)]
    [InlineData("mlockall(-1)", 0xFFFF_FFFFL)]
    public void AllBitsSetMayBeWrittenAsMinusOne(string line, long expected) => Assert.Equal(expected, Scenario.Call(line).Call.A0);

    [Theory]
    [InlineData("ftruncate(3, -1)", -1)]
    [InlineData("ftruncate(3, -9223372036854775808)", long.MinValue)]
    [InlineData("ftruncate(3, 0x80000000)", 0x8000_0000)]
    [InlineData("ftruncate(3, 0xffffffffffffffff)", -1)]
    [InlineData("rlimit(RLIMIT_AS, RLIM_INFINITY)", -1)]
    [InlineData("rlimit(RLIMIT_AS, 0xffffffffffffffff)", -1)]
    [InlineData("rlimit(RLIMIT_AS, -1)", -1)]
    public void SizesAndLimitsHave64Bits(string line, long expected) => Assert.Equal(expected, Scenario.Call(line).Call.A1);

    [Fact]
    public void TheNameOfALimitIsItsNumber()
    {
        Assert.Equal((long)ResourceLimit.LockedMemory, Scenario.Call("rlimit(RLIMIT_MEMLOCK, 0)").Call.A0);
        Assert.Equal((long)ResourceLimit.AddressSpace, Scenario.Call("rlimit(RLIMIT_AS, 0)").Call.A0);
    }

    [Fact]
    public void ConstantsAndNumbersMayBeMixed() =>
        Assert.Equal(0x72, Scenario.Call("mmap(0, 1, 0, MAP_PRIVATE | 0x40|MAP_ANONYMOUS |16, -1, 0)").Call.A3);

    [Fact]
    public void ATextIsKeptAsItWasWritten()
    {
        ScenarioDocument document = ScenarioParser.ParseText($"# first\n\n  # second\n{Scenario.Header}\n [1] load( 0x0 ) =  65 \n", "x");
        Assert.Equal(["# first", "", "  # second", Scenario.Header, "[1] load( 0x0 )"], document.Lines.Select(static line => line.Text),
            StringComparer.Ordinal);
        Assert.Equal([1, 2, 3, 4, 5], document.Lines.Select(static line => line.Number));
    }

    [Fact]
    public void AByteOrderMarkAndCarriageReturnsAreIgnored()
    {
        ScenarioDocument document = ScenarioParser.ParseText($"\uFEFF# x\r\n{Scenario.Header}\r\nload(0) = 0x41\r\n");
        Assert.Equal(ScriptResult.Byte(0x41), document.Lines[^1].Recorded);
        Assert.Equal("# x", document.Lines[0].Text);
    }

    [Fact]
    public void TheLastLineNeedsNoEnd() =>
        Assert.Equal(ScriptResult.Byte(0x41), ScenarioParser.ParseText(Scenario.Header + "\nload(0) = 0x41").Lines[^1].Recorded);

    [Fact]
    public void EveryNameOfTheDialectIsInTheTable()
    {
        Assert.Equal(Enum.GetValues<CallName>(), ScriptCalls.All.Select(static signature => signature.Name));
        Assert.All(Enum.GetValues<CallName>(),
            static name => Assert.Equal(name.ToString(), ScriptCalls.Of(name).Spelling, ignoreCase: true));
    }
}
