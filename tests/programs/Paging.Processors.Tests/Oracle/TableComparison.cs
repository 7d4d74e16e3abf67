using System.Buffers.Binary;
using Paging.Core;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Processors.Tests;

/// <summary>Asks our walker and an oracle the same about the tables that an engine has built, and leaves no trace in them.</summary>
internal sealed class TableComparison(PagingEngine engine, IMmuOracle oracle, int seed)
{
    private const int QuestionsPerArea = 4, AreasPerProcess = 6;

    private readonly Random _random = new(seed);

    public long QuestionCount { get; private set; }
    public long FaultCount { get; private set; }

    /// <summary>For a canary: our walker answers every question in supervisor mode.</summary>
    public bool IsBroken { get; init; }

    /// <summary>
    /// Asks about pages in and around some areas of every process, and about the kernel half. Null, or the first difference.
    /// </summary>
    public string? FindDifference()
    {
        foreach (UserProcess process in engine.Processes)
        {
            if (process.HasExited) continue;
            IReadOnlyList<AreaSnapshot> areas = process.Memory.Areas.Snapshot();
            for (int i = 0; i < Math.Min(areas.Count, AreasPerProcess); i++)
            {
                PageRange pages = areas[_random.Next(areas.Count)].Range;
                for (int round = 0; round < QuestionsPerArea; round++)
                {
                    if (Compare(process, PageNear(pages)) is { } difference) return difference;
                }
            }

            uint kernelPage = 0xC_0000 + (uint)_random.Next((int)(engine.Ram.FrameCount.Value * 3 / 2));
            if (Compare(process, new(Math.Min(kernelPage, 0xF_FBFF))) is { } inKernel) return inKernel;
        }

        return null;
    }

    private PageNumber PageNear(PageRange pages) => _random.Next(4) switch
    {
        0 => pages.First,
        1 => new(pages.End.Value - 1),
        2 => new(pages.First.Value + (uint)_random.NextInt64(pages.Count.Value)),
        _ when _random.Next(2) == 0 => pages.End,
        _ => new(Math.Max(pages.First.Value, 1) - 1),
    };

    private string? Compare(UserProcess process, PageNumber page)
    {
        AccessKind kind = (AccessKind)_random.Next(3);
        VirtualAddress address = page.Address + ((uint)_random.Next(4096) & (kind == AccessKind.Fetch ? ~15u : ~0u));
        OracleQuestion question =
            new(process.Memory.PrepareWalk(), address, kind, (ProcessorMode)_random.Next(2), _random.Next(8) != 0, _random.Next(16) != 0,
                engine.Options.Tables);    // NX is in use, so NXE is on
        Words before = Words.Read(engine.Ram, question);
        (OracleAnswer expected, Words expectedWords) = AskOracle(question, before);
        OracleQuestion ours = IsBroken ? question with { Mode = ProcessorMode.Supervisor } : question;
        OracleAnswer actual = ours.AskOurs(engine.Ram);
        Words actualWords = Words.Read(engine.Ram, question);
        before.Write(engine.Ram, question);
        QuestionCount++;
        if (!expected.Succeeded) FaultCount++;
        return expected == actual && expectedWords == actualWords
            ? null
            : $"process {process.Id}, {question}: ours {actual} leaving {actualWords}, oracle {expected} leaving {expectedWords}; it was "
                + $"{before}";
    }

    private (OracleAnswer Answer, Words After) AskOracle(in OracleQuestion question, in Words before)
    {
        Span<byte> code = question.Kind == AccessKind.Fetch ? TargetOf(question, before, out ulong physical) : Nothing(out physical);
        Span<byte> saved = stackalloc byte[code.Length];
        code.CopyTo(saved);
        if (!code.IsEmpty)
        {
            code[0] = 0xB8;    // mov eax, its own address; int3
            BinaryPrimitives.WriteUInt32LittleEndian(code[1..], (uint)physical);
            code[5] = 0xCC;
        }

        OracleAnswer answer = oracle.Access(question);
        saved.CopyTo(code);
        Words after = Words.Read(engine.Ram, question);
        before.Write(engine.Ram, question);
        return (answer, after);
    }

    /// <summary>The six bytes that a fetch reaches; none where nothing is mapped.</summary>
    private Span<byte> TargetOf(in OracleQuestion question, in Words words, out ulong physical)
    {
        PageDirectoryEntry upper = new(words.Upper);
        bool isWide = question.Format == TableFormat.Pae, isLarge = upper.IsLarge && (question.PageSizeExtensions || isWide);
        int index = (int)question.Address.Page.Value & (isWide ? 511 : 1023);
        PageTableEntry leaf = isLarge ? upper.PieceIn(question.Format, index) : new(words.Leaf);
        physical = leaf.FrameByteOffset | (uint)question.Address.OffsetInPage;
        bool isThere = upper.IsPresent && leaf.IsPresent && leaf.Frame.Value < engine.Ram.FrameCount.Value;
        return isThere ? engine.Ram.Bytes(new PhysicalAddress(physical), 6) : [];
    }

    private static Span<byte> Nothing(out ulong physical)
    {
        physical = 0;
        return [];
    }

    /// <summary>The two entries on the way to an address. That of a pointer table never changes.</summary>
    private readonly record struct Words(ulong Upper, ulong Leaf)
    {
        public static Words Read(PhysicalMemory ram, in OracleQuestion question)
        {
            ulong upper = UpperOf(ram, question).Entry.Word;
            return new(upper, HasTable(ram, upper, question) ? LeafOf(ram, upper, question).Entry.Word : 0);
        }

        public void Write(PhysicalMemory ram, in OracleQuestion question)
        {
            UpperOf(ram, question).Set(Upper);
            if (HasTable(ram, Upper, question)) LeafOf(ram, Upper, question).Set(Leaf);
        }

        public override string ToString() => $"{Upper:x8}/{Leaf:x8}";

        private static EntrySlot UpperOf(PhysicalMemory ram, in OracleQuestion question)
        {
            uint page = question.Address.Page.Value;
            if (question.Format == TableFormat.Classic) return SlotOf(ram, question.Directory, page >> 10, isWide: false);
            ulong pointer = SlotOf(ram, question.Directory, page >> 18, isWide: true).Entry.Word;
            return SlotOf(ram, new PageTableEntry(pointer).Frame, (page >> 9) & 511, isWide: true);
        }

        private static EntrySlot LeafOf(PhysicalMemory ram, ulong upper, in OracleQuestion question)
        {
            bool isWide = question.Format == TableFormat.Pae;
            return SlotOf(ram, new PageTableEntry(upper).Frame, question.Address.Page.Value & (isWide ? 511u : 1023), isWide);
        }

        private static unsafe EntrySlot SlotOf(PhysicalMemory ram, FrameNumber table, uint index, bool isWide) =>
            new EntryTable(ram.HostAddress(table), isWide).SlotAt((int)index);

        private static bool HasTable(PhysicalMemory ram, ulong upper, in OracleQuestion question) => (upper & 1) != 0
            && ((upper & 0x80) == 0 || (question.Format == TableFormat.Classic && !question.PageSizeExtensions))
            && new PageTableEntry(upper).Frame.Value < ram.FrameCount.Value;
    }
}
