using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A machine with transparent huge pages and swap, one process, and the word that each page of it should hold.</summary>
/// <remarks>Lines are numbered from <see cref="Base"/> on, and so are pages. A page that was never written holds 0.</remarks>
internal sealed class HugeWorld : IDisposable
{
    private const uint Base = 0x2000_0000;

    private readonly Dictionary<int, uint> _words = [];

    public HugeWorld(
        TableFormat tables = TableFormat.Pae, uint ramMiB = 32, uint swapMiB = 128, int scanPages = 4096,
        MemoryGroupOptions? limited = null, int hugePages = 0)
    {
        Engine = new(new EngineOptions
        {
            RamBytes = FrameCount.MiB(ramMiB).Bytes,
            Tables = tables,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            TransparentHugePages = TransparentHugePages.Advised,
            CollapseScanPages = scanPages,
            HugePages = hugePages,
        });
        if (swapMiB != 0) World.Succeeds(Engine.Swap.SwitchOn(new MemorySwapStore(swapMiB << 20), out _));
        MemoryGroup? group = null;
        if (limited is not null) World.Succeeds(Engine.Groups.Create(limited, out group));
        Process = Engine.CreateProcess("first", ProcessOptions.Default with { Group = group });
        Group = group;
    }

    public PagingEngine Engine { get; }
    public UserProcess Process { get; }
    public MemoryGroup? Group { get; }
    public AddressSpace Memory => Process.Memory;

    /// <summary>The pages of a line.</summary>
    public int PagesEach => (int)(Engine.HugePages.PageBytes >> 12);

    public HugeCounters Huge => Engine.HugePages.Counters;

    /// <summary>How many lines after the base are huge, beginning with the first.</summary>
    public int CountHugeLines(int lineCount)
    {
        int count = 0;
        for (int line = 0; line < lineCount; line++)
            if (Memory.Space.Tables.Huge.TryRead(At(line * PagesEach).Page, out PageTableEntry entry) && !entry.Software3) count++;
        return count;
    }

    public static VirtualAddress At(int page) => new(Base + ((uint)page << 12));

    /// <summary>Maps lines, with the advice that makes them huge or without.</summary>
    public void MapLines(int first, int count, bool isAdvised = true)
    {
        uint bytes = (uint)(count * PagesEach) << 12;
        World.Succeeds(Memory.Map(At(first * PagesEach), bytes, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        if (isAdvised) World.Succeeds(Memory.Advise(At(first * PagesEach), bytes, MemoryAdvice.HugePage));
    }

    public void Write(int page, uint word)
    {
        Memory.Mmu.Write(At(page), word);
        _words[page] = word;
    }

    /// <summary>Writes a word of its own to each page of some lines.</summary>
    public void FillLines(int first, int count)
    {
        for (int page = first * PagesEach; page < (first + count) * PagesEach; page++) Write(page, ((uint)page * 7) + 1);
    }

    /// <summary>Gives every other page of some lines up.</summary>
    public void Checker(int first, int count)
    {
        for (int page = first * PagesEach; page < (first + count) * PagesEach; page += 2)
        {
            World.Succeeds(Memory.Advise(At(page), 4096, MemoryAdvice.DontNeed));
            _words[page] = 0;
        }
    }

    public void ExpectZero(int page) => _words.Remove(page);

    /// <summary>Every page holds its word, and every rule of the audit holds.</summary>
    public void Verify(UserProcess? process = null)
    {
        foreach ((int page, uint word) in _words) Assert.Equal(word, (process ?? Process).Memory.Mmu.Read<uint>(At(page)));
        Audit();
    }

    public void Audit()
    {
        AuditReport report = Engine.Audit();
        if (!report.IsClean) Assert.Fail(report.ToString());
    }

    public void Dispose() => Engine.Dispose();
}
