using System.Runtime.InteropServices;
using System.Xml.Linq;
using Paging.Core;
using Paging.Native;

namespace Paging.Scripting.Tests;

/// <summary><c>paging walk --draw</c>: the pictures of an engine's RAM say what the engine says.</summary>
public sealed class WalkDrawingTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Parent and child after a fork: two pages are shared, read-only, and the child has written two.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void ForkedPagesAreDrawnWithTheirFrames(TableFormat format)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, Tables = format });
        UserProcess parent = engine.CreateProcess("parent");
        VirtualAddress start = new(0x2000_0000);
        Assert.Equal(Errno.None, parent.Memory.Map(start, 0x4000, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        for (uint page = 0; page < 3; page++) Assert.True(parent.Memory.Mmu.TryWrite(start + (page << 12), page, out _));
        Assert.Equal(Errno.None, parent.Fork(out UserProcess? child));
        for (uint page = 0; page < 3; page++)
        {
            Assert.True(child!.Memory.Mmu.TryRead(start + (page << 12), out uint _, out _));    // its own table
            Assert.True(parent.Memory.Mmu.TryRead(start + (page << 12), out uint _, out _));
        }

        for (uint page = 0; page < 2; page++) Assert.True(child!.Memory.Mmu.TryWrite(start + (page << 12), 9u, out _));
        string raw = _folder.Write("memory.raw", BytesOf(engine)), picture = _folder.At("out.svg");
        string tables = format == TableFormat.Pae ? "pae" : "classic";
        CommandRun run = CommandRun.Of("walk", raw, "--cr3", Cr3Of(parent), "--beside", Cr3Of(child!), "--tables", tables,
            "--pages", "20000000-20004000", "--translate", "20002004", "--draw", picture);
        Assert.Equal((0, "", $"{picture}: 6 pictures"), (run.Code, run.Errors, run.LastLine));
        XElement svg = XDocument.Load(picture).Root!;
        List<string> expected = [];
        foreach (UserProcess process in (UserProcess[])[parent, child!])
        {
            for (uint page = 0; page < 4; page++)
            {
                PagemapWord word = process.Memory.ReadPagemap((start + (page << 12)).Page);
                if (word.IsPresent) expected.Add($"{start.Value + (page << 12):x8} {word.Frame.Value:x}");
            }
        }

        Assert.Equal(6, expected.Count);
        string[] entries = [.. Facts(svg, "word").Where(static one => one.Attribute("d") is not null).Select(static one =>
            $"{one.Attribute("data-entry")!.Value} {Convert.ToUInt64(one.Attribute("data-word")!.Value, 16) >> 12:x}")];
        Assert.Equal(expected, entries, StringComparer.Ordinal);
        uint shared = parent.Memory.ReadPagemap((start + 0x2000).Page).Frame.Value;
        XElement frame = Facts(svg, "maps")
            .Single(one => one.Attribute("data-frame")!.Value.Equals($"{shared:x}", StringComparison.Ordinal));
        Assert.Equal("2", frame.Attribute("data-maps")!.Value);
        Assert.Contains($"physical {(shared << 12) + 4:x8}", Texts(svg), StringComparer.Ordinal);
        Assert.Contains("kernel: the same", Texts(svg), StringComparer.Ordinal);
        Assert.Contains("frames that programs map: 4 once, 1 twice", Texts(svg), StringComparer.Ordinal);
    }

    /// <summary>A page of 4 MiB has a translation in two steps.</summary>
    [Fact]
    public void ALargePageIsTranslatedInTwoSteps()
    {
        byte[] image = new byte[0x3000];
        uint directory = 0x2007, large = 0x0040_0083;
        MemoryMarshal.Write(image.AsSpan(0x1000), in directory);
        MemoryMarshal.Write(image.AsSpan(0x1000 + (769 * 4)), in large);
        string raw = _folder.Write("memory.raw", image), picture = _folder.At("out.svg");
        CommandRun run = CommandRun.Of("walk", raw, "--cr3", "1000", "--tables", "classic", "--translate", "c0401234", "--draw", picture);
        Assert.Equal((0, ""), (run.Code, run.Errors));
        string[] texts = [.. Texts(XDocument.Load(picture).Root!)];
        Assert.Contains("An address in 2 parts: 10 | 22", texts, StringComparer.Ordinal);
        Assert.Contains("physical 00401234", texts, StringComparer.Ordinal);
        Assert.Contains("c0400000–c0800000 direct map", texts, StringComparer.Ordinal);    // 3 GiB above its frames
        Assert.Contains("1×4 MB", texts, StringComparer.Ordinal);
    }

    /// <summary>Up to two other spaces, each with a picture of its own.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void OtherSpacesAreDrawnBeside(int count, bool isDrawn)
    {
        byte[] image = new byte[0x8000];
        for (int space = 0; space < 4; space++) image[0x1000 + (space * 0x1000) + (space * 4)] = 0x83;    // a page of 4 MiB, each another
        string raw = _folder.Write("memory.raw", image), picture = _folder.At("out.svg");
        string[] others = [.. Enumerable.Range(1, count).SelectMany(static other => (string[])["--beside", $"{1 + other}000"])];
        CommandRun run = CommandRun.Of(["walk", raw, "--cr3", "1000", "--tables", "classic", "--draw", picture, .. others]);
        if (!isDrawn)
        {
            Assert.Equal("paging walk: --beside is there twice at most", run.Refusal());
            return;
        }

        Assert.Equal((0, ""), (run.Code, run.Errors));
        string[] texts = [.. Texts(XDocument.Load(picture).Root!)];
        for (int space = 0; space <= count; space++)
            Assert.Contains(texts, text => text.Contains($"cr3 0000{1 + space}000", StringComparison.Ordinal));
    }

    [Fact]
    public void RefusalsNameTheOption()
    {
        string raw = _folder.Write("memory.raw", new byte[0x2000]), picture = _folder.At("out.svg");
        Assert.Contains("--beside needs --draw FILE.svg", CommandRun.Of("walk", raw, "--cr3", "1000", "--beside", "0").Refusal(),
            StringComparison.Ordinal);
        Assert.Equal("paging walk: --pages is at most 64 pages, not 65",
            CommandRun.Of("walk", raw, "--cr3", "1000", "--draw", picture, "--pages", "10000-51000").Refusal());
        Assert.Equal("paging walk: the image has no memory at 7000 (--beside)",
            CommandRun.Of("walk", raw, "--cr3", "1000", "--draw", picture, "--beside", "7000").Refusal());
        Assert.Equal($"{_folder.Path}: cannot be written: a directory",
            CommandRun.Of("walk", raw, "--cr3", "1000", "--draw", _folder.Path).Refusal());
    }

    private static IEnumerable<XElement> Facts(XElement svg, string name) =>
        svg.Descendants().Where(one => one.Attribute("data-" + name) is not null);

    private static IEnumerable<string> Texts(XElement svg) =>
        svg.Descendants().Where(static one => one.Name.LocalName is "text").Select(static one => one.Value);

    private static string Cr3Of(UserProcess process) => $"{process.Memory.PrepareWalk().Value << 12:x}";

    private static byte[] BytesOf(PagingEngine engine)
    {
        byte[] bytes = new byte[engine.Ram.FrameCount.Value << 12];
        for (uint frame = 0; frame < engine.Ram.FrameCount.Value; frame++)
            engine.Ram.Bytes(new FrameNumber(frame)).CopyTo(bytes.AsSpan((int)frame << 12));
        return bytes;
    }
}
