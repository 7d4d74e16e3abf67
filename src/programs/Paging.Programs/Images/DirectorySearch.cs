using System.Globalization;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Programs.Images;

/// <summary>A frame or table that may be what a CR3 names.</summary>
/// <param name="Cr3">Its physical address.</param>
/// <param name="Format">The format it is read in.</param>
/// <param name="KernelHash">A hash of its kernel half, without accessed and dirty bits.</param>
/// <param name="UserCount">Its entries of the user half that are present.</param>
public sealed record DirectoryCandidate(PhysicalAddress Cr3, TableFormat Format, ulong KernelHash, int UserCount)
{
    /// <summary>The other candidates with the same kernel half.</summary>
    public int TwinCount { get; internal set; }

    /// <summary>The address at which the candidate maps itself; null for none.</summary>
    public VirtualAddress? MapsItselfAt { get; internal set; }

    /// <summary>The higher, the more reasons there are.</summary>
    public int Rank => (TwinCount > 0 ? 2 : 0) + (MapsItselfAt is not null ? 2 : 0) + (UserCount > 0 ? 1 : 0);

    /// <summary>The reasons in words.</summary>
    public string Reasons
    {
        get
        {
            List<string> reasons = [];
            if (TwinCount > 0) reasons.Add(Text($"kernel half as {TwinCount} {(TwinCount == 1 ? "other" : "others")}"));
            if (MapsItselfAt is { } at) reasons.Add(Text($"maps itself at {at.Value:x8}"));
            reasons.Add(Text($"{UserCount} {(UserCount == 1 ? "entry" : "entries")} of the user half"));
            return string.Join("; ", reasons);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Finds page directories in an image: frames whose entries could all be entries, ranked by what speaks for them.</summary>
/// <remarks>
/// All processes of a system have the same entries for the kernel, and the kernel maps the tables that it changes. Cost: one pass over the
/// image, and walks of at most 1,024 candidates.
/// </remarks>
/// <param name="image">The memory.</param>
public sealed class DirectorySearch(MemoryImage image)
{
    private const int KernelFirst = 768, KernelCountMin = 8, WalkedMax = 1024, ChunkByteLength = 1 << 20, FrameByteLength = 4096;
    private const ulong Ignored = ImageEntry.Accessed | ImageEntry.Dirty;

    private readonly MemoryImage _image = image ?? throw new ArgumentNullException(nameof(image));

    /// <summary>Returns the candidates of a format, the best first.</summary>
    public IReadOnlyList<DirectoryCandidate> Find(TableFormat format)
    {
        List<DirectoryCandidate> found = [];
        byte[] chunk = new byte[ChunkByteLength];
        foreach ((PhysicalAddress start, ulong byteLength, _) in _image.Ranges)
        {
            ulong physical = start.Value;
            if (physical >= 1ul << 32) continue;    // CR3 has 32 bits outside of long mode
            for (ulong at = 0; at < byteLength; at += ChunkByteLength)
            {
                Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(ChunkByteLength, byteLength - at));
                _image.Read(new(physical + at), bytes);
                Search(bytes, physical + at, format, found);
            }
        }

        foreach (IGrouping<ulong, DirectoryCandidate> twins in found.GroupBy(static one => one.KernelHash))
        {
            int count = twins.Count() - 1;
            foreach (DirectoryCandidate one in twins) one.TwinCount = count;
        }

        foreach (DirectoryCandidate one in found.OrderByDescending(static one => one.TwinCount).Take(WalkedMax))
            one.MapsItselfAt = FindItself(one);
        return [.. found.OrderByDescending(static one => one.Rank).ThenByDescending(static one => one.TwinCount)
            .ThenBy(static one => one.Cr3)];
    }

    private void Search(Span<byte> bytes, ulong physical, TableFormat format, List<DirectoryCandidate> found)
    {
        int step = format == TableFormat.Pae ? 4 * sizeof(ulong) : FrameByteLength;
        for (int at = 0; at + step <= bytes.Length; at += step)
        {
            if (at % FrameByteLength == 0 && bytes[at..Math.Min(at + FrameByteLength, bytes.Length)].IndexOfAnyExcept((byte)0) < 0)
            {
                at += FrameByteLength - step;    // nothing was ever written there: most of a sparse image
                continue;
            }

            ReadOnlySpan<byte> one = bytes.Slice(at, step);
            ulong place = physical + (ulong)at;
            DirectoryCandidate? candidate = format == TableFormat.Pae ? PointersOrNull(place, one) : DirectoryOrNull(place, one);
            if (candidate is not null) found.Add(candidate);
        }
    }

    private DirectoryCandidate? DirectoryOrNull(ulong physical, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> entries = MemoryMarshal.Cast<byte, uint>(bytes);
        if (CountPresent(entries[KernelFirst..], 0xC000_0000) is < KernelCountMin) return null;
        int user = CountPresent(entries[..KernelFirst], 0);
        if (user < 0 || entries.IndexOfAnyExcept(entries[0]) < 0) return null;    // a pattern is no directory
        return new(new(physical), TableFormat.Classic, Hash(bytes[(KernelFirst * sizeof(uint))..], sizeof(uint)), user);
    }

    /// <summary>Counts present entries; −1 if one cannot be an entry of a directory.</summary>
    private int CountPresent(ReadOnlySpan<uint> entries, uint start)
    {
        const uint reservedOfLarge = 0x003F_E000 & ~0x001F_E000;    // bit 21 (SDM 3A, table 4-4, with 40 bits of address)
        int count = 0;
        foreach (uint entry in entries)
        {
            if ((entry & 1) == 0)
            {
                if (start != 0 && entry != 0) return -1;    // the kernel's are present, or zero
                continue;
            }

            bool isLarge = (entry & (uint)ImageEntry.Large) != 0;
            if (isLarge ? (entry & reservedOfLarge) != 0 : !_image.Has(new(entry & 0xFFFF_F000))) return -1;
            if (start != 0 && (entry & (uint)ImageEntry.Accessed) == 0 && (entry & (uint)ImageEntry.Writable) == 0 && !isLarge) return -1;
            count++;
        }

        return count;
    }

    private DirectoryCandidate? PointersOrNull(ulong physical, ReadOnlySpan<byte> bytes)
    {
        const ulong reserved = 0x1C6 | (~0ul << 40);    // SDM 3A, table 4-8, with 40 bits of address; QEMU sets A (bit 5)
        ReadOnlySpan<ulong> pointers = MemoryMarshal.Cast<byte, ulong>(bytes);
        if ((pointers[3] & 1) == 0) return null;
        int user = 0;
        for (int i = 0; i < pointers.Length; i++)
        {
            if (pointers[i] == 0) continue;
            if ((pointers[i] & 1) == 0 || (pointers[i] & reserved) != 0) return null;
            if (!_image.Has(new(pointers[i] & ImageEntry.AddressMask))) return null;
            if (pointers[..i].Contains(pointers[i])) return null;
        }

        byte[] directory = new byte[FrameByteLength];
        _image.Read(new(pointers[3] & ImageEntry.AddressMask), directory);
        int kernel = CountPresent(MemoryMarshal.Cast<byte, ulong>(directory));
        if (kernel < KernelCountMin) return null;
        ulong hash = Hash(directory, sizeof(ulong));
        for (int i = 0; i < 3; i++)
        {
            if (pointers[i] == 0) continue;
            _image.Read(new(pointers[i] & ImageEntry.AddressMask), directory);
            int count = CountPresent(MemoryMarshal.Cast<byte, ulong>(directory));
            if (count < 0) return null;
            user += count;
        }

        return new(new(physical), TableFormat.Pae, hash, user);
    }

    private int CountPresent(ReadOnlySpan<ulong> entries)
    {
        const ulong reserved = 0x7FFF_FF00_0000_0000, reservedOfLarge = reserved | 0x1F_E000;    // SDM 3A, tables 4-9 and 4-10
        int count = 0;
        foreach (ulong entry in entries)
        {
            if ((entry & 1) == 0) continue;
            bool isLarge = (entry & ImageEntry.Large) != 0;
            if ((entry & (isLarge ? reservedOfLarge : reserved)) != 0) return -1;
            if (!isLarge && !_image.Has(new(entry & ImageEntry.AddressMask))) return -1;
            count++;
        }

        return count;
    }

    /// <summary>FNV-1a over the words without accessed and dirty bits.</summary>
    private static ulong Hash(ReadOnlySpan<byte> bytes, int wordLength)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        for (int at = 0; at < bytes.Length; at++)
        {
            byte value = at % wordLength == 0 ? (byte)(bytes[at] & ~(byte)Ignored) : bytes[at];
            hash = (hash ^ value) * 0x100_0000_01B3;
        }

        return hash;
    }

    private VirtualAddress? FindItself(DirectoryCandidate candidate)
    {
        ImageTables tables = new(_image, candidate.Cr3, candidate.Format);
        foreach (ImageEntry entry in tables.Entries())
        {
            ulong into = candidate.Cr3.Value - entry.Physical.Value;
            if (entry.IsPresent && entry.Address.Value >= 0xC000_0000 && into < entry.ByteLength) return entry.Address + (uint)into;
        }

        return null;
    }
}
