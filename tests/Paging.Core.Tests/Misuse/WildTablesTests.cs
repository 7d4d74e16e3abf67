using Paging.Core.Swap;
using Paging.Native;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The host may write anything into page tables: reports still work, and the audit names the damage.</summary>
public sealed class WildTablesTests
{
    private static readonly byte[] Fills = [0x01, 0x67, 0x81, 0x87, 0xC1, 0xE3, 0xE7, 0xFE, 0xFF];

    public static TheoryData<byte, TableFormat, bool> Cases()
    {
        TheoryData<byte, TableFormat, bool> cases = [];
        foreach (byte fill in Fills)
        {
            foreach (TableFormat format in Enum.GetValues<TableFormat>())
            {
                cases.Add(fill, format, false);
                cases.Add(fill, format, true);
            }
        }

        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void ADirectoryOfWildEntriesIsReported(byte fill, TableFormat format, bool hasHuge)
    {
        using PagingEngine engine = new(OptionsOf(format));
        UserProcess process = Begin(engine, hasHuge);
        foreach (FrameNumber directory in DirectoriesOf(engine, process)) engine.Ram.Fill(directory, fill);
        ReportEverything(engine, process);
        Assert.False(engine.Audit().IsClean);
        UseEverything(engine, process);
    }

    [Theory, MemberData(nameof(Cases))]
    public void ATableOfWildEntriesIsReported(byte fill, TableFormat format, bool hasHuge)
    {
        using PagingEngine engine = new(OptionsOf(format));
        UserProcess process = Begin(engine, hasHuge);
        engine.Ram.Fill(TableOf(engine, process), fill);
        ReportEverything(engine, process);
        Assert.False(engine.Audit().IsClean);
        UseEverything(engine, process);
    }

    /// <summary>A large entry that leads to RAM, to the block of another page, is no huge page of the process.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void ALargeEntryThatLeadsToRamIsReported(bool hasHuge)
    {
        using PagingEngine engine = new(OptionsOf(TableFormat.Classic));
        UserProcess process = Begin(engine, hasHuge);
        engine.Ram.Words(process.Memory.PrepareWalk())[(int)(Base.Value >> 22) + 2] = 0x0040_00E7;
        ReportEverything(engine, process);
        Assert.False(engine.Audit().IsClean);
        UseEverything(engine, process);
    }

    /// <summary>A snapshot that knows entries, or only marks, of pages whose table is gone cannot go back, and says so.</summary>
    [Theory]
    [InlineData(TableFormat.Classic, false), InlineData(TableFormat.Classic, true)]
    [InlineData(TableFormat.Pae, false), InlineData(TableFormat.Pae, true)]
    public void ASnapshotDoesNotGoBackToATableThatIsGone(TableFormat format, bool hasOnlyMarks)
    {
        using PagingEngine engine = new(OptionsOf(format));
        UserProcess process = Begin(engine, hasHuge: false);
        Snapshot snapshot = process.TakeSnapshot();
        if (hasOnlyMarks) process.Memory.ClearReferences(ReferenceKind.SoftDirty);
        else process.Memory.Mmu.Write(Base, 1);
        foreach (FrameNumber directory in DirectoriesOf(engine, process)) engine.Ram.Fill(directory, 0);
        InvariantException thrown = Assert.Throws<InvariantException>(() => snapshot.Restore());
        Assert.StartsWith("P2: page 20000 has no page table to go back to", thrown.Message, StringComparison.Ordinal);
    }

    private static VirtualAddress Base => new(0x2000_0000);

    private static EngineOptions OptionsOf(TableFormat format) => new()
    {
        RamBytes = 32 << 20,
        Tables = format,
        RequestHostHugePages = false,
        TransparentHugePages = TransparentHugePages.Advised,
        Overcommit = OvercommitMode.Always,
        AttachedSpacesMax = 2,
    };

    /// <summary>A process with small pages, of a file and its own, at the base, and 4 MiB of its own after them.</summary>
    private static UserProcess Begin(PagingEngine engine, bool hasHuge)
    {
        const MapFlags Own = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;
        engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _);
        UserProcess process = engine.CreateProcess("wild");
        process.Memory.Map(Base, 32 << 12, MemoryProtection.ReadWrite, Own, out _);
        GuestFile file = engine.Files.CreateMemoryFile("file", 16 << 12);
        file.Open(process, FileRights.ReadWrite, out int descriptor);
        process.Memory.Map(new(Base.Value + (64 << 12)), 16 << 12, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, 0, out _);
        for (uint page = 0; page < 80; page += 5) process.Memory.Mmu.TryWrite(new(Base.Value + (page << 12)), page, out _);
        if (!hasHuge) return process;
        process.Memory.Map(new(Base.Value + (4 << 20)), 8 << 20, MemoryProtection.ReadWrite, Own, out _);
        process.Memory.Advise(new(Base.Value + (4 << 20)), 8 << 20, MemoryAdvice.HugePage);
        process.Memory.Mmu.Write(new(Base.Value + (4 << 20)), 1);
        return process;
    }

