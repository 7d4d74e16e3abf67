using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Fuzz;

/// <summary>The marked bytes of a process, and the expected effects of stores and moves on them.</summary>
internal sealed class SnapshotMarks(AddressSpace memory, ByteShadow shadow)
{
    /// <summary>The first wrong effect of a store or a move; null: none.</summary>
    public string? Failure { get; private set; }

    /// <summary>Every marked byte.</summary>
    public string Text => TextOf(default, uint.MaxValue);

    /// <summary>Gives some bytes a state.</summary>
    public Errno Mark(VirtualAddress at, uint choice) =>
        shadow.Mark(at, choice % 8 == 0 ? 5000 : choice % 100, (ByteState)((choice >> 8) % 3));

    /// <summary>The marked bytes of a range, by their distance from its start.</summary>
    public string TextOf(VirtualAddress start, uint byteLength)
    {
        StringBuilder marks = new("marks ");
        ulong end = (ulong)start.Value + byteLength;
        for (VirtualAddress from = start; from.Value < end;)
        {
            if (!shadow.TryFind(from, (uint)(end - from.Value), alsoUninitialized: true, out VirtualAddress at)) break;
            ByteState state = shadow[at];
            for (from = at; from.Value < end && shadow[from] == state; from += 1u)
            {
            }

            marks.Append(CultureInfo.InvariantCulture, $"{at.Value - start.Value:x}-{from.Value - start.Value:x}:{state} ");
        }

        return marks.ToString();
    }

    /// <summary>The marked bytes of a range that is about to be moved; null: it has holes, after which other pages stay.</summary>
    public string? BeforeMove(VirtualAddress from, uint byteLength)
    {
        PageRange range = new(from.Page, PageCount.Covering(byteLength));
        uint mapped = 0;
        foreach (AreaSnapshot area in memory.Areas.Snapshot()) mapped += area.Range.Intersect(range).Count.Value;
        return mapped == range.Count.Value ? TextOf(from, byteLength) : null;
    }

    /// <summary>A word was stored, so that its bytes were not unaddressable, and are good now.</summary>
    public void NoteStore(VirtualAddress at)
    {
        if (shadow.TryFind(at, sizeof(uint), alsoUninitialized: true, out VirtualAddress found))
            Failure ??= $"the word at {at} was stored, and byte {found} is {shadow[found]}";
    }

    /// <summary>Pages were moved from where <paramref name="before"/> was their text: their bytes have the same states.</summary>
    public void NoteMove(string before, VirtualAddress to, uint byteLength)
    {
        string after = TextOf(to, byteLength);
        if (!string.Equals(before, after, StringComparison.Ordinal)) Failure ??= $"pages with {before}were moved to {to}: {after}";
    }
}
