using Paging.Bench.Harness;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Huge;

/// <summary>An engine with PAE tables and one process with lines of 2 MiB: in huge pages, or in small ones.</summary>
internal sealed class LinesWorld : IDisposable
{
    /// <summary>Small pages to a line.</summary>
    public const int PagesEach = 512;

    private const uint FirstLine = 0x4000_0000;

    /// <summary>Makes the engine with twice the RAM that the lines need, and maps the lines.</summary>
    public LinesWorld(int lineCount, bool isHuge)
    {
        (LineCount, IsHuge) = (lineCount, isHuge);
        Engine = new(new EngineOptions
        {
            RamBytes = ((ulong)ByteLength * 2) + (32 << 20),
            Tables = TableFormat.Pae,
            Overcommit = OvercommitMode.Always,
            TransparentHugePages = TransparentHugePages.Advised,
        });
        Process = Engine.CreateProcess("bench");
        Map(lineCount);
    }

    public PagingEngine Engine { get; }

    public UserProcess Process { get; }

    public AddressSpace Space => Process.Memory;

    /// <summary>The lines that are mapped.</summary>
    public int LineCount { get; private set; }

    public bool IsHuge { get; }

    public uint ByteLength => (uint)LineCount << 21;

    /// <summary>The huge pages run; the small ones are what they are compared with.</summary>
    public Role Role => IsHuge ? Role.Engine : Role.Reference;

    /// <summary>The first byte of a line.</summary>
    public static VirtualAddress At(int line) => new(FirstLine + ((uint)line << 21));

    /// <summary>A contender's description, with its kind of pages.</summary>
    public string Describe(string call) => IsHuge ? call + ", huge pages" : call + ", 512 small pages each";

    /// <summary>Maps so many lines, which have no pages.</summary>
    public void Map(int lineCount)
    {
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        LineCount = lineCount;
        EngineWorld.Require(Space.Map(At(0), ByteLength, MemoryProtection.ReadWrite, flags, out _), "mmap");
        MemoryAdvice advice = IsHuge ? MemoryAdvice.HugePage : MemoryAdvice.NoHugePage;
        EngineWorld.Require(Space.Advise(At(0), ByteLength, advice), "madvise");
    }

    /// <summary>Writes to each page of so many lines, which are all that is mapped.</summary>
    public void Fill(int lineCount)
    {
        if (lineCount != LineCount)
        {
            EngineWorld.Require(Space.Unmap(At(0), ByteLength), "munmap");
            Map(lineCount);
        }

        Mmu mmu = Space.Mmu;
        for (uint offset = 0; offset < ByteLength; offset += 4096) mmu.Write(At(0) + offset, EngineWorld.FilledWord);
        BrokenBenchmarkException.ThrowUnlessEqual("huge pages", IsHuge ? LineCount : 0, CountHuge());
    }

    /// <summary>Gives all pages back.</summary>
    public void Discard() => EngineWorld.Require(Space.Advise(At(0), ByteLength, MemoryAdvice.DontNeed), "madvise");

    /// <summary>How many lines are huge.</summary>
    public int CountHuge() => (int)(Space.HugePages.FootprintAt(At(0).Page).TransparentBytes >> 21);

    /// <inheritdoc/>
    public void Dispose() => Engine.Dispose();
}
