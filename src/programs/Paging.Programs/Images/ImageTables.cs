using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Programs.Images;

/// <summary>One step of a translation: a table and its entry.</summary>
/// <param name="Name">PDPTE, PDE or PTE.</param>
/// <param name="Table">The table.</param>
/// <param name="Index">The number of the entry in it.</param>
/// <param name="Word">The entry; 0 if the image does not have it.</param>
/// <param name="Place">The physical address of the entry.</param>
/// <param name="IsThere">True if the image has the entry.</param>
public readonly record struct ImageStep(string Name, PhysicalAddress Table, int Index, ulong Word, PhysicalAddress Place, bool IsThere);

/// <summary>The page tables that a CR3 names in an image: classic ones of two levels, or those of PAE.</summary>
/// <remarks>Tables that the image does not have read as zeros. Cost of a walk over everything: at most 2,052 tables.</remarks>
/// <param name="image">The memory.</param>
/// <param name="cr3">The highest table.</param>
/// <param name="format">Its format.</param>
/// <param name="hasLargePages">False without CR4.PSE: bit 7 of a classic directory's entry means nothing then (SDM 3A, 4.3).</param>
public sealed class ImageTables(MemoryImage image, PhysicalAddress cr3, TableFormat format, bool hasLargePages = true)
{
    private readonly ulong _large = hasLargePages || format == TableFormat.Pae ? ImageEntry.Large : 0;
    private readonly MemoryImage _image = image ?? throw new ArgumentNullException(nameof(image));

    /// <summary>The swap files and partitions of a Linux, by their numbers, in which <see cref="Read"/> finds pages, too.</summary>
    public IReadOnlyList<LinuxSwapFile> SwapFiles { get; init; } = [];

    /// <summary>The bytes that <see cref="Read"/> has found in swap so far.</summary>
    public long SwappedByteCount { get; private set; }

    /// <summary>True for entries of 64 bits.</summary>
    public bool IsPae => format == TableFormat.Pae;

    /// <summary>The frames of tables below the directory that the last enumeration has visited.</summary>
    public int TableCount { get; private set; }

    /// <summary>Those of them that are not, or not as a whole, in the image.</summary>
    public int MissingTableCount { get; private set; }

    /// <summary>All entries of the last level that are not zero, by address.</summary>
    public IEnumerable<ImageEntry> Entries() => IsPae ? PaeEntries() : ClassicEntries();

    /// <summary>The entries that a processor reads for an address, the highest first; the last one is absent, or maps it.</summary>
    /// <param name="address">The address.</param>
    /// <param name="mapping">The entry that maps it; null if there is none.</param>
    public IReadOnlyList<ImageStep> Walk(VirtualAddress address, out ImageEntry? mapping)
    {
        List<ImageStep> steps = [];
        uint at = address.Value;
        mapping = null;
        ulong table = cr3.Value & (IsPae ? ~0x1Ful : 0xFFFF_F000);
        if (IsPae)
        {
            ulong pointer = Take("PDPTE", (int)(at >> 30));
            if ((pointer & ImageEntry.Present) == 0) return steps;
            table = pointer & ImageEntry.AddressMask;
        }

        ulong upper = Take("PDE", IsPae ? (int)(at >> 21) & 0x1FF : (int)(at >> 22));
        if ((upper & ImageEntry.Present) == 0) return steps;
        uint large = IsPae ? 0x20_0000u : 0x40_0000;
        if ((upper & _large) != 0)
        {
            mapping = new(new(at & ~(large - 1)), upper, ulong.MaxValue, large);
            return steps;
        }

        table = upper & (IsPae ? ImageEntry.AddressMask : 0xFFFF_F000);
        ulong entry = Take("PTE", (int)(at >> 12) & (IsPae ? 0x1FF : 0x3FF));
        if ((entry & ImageEntry.Present) != 0) mapping = new(new(at & ~0xFFFu), entry, upper, 0x1000);
        return steps;

        ulong Take(string name, int index)
        {
            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            bytes = bytes[..(IsPae ? sizeof(ulong) : sizeof(uint))];
            PhysicalAddress place = new(table + (ulong)(index * bytes.Length));
            bool isThere = _image.Read(place, bytes);
            ulong word = IsPae ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            steps.Add(new(name, new(table), index, word, place, isThere));
            return word;
        }
    }

