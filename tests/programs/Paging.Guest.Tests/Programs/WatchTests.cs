using System.Globalization;

namespace Paging.Guest.Tests;

/// <summary>Watchpoints stop at accesses of their own bytes, and at no neighbour's (<c>tests/programs/sources/neighbours.c</c>).</summary>
[Trait("Category", "Medium")]
public sealed class WatchTests(BuiltPrograms programs)
{
    private const uint Pair = 0x2000_0000;    // where the program puts it

    /// <summary>The program adds to the first word three times, then loads and stores the second.</summary>
    [Theory]
    [InlineData("Z3", 4, "rwatch", 3)]    // a load, the one of an addition, and a vector's
    [InlineData("Z4", 4, "awatch", 4)]
    [InlineData("Z2", 4, "watch", 2)]
    [InlineData("Z3", 0, "rwatch", 3)]
    [InlineData("Z4", 8, "awatch", 1)]    // a vector of sixteen bytes that begins before it
    public void AWatchpointStopsAtItsOwnBytesOnly(string packet, uint offset, string reason, int hits)
    {
        using GuestRun run = new();
        using DebugWire gdb = new(run, programs.Find("neighbours"), "neighbours");
        Assert.Equal("OK", gdb.Ask(string.Create(CultureInfo.InvariantCulture, $"{packet},{Pair + offset:x},4")));
        int stops = 0;
        string stop = gdb.Ask("c");
        for (; stop.StartsWith("T05", StringComparison.Ordinal); stop = gdb.Ask("c"))
        {
            Assert.Contains($"{reason}:", stop, StringComparison.Ordinal);
            stops++;
        }

        Assert.StartsWith("W00", stop, StringComparison.Ordinal);
        Assert.Equal(hits, stops);
    }

    /// <summary>A debugger that is gone without a word leaves the program, or ends it, as its owner has chosen, who is told.</summary>
    [Theory]
    [InlineData(false, 0, GuestEnd.Exited)]
    [InlineData(true, 130, GuestEnd.Stopped)]
    public void ALostDebuggerLeavesOrEndsTheProgram(bool ends, int status, GuestEnd end)
    {
        int lost = 0;
        using GuestRun run = new() { EndsWithDebugger = ends, OnDebuggerLost = () => lost++ };
        Outcome outcome;
        using (DebugWire gdb = new(run, programs.Find("neighbours"), "neighbours")) outcome = gdb.HangUp();
        Assert.Equal((status, end, 1), (outcome.Status, run.End, lost));
    }
}
