using Paging.Core;
using Paging.Native;
using Paging.Reports;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Damage as by foreign processors and devices: wild words in an engine's tables, then everything that walks them.</summary>
/// <param name="random">Chance of its own, so that a call's arguments do not depend on it.</param>
internal sealed class ApiDamage(FuzzRandom random)
{
    /// <summary>Half of the engines whose tables are spoilt have huge pages, or tables of the other format.</summary>
    public static EngineOptions WithHuge(EngineOptions options, FuzzRandom random) => options with
    {
        RamBytes = random.Percent(50) ? 16 << 20 : options.RamBytes,
        Tables = (TableFormat)random.Below(2),
        TransparentHugePages = (TransparentHugePages)random.Below(2),
        HugePages = random.Percent(30) ? 1 : 0,
    };

    /// <summary>Gives a process memory that may lie in huge pages, and touches it.</summary>
    public static void BeginHuge(UserProcess process)
    {
        VirtualAddress at = new(0x2040_0000);
        process.Memory.Map(at, 8 << 20, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);
        process.Memory.Advise(at, 8 << 20, MemoryAdvice.HugePage);
        process.Memory.Mmu.TryWrite(at, 1, out _);
    }

    /// <summary>Entries of page tables, and anything else that lies in RAM.</summary>
    public static void WriteRaw(FuzzRandom random, PhysicalMemory ram)
    {
        if (ram.FrameCount.Value == 0) return;
        for (int i = 0; i < 8; i++)
        {
            Span<uint> words = ram.Words(new(random.Below(uint.Min(ram.FrameCount.Value, 600))));
            uint present = (random.Below(600u) << 12) | 0x67;
            uint wild = (uint)random.Next();
            words[random.Below(words.Length)] = random.Below(3) switch { 0 => present, 1 => wild, _ => wild | 0x67 };
        }
    }

    /// <summary>Spoils the directory of a process, one of its tables, or any frame.</summary>
    public void Spoil(PagingEngine engine)
    {
        PhysicalMemory ram = engine.Ram;
        UserProcess[] processes = [.. engine.Processes];
        WildWords words = new(random);
        bool isTable = processes.Length != 0 && random.Percent(80);
        words.Spoil(ram, isTable
            ? words.ChooseTable(engine, random.OneOf<UserProcess>(processes))
            : new(random.Below(ram.FrameCount.Value)));
    }

    /// <summary>Every report and every walk of the engine's own: their exceptions count like any others.</summary>
    public void WalkEverything(PagingEngine engine)
    {
        Report(engine);
        foreach (UserProcess process in engine.Processes.ToArray())
        {
            if (process.HasExited) continue;
            Report(process);
            Use(engine, process);
        }

        Report(engine);
    }

    private static void Report(PagingEngine engine)
    {
        _ = engine.Audit();
        _ = engine.FormatMeminfo() + engine.FormatZoneInfo() + engine.FormatSwaps() + engine.FormatVmstat();
    }

    private void Report(UserProcess process)
    {
        AddressSpace memory = process.Memory;
        _ = memory.FormatSmaps() + process.FormatStatus() + memory.FormatStatm();
        _ = memory.Footprint;
        for (int i = 0; i < 64; i++)
        {
            PageNumber page = new(random.Percent(70) ? 0x2_0000 + random.Below(0x800u) : random.Below(0x10_0000u));
            memory.ReadPagemap(page);
            memory.Areas.FootprintAt(page);
            memory.HugePages.FootprintAt(page);
            memory.HasOwnPage(page);
        }
    }

    private void Use(PagingEngine engine, UserProcess process)
    {
        AddressSpace memory = process.Memory;
        VirtualAddress at = new(0x2000_0000 + (random.Below(64u) << 12));
        switch (random.Below(10))
        {
            case 0: engine.RunBackground(500); break;
            case 1: memory.Advise(new(0x2000_0000), 64 << 12, MemoryAdvice.PageOut); break;
            case 2: process.Fork(out _); break;
            case 3: process.Exit(); break;
            case 4: process.TryTakeSnapshot(out _, out _); break;
            case 5: memory.Unmap(at, 16 << 12); break;
            case 6: engine.TryTakeSnapshot(out _, out _); break;
            case 7: memory.Remap(at, 4 << 12, 8 << 12, RemapFlags.MayMove, out _); break;
            case 8: memory.ClearReferences(ReferenceKind.SoftDirty); break;
            default: memory.Mmu.TryWrite(at, 1, out _); break;
        }
    }
}