    /// <summary>The directory of the user half: one frame, or those that the pointer table leads to.</summary>
    private static FrameNumber[] DirectoriesOf(PagingEngine engine, UserProcess process) => engine.Options.Tables == TableFormat.Classic
        ? [process.Memory.PrepareWalk()]
        : [new(engine.Ram.Words(process.Memory.PrepareWalk())[0] >> 12)];

    private static FrameNumber TableOf(PagingEngine engine, UserProcess process)
    {
        bool isWide = engine.Options.Tables == TableFormat.Pae;
        Span<uint> words = engine.Ram.Words(DirectoriesOf(engine, process)[0]);
        return new(words[(int)(isWide ? (Base.Value >> 21) * 2 : Base.Value >> 22)] >> 12);
    }

    private static void ReportEverything(PagingEngine engine, UserProcess process)
    {
        AddressSpace memory = process.Memory;
        _ = memory.Footprint;
        _ = memory.Usage;
        for (uint page = 0; page < PageCount.AddressSpace.Value; page += 251)
        {
            memory.Areas.FootprintAt(new(page));
            memory.ReadPagemap(new(page));
            memory.HasOwnPage(new(page));
        }

        string text = memory.FormatSmaps() + memory.FormatSmapsRollup() + process.FormatStatus()
            + memory.FormatStatm() + engine.FormatMeminfo() + engine.FormatZoneInfo();
        Assert.Contains("MemTotal:", text, StringComparison.Ordinal);
        _ = engine.Audit();
        _ = memory.InCore(Base, 32 << 12, new byte[32]);
        for (uint line = 0; line < 3; line++) memory.HugePages.FootprintAt(new((Base.Value >> 12) + (line * 1024)));
        _ = process.OutOfMemoryScore;
    }

    /// <summary>Goes through every call that walks tables. A check may fail by name; nothing else is thrown, and nothing hangs.</summary>
    private static void UseEverything(PagingEngine engine, UserProcess process)
    {
        AddressSpace memory = process.Memory;
        UserProcess? child = null;
        Action[] calls =
        [
            () => memory.Mmu.TryWrite(Base, 1, out _),
            () => memory.Mmu.TryRead<int>(new(Base.Value + (5 << 20)), out _, out _),
            () => memory.Protect(Base, 16 << 12, MemoryProtection.Read),
            () => memory.Advise(Base, 4 << 12, MemoryAdvice.DontNeed),
            () => memory.Advise(new(Base.Value + (4 << 20)), 4 << 20, MemoryAdvice.Collapse),
            () => memory.ClearReferences(ReferenceKind.All),
            () => memory.ClearReferences(ReferenceKind.SoftDirty),
            () => process.Fork(out child),
            () => process.TryTakeSnapshot(out _, out _),
            () => engine.RunBackground(1000),
            engine.Files.SynchronizeAll,
            engine.Files.DropCaches,
            () => memory.Lock(Base, 8 << 12),
            () => memory.Remap(Base, 16 << 12, 32 << 12, RemapFlags.MayMove, out _),
            () => memory.Unmap(new(Base.Value + (4 << 20)), 2 << 20),
            () => memory.Unmap(Base, 8 << 20),
            () => child?.Exit(),
            () => process.Exit(),
        ];
        foreach (Action call in calls)
        {
            Exception? thrown = Record.Exception(call);
            Assert.True(thrown is null or InvariantException, $"{thrown}");
        }

        ReportOf(engine);
    }

    private static void ReportOf(PagingEngine engine)
    {
        _ = engine.Audit();
        _ = engine.Memory;
    }
}
