using System.Globalization;
using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>The answer to <c>bytes ADDRESS</c>: a star stands before each byte that this page of this process has not shown.</summary>
public sealed class PageBytesTests
{
    private const string Calls = """
        mmap(0x20000000, 0x2000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x20000000
        store(0x20000000, 0x41) = 0
        store(0x20001008, 0x61) = 0
        fork() = 1
        [1] store(0x20000000, 0x42) = 0
        [1] store(0x20000009, 0x43) = 0
        store(0x20000000, 0x44) = 0
        store(0x20000000, 0) = 0

        """;

    /// <summary>Parent and child have the same page with other bytes, and the page after it is shown in between.</summary>
    [Fact]
    public void EachPageOfEachProcessIsComparedWithItself()
    {
        using ViewSession session = Begin(Calls);
        Expect(5, 0x20000000, ["20000000  41 00 00 00 00 00 00 00  A......."], ["20000000  42 00 00 00 00 00 00 00  B......."]);
        Expect(6, 0x20000FFF, ["20000000  41 00 00 00 00 00 00 00  A......."],
            ["20000000  42 00 00 00 00 00 00 00  B.......", "20000008  00*43 00 00 00 00 00 00  .C......"]);
        string[] second = ["20001008  61 00 00 00 00 00 00 00  a......."];
        Expect(6, 0x20001000, second, second);
        Expect(7, 0x20000000, ["20000000 *44 00 00 00 00 00 00 00  D......."],
            ["20000000  42 00 00 00 00 00 00 00  B.......", "20000008  00 43 00 00 00 00 00 00  .C......"]);
        Expect(7, 0x20001FFF, second, second);
        Expect(5, 0x20000000, ["20000000 *41 00 00 00 00 00 00 00  A......."],    // back
            ["20000000  42 00 00 00 00 00 00 00  B.......", "20000008  00*00 00 00 00 00 00 00  ........"]);
        Expect(2, 0x20000000, ["20000000  41 00 00 00 00 00 00 00  A......."]);

        void Expect(int position, uint address, params string[][] lines)
        {
            session.GoTo(position);
            IEnumerable<string> expected = session.Now.Spaces.Zip(lines, (space, shown) =>
                $"{Heading(space, address)}\n{string.Join('\n', shown)}\nthe rest is zeros");
            Assert.Equal(lines.Length, session.Now.Spaces.Count);
            Assert.Equal(string.Join('\n', expected), Ask(session, address));
        }
    }

    /// <summary>A line of zeros is shown while it has changed, and a page without a frame has no bytes.</summary>
    [Fact]
    public void ZerosAreShownOnlyIfTheyAreNew()
    {
        using ViewSession session = Begin(Calls);
        Assert.Equal("page 20000000 is in no frame", Ask(session, 0x20000123));
        session.GoTo(7);
        Ask(session, 0x20000000);
        session.GoTo(8);
        Assert.Contains("\n20000000 *00 00 00 00 00 00 00 00  ........\nthe rest is zeros\n", Ask(session, 0x20000000),
            StringComparison.Ordinal);
        Assert.StartsWith($"{Heading(session.Now.Spaces[0], 0x20000000)}\nall zeros\n", Ask(session, 0x20000000), StringComparison.Ordinal);
        Assert.Equal("page 20002000 is in no frame", Ask(session, 0x20002000));
    }

    [Theory]
    [InlineData(63, "the rest is zeros")]
    [InlineData(64, "the rest is zeros")]
    [InlineData(65, "and more")]
    public void SixtyFourLinesAreShown(int lineCount, string end)
    {
        string stores = string.Concat(Enumerable.Range(0, lineCount).Select(static line =>
            string.Create(CultureInfo.InvariantCulture, $"store(0x{0x20000FF8 - (line * 8):x}, 0x7e) = 0\n")));
        using ViewSession session = Begin(Calls.Split('\n')[0] + "\n" + stores);
        session.GoTo(1 + lineCount);
        string[] lines = Ask(session, 0x20000000).Split('\n');
        Assert.Equal(Math.Min(lineCount, 64), lines.Count(static line => line.EndsWith("  ~.......", StringComparison.Ordinal)));
        Assert.Equal((Math.Min(lineCount, 64) + 2, end), (lines.Length, lines[^1]));
    }

    private static ViewSession Begin(string calls)
    {
        string header = File.ReadAllLines(Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn"))[1];
        return new(new ViewedScript(ScenarioParser.ParseText($"{header}\n{calls}"), new() { RamBytes = 2 << 20 }));
    }

    private static string Ask(ViewSession session, uint address) => ViewSearch.Answer(session, $"bytes {address:x8}");

    private static string Heading(SpaceView space, uint address) =>
        $"process {space.Number}, frame {space.EntryOf(new VirtualAddress(address).Page).Entry.Frame.Value:x3}";
}
