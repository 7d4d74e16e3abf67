using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Processors.Tests;

//   frame 0       1 … 8                           9 … 255
//  ┌───────┬──────────────────────────────┬─────────────────────────────────────────────────┐
//  │ empty │ tables of any level: random  │ every 16 bytes: mov eax, their own address; int3 │
//  │       │ entries of eight bytes       │                                                 │
//  └───────┴──────────────────────────────┴─────────────────────────────────────────────────┘
/// <summary>1 MiB of RAM with PAE tables full of random entries: NX, PS, reserved bits, frames that are tables or not there.</summary>
/// <remarks>
/// Two copies, one for each walker. Bits 36 to 39 stay clear: the oracle's processor has 40 lines of address, where ours has 36 and
/// reserves them.
/// </remarks>
internal sealed class PaeRandomTables : IDisposable
{
    private const uint FirstTable = 1, TableCount = 8, FrameCountOfRam = 256;
    private const uint FirstUnit = (FirstTable + TableCount) << 12;

    private readonly Random _random;

    public PaeRandomTables(int seed)
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

    /// <summary>Other entries everywhere.</summary>
    public void Shuffle()
    {
        for (uint table = FirstTable; table < FirstTable + TableCount; table++)
        {
            Span<ulong> words = Words(Ours, new(table));
            foreach (ref ulong word in words) word = NextEntry();
            words.CopyTo(Words(Oracle, new(table)));
        }
    }

    /// <summary>A question that does not pass through the stub.</summary>
    public OracleQuestion Next()
    {
        while (true)
        {
            FrameNumber directory = new(FirstTable + (uint)_random.Next((int)TableCount));
            VirtualAddress address = new((uint)_random.NextInt64(0xC000_0000));    // the stub hangs in the last gigabyte
            AccessKind kind = (AccessKind)_random.Next(3);
            if (kind == AccessKind.Fetch) address = new(address.Value & ~15u);
            if (!TryFindFrame(directory, address, out FrameNumber frame)) continue;
            bool isTable = frame.Value <= TableCount;
            return new(directory, address, isTable && kind == AccessKind.Fetch ? AccessKind.Read : kind, (ProcessorMode)_random.Next(2),
                _random.Next(4) != 0, true, TableFormat.Pae, _random.Next(4) != 0);
        }
    }

    /// <summary>The first table word that differs, or null.</summary>
    public string? FindDifference()
    {
        for (uint table = FirstTable; table < FirstTable + TableCount; table++)
        {
            Span<ulong> ours = Words(Ours, new(table)), oracle = Words(Oracle, new(table));
            int at = ours.CommonPrefixLength(oracle);
            if (at < 512) return $"table {table} entry {at}: ours {ours[at]:x}, oracle {oracle[at]:x}";
        }

        return null;
    }

    public void Dispose()
    {
        ((IDisposable)Oracle).Dispose();
        ((IDisposable)Ours).Dispose();
    }

    private static Span<ulong> Words(PhysicalMemory ram, FrameNumber frame) => MemoryMarshal.Cast<uint, ulong>(ram.Words(frame));

    /// <summary>The frame that all levels lead to, ignoring rights. Returns false if the stub's pointer is on the way.</summary>
    private bool TryFindFrame(FrameNumber directory, VirtualAddress address, out FrameNumber frame)
    {
        FrameNumber table = directory;
        uint page = address.Page.Value;
        PageDirectoryEntry entry = default;
        for (int level = 2; level >= 0; level--)
        {
            int index = (int)(page >> (level * 9)) & 511;
            frame = table;
            if (table.Value >= FrameCountOfRam) return true;    // reads as zero, or as all ones: nothing is fitted there
            if (level < 2 && table == directory && index == 3) return false;
            entry = new(Words(Ours, table)[index]);
            if (level == 1 && entry.IsLarge)
            {
                frame = entry.PieceIn(TableFormat.Pae, (int)page & 511).Frame;
                return true;
            }

            table = entry.Table;
        }

        frame = table;
        return true;
    }

    private ulong NextEntry()
    {
        ulong flags = (uint)_random.Next(0x1000) & ~0x81u;
        if (_random.Next(16) != 0) flags |= 1;
        if (_random.Next(4) != 0) flags |= 4;
        if (_random.Next(8) == 0) flags |= 1ul << 63;
        if (_random.Next(24) == 0) flags |= 1ul << _random.Next(40, 63);
        if (_random.Next(6) == 0) return flags | 0x80 | NextLargeFrame();
        ulong frame = _random.Next(10) switch
        {
            < 6 => FirstTable + (uint)_random.Next((int)TableCount),
            < 9 => (uint)_random.Next((int)FrameCountOfRam),
            _ => 0x10_0000 + (uint)_random.Next(0xF0_0000),    // beyond 4 GiB, where nothing is fitted
        };
        return flags | (frame << 12);
    }

    private ulong NextLargeFrame() =>
        (_random.Next(3) == 0 ? 0 : (ulong)_random.Next(0x800, 0x8000) << 21) | ((ulong)_random.Next(2) << 12)
            | (_random.Next(12) == 0 ? 1ul << _random.Next(13, 21) : 0);
}