    /// <summary>
    /// Reads memory by virtual addresses. Returns how many bytes are mapped and in the image, or in swap; others are zeros.
    /// </summary>
    public int Read(VirtualAddress address, Span<byte> destination)
    {
        int found = 0;
        destination.Clear();
        for (int done = 0; done < destination.Length;)
        {
            VirtualAddress at = address + (uint)done;
            int part = Math.Min(destination.Length - done, (int)VirtualAddress.PageSize - at.OffsetInPage);
            IReadOnlyList<ImageStep> steps = Walk(at, out ImageEntry? mapping);
            Span<byte> bytes = destination.Slice(done, part);
            if (mapping is { } entry) found += _image.Read(entry.Physical + (at - entry.Address), bytes) ? part : 0;
            else if (steps.Count == (IsPae ? 3 : 2) && TryReadSwapped(steps[^1].Word, at.OffsetInPage, bytes)) found += part;
            done += part;
        }

        return found;
    }

    /// <summary>Returns true if an entry without P names a slot of <see cref="SwapFiles"/>.</summary>
    public bool IsInSwap(ulong word) => FindSwapped(word, out _) is not null;

    private LinuxSwapFile? FindSwapped(ulong word, out ulong slot)
    {
        bool isSlot = AbsentWord.TryGetLinuxSlot(word, IsPae, out LinuxSwapSlot place) && place.Device < SwapFiles.Count;
        slot = place.Slot;
        return isSlot && SwapFiles[place.Device].Has(slot) ? SwapFiles[place.Device] : null;
    }

    private bool TryReadSwapped(ulong word, int offset, Span<byte> bytes)
    {
        if (FindSwapped(word, out ulong slot) is not { } file || !file.TryRead(slot, offset, bytes)) return false;
        SwappedByteCount += bytes.Length;
        return true;
    }

    private IEnumerable<ImageEntry> ClassicEntries()
    {
        TableCount = MissingTableCount = 0;
        uint[] directory = new uint[1024], table = new uint[1024];
        TryRead(cr3.Value & 0xFFFF_F000, directory);
        for (uint i = 0; i < directory.Length; i++)
        {
            uint upper = directory[i];
            if (upper == 0) continue;
            if ((upper & (uint)ImageEntry.Present) == 0) continue;    // a word without P in a directory leads nowhere
            if ((upper & _large) != 0)
            {
                yield return new(new(i << 22), upper, ulong.MaxValue, 0x40_0000);
                continue;
            }

            ReadBelow(upper & 0xFFFF_F000, table);
            for (uint j = 0; j < table.Length; j++)
                if (table[j] != 0) yield return new(new((i << 22) + (j << 12)), table[j], upper, 0x1000);
        }
    }

    private IEnumerable<ImageEntry> PaeEntries()
    {
        TableCount = MissingTableCount = 0;
        ulong[] pointers = new ulong[4], directory = new ulong[512], table = new ulong[512];
        TryRead(cr3.Value & 0xFFFF_FFE0, pointers);
        for (uint i = 0; i < pointers.Length; i++)
        {
            if ((pointers[i] & ImageEntry.Present) == 0) continue;
            ReadBelow(pointers[i] & ImageEntry.AddressMask, directory);
            for (uint j = 0; j < directory.Length; j++)
            {
                ulong upper = directory[j];
                uint address = (i << 30) + (j << 21);
                if ((upper & ImageEntry.Present) == 0) continue;
                if ((upper & _large) != 0)
                {
                    yield return new(new(address), upper, ulong.MaxValue, 0x20_0000);
                    continue;
                }

                ReadBelow(upper & ImageEntry.AddressMask, table);
                for (uint k = 0; k < table.Length; k++)
                    if (table[k] != 0) yield return new(new(address + (k << 12)), table[k], upper, 0x1000);
            }
        }
    }

    private void ReadBelow<T>(ulong physical, T[] table)
        where T : unmanaged
    {
        TableCount++;
        if (!TryRead(physical, table)) MissingTableCount++;
    }

    private bool TryRead<T>(ulong physical, T[] table)
        where T : unmanaged => _image.Read(new(physical), MemoryMarshal.AsBytes(table.AsSpan()));
}
