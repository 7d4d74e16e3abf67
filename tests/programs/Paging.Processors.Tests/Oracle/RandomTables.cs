using System.Buffers.Binary;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Processors.Tests;

//   frame 0       1 … 8                       9 … 255
//  ┌───────┬──────────────────────────┬─────────────────────────────────────────────────┐
//  │ empty │ tables of either level:  │ every 16 bytes: mov eax, their own address; int3 │
//  │       │ random words             │                                                 │
//  └───────┴──────────────────────────┴─────────────────────────────────────────────────┘
/// <summary>
/// 1 MiB of RAM with tables full of random entries: rights at both levels, 4 MB pages, frames that are tables, frames that are not there.
/// </summary>
/// <remarks>Two copies, one for each walker, so that A and D gather in both and can be compared.</remarks>
internal sealed class RandomTables : IDisposable
{
    public const uint FirstTable = 1, TableCount = 8;
    public const uint FirstUnit = (FirstTable + TableCount) << 12;
    private const uint FrameCountOfRam = 256;

    private readonly Random _random;

    public RandomTables(int seed)
    {
        _random = new(seed);
        foreach (PhysicalMemory ram in new[] { Oracle, Ours })
        {
            for (uint address = FirstUnit; address < FrameCountOfRam << 12; address += 16)
            {
                Span<byte> unit = ram.Bytes(new PhysicalAddress(address), 16);
                unit[0] = 0xB8;
                BinaryPrimitives.WriteUInt32LittleEndian(unit[1..], address);
                unit[5] = 0xCC;
            }
        }
    }

    /// <summary>The RAM that the oracle walks.</summary>
    public PhysicalMemory Oracle { get; } = new(new(FrameCountOfRam), requestHugePages: false);

    /// <summary>The RAM that our walker walks.</summary>
    public PhysicalMemory Ours { get; } = new(new(FrameCountOfRam), requestHugePages: false);

    public static bool IsTable(PhysicalAddress physical) => physical.Frame.Value - FirstTable < TableCount;

    /// <summary>Other entries everywhere.</summary>
    public void Shuffle()
    {
        for (uint table = FirstTable; table < FirstTable + TableCount; table++)
        {
            Span<uint> words = Ours.Words(new(table));
            foreach (ref uint word in words) word = NextEntry();
            words.CopyTo(Oracle.Words(new(table)));
        }
    }

    /// <summary>A question that does not pass through the stub.</summary>
    public OracleQuestion Next()
    {
        while (true)
        {
            FrameNumber directory = new(FirstTable + (uint)_random.Next((int)TableCount));
            VirtualAddress address = new((uint)_random.NextInt64(OracleStub.Linear));
            AccessKind kind = (AccessKind)_random.Next(3);
            if (kind == AccessKind.Fetch) address = new(address.Value & ~15u);
            PageDirectoryEntry upper = new(Ours.Words(directory)[address.Page.DirectoryIndex]);
            if (address.Page.TableIndex == 1023 && upper.Table == directory) continue;    // the stub's own entry
            OracleQuestion question =
                new(directory, address, kind, (ProcessorMode)_random.Next(2), _random.Next(4) != 0, _random.Next(4) != 0);
            return kind == AccessKind.Fetch && ReachesTable(question) ? question with { Kind = AccessKind.Read } : question;
        }
    }

    /// <summary>
    /// A question whose answer the reached bytes identify: no tables, and no code or tables where nothing is fitted.
    /// </summary>
    public OracleQuestion NextRecognisable()
    {
        while (true)
        {
            OracleQuestion question = Next();
            uint offset = question.Kind switch { AccessKind.Read => 1u, AccessKind.Write => 15u, _ => 0u };
            question = question with { Address = new((question.Address.Value & ~15u) + offset) };
            PageDirectoryEntry upper = new(Ours.Words(question.Directory)[question.Address.Page.DirectoryIndex]);
            bool isLarge = upper.IsLarge && question.PageSizeExtensions;
            if (upper.IsPresent && !isLarge && upper.Table.Value >= FrameCountOfRam) continue;
            if (ReachesTable(question)) continue;
            if (question.Kind == AccessKind.Fetch && FrameOf(question).Value >= FrameCountOfRam) continue;
            return question;
        }
    }

    /// <summary>For an oracle that leaves A of the directory's entry alone on a walk that faults below it.</summary>
    public void TakeUpperFromOurs(in OracleQuestion question)
    {
        int index = question.Address.Page.DirectoryIndex;
        ref uint theirs = ref Oracle.Words(question.Directory)[index];
        uint ours = Ours.Words(question.Directory)[index];
        if ((theirs ^ ours) == EntryBits.Accessed) theirs = ours;
    }

    /// <summary>The first table word that differs, or null.</summary>
    public string? FindDifference()
    {
        for (uint table = FirstTable; table < FirstTable + TableCount; table++)
        {
            Span<uint> ours = Ours.Words(new(table)), oracle = Oracle.Words(new(table));
            int at = ours.CommonPrefixLength(oracle);
            if (at < 1024) return $"table {table} entry {at}: ours {ours[at]:x8}, oracle {oracle[at]:x8}";
        }

        return null;
    }

    public void Dispose()
    {
        ((IDisposable)Oracle).Dispose();
        ((IDisposable)Ours).Dispose();
    }

    /// <summary>Code of tables cannot be made recognisable: they are read instead.</summary>
    private bool ReachesTable(in OracleQuestion question) => FrameOf(question) is var frame && (IsTable(frame.Address) || frame.Value == 0);

    /// <summary>The frame that both levels lead to, ignoring rights; a frame that is no table where there is none.</summary>
    private FrameNumber FrameOf(in OracleQuestion question)
    {
        PageDirectoryEntry upper = new(Ours.Words(question.Directory)[question.Address.Page.DirectoryIndex]);
        if (upper.IsPresent && upper.IsLarge && question.PageSizeExtensions) return upper.PieceAt(question.Address.Page.TableIndex).Frame;
        return upper.Table.Value >= FrameCountOfRam ? upper.Table
            : new PageTableEntry(Ours.Words(upper.Table)[question.Address.Page.TableIndex]).Frame;
    }

    private uint NextEntry()
    {
        uint flags = (uint)_random.Next(0x1000) & ~0x81u;
        if (_random.Next(8) != 0) flags |= 1;
        if (_random.Next(3) != 0) flags |= 4;
        if (_random.Next(6) == 0) return flags | 0x80 | NextLargeFrame();
        uint frame = _random.Next(10) switch
        {
            < 5 => FirstTable + (uint)_random.Next((int)TableCount),
            < 9 => (uint)_random.Next((int)FrameCountOfRam),
            _ => FrameCountOfRam + (uint)_random.Next(0xF_0000),    // nothing is fitted there
        };
        return flags | (frame << 12);
    }

    /// <summary>Bits 13 to 16 are address bits 32 to 35. Bits 17 to 20 stay clear: the oracle takes them for four lines more.</summary>
    private uint NextLargeFrame() =>
        ((uint)_random.Next(3) == 0 ? 0 : (uint)_random.Next(1, 0x3FC) << 22) | (_random.Next(12) == 0 ? 1u << 21 : 0)
            | (_random.Next(4) == 0 ? (uint)_random.Next(16) << 13 : 0) | ((uint)_random.Next(2) << 12);
}
