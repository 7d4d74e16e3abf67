using System.Globalization;
using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Programs.Images;

/// <summary>A frame or table that may be what a CR3 names.</summary>
/// <param name="Cr3">Its physical address.</param>
/// <param name="Format">The format it is read in.</param>
/// <param name="KernelHash">A hash of its kernel half, without accessed and dirty bits; 0 if nothing is present there.</param>
/// <param name="KernelCount">Its entries of the kernel half, from c0000000 on, that are present.</param>
/// <param name="UserCount">Its entries of the user half that are present.</param>
public sealed record DirectoryCandidate(PhysicalAddress Cr3, TableFormat Format, ulong KernelHash, int KernelCount, int UserCount)
{
    /// <summary>The pages of the image that it maps.</summary>
    public int PageCount { get; internal set; }

    /// <summary>The pages that it maps, but the image does not have: memory of devices, or of what is no table.</summary>
    public int ForeignPageCount { get; internal set; }

    /// <summary>The other candidates that map the same in their kernel half.</summary>
    public int TwinCount { get; internal set; }

    /// <summary>The first address of the part that the others map alike; c0000000 for the kernel half of most systems.</summary>
    public VirtualAddress KernelStart { get; internal set; } = new(0xC000_0000);

    /// <summary>The runs of neighbouring physical pages that it maps, but the image does not have: windows of devices.</summary>
    internal int ForeignRunCount { get; set; }

    /// <summary>What each 4 MiB maps, as a hash without accessed and dirty bits; 0 for nothing. Null until it is walked.</summary>
    internal ulong[]? Contents { get; set; }

    /// <summary>The address at which the candidate maps itself; null for none.</summary>
    public VirtualAddress? MapsItselfAt { get; internal set; }

    /// <summary>The higher, the more reasons there are.</summary>
    public int Rank => (TwinCount > 0 ? 2 : 0) + (MapsItselfAt is not null ? 2 : 0) + (LeadsToPages ? 2 : 0)
        + (UserCount > 0 ? 1 : 0);

    /// <summary>True if it maps pages of the image, and at most as many runs of pages that are not there.</summary>
    internal bool LeadsToPages => PageCount > 0 && ForeignRunCount <= PageCount;

    /// <summary>The reasons in words.</summary>
    public string Reasons
    {
        get
        {
            List<string> reasons = [];
            string kernel = KernelStart.Value == 0xC000_0000 ? "kernel half" : Text($"kernel from {KernelStart.Value:x8} on");
            if (TwinCount > 0) reasons.Add(Text($"{kernel} as {TwinCount} {(TwinCount == 1 ? "other" : "others")}"));
            if (MapsItselfAt is { } at) reasons.Add(Text($"maps itself at {at.Value:x8}"));
            if (LeadsToPages) reasons.Add(Text($"maps {PageCount} {(PageCount == 1 ? "page" : "pages")}"));
            reasons.Add(Text($"{UserCount} {(UserCount == 1 ? "entry" : "entries")} of the user half"));
            return string.Join("; ", reasons);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Finds page directories in an image: frames whose entries could all be entries, ranked by what speaks for them.</summary>
/// <remarks>
/// All processes of a system map the same for the kernel, from 3 GiB on or from another address, in tables that they share (Linux, BSD,
/// Windows) or of each process's own (xv6); the entry through which a directory maps itself does not count. And the kernel maps the tables
/// that it changes. A frame with few entries of a kernel counts only if its tables lead to pages of the image, as those of a small machine
/// do. Where a frame maps itself and leads to pages, those without one of the first two reasons are left out. So are page tables, whose
/// entries could be those of a directory: frames that name 512 neighbouring frames, and those that a better candidate names as tables.
/// Cost: one pass over the image, and walks of frames with few entries and of at most 1,024 others.
/// </remarks>
/// <param name="image">The memory.</param>
public sealed class DirectorySearch(MemoryImage image)
{
    private const int SplitStep = 32, RunMax = 512, ContentsMax = 4096;    // 8 KiB each
    private const int KernelFirst = 768, KernelCountMin = 8, WalkedMax = 1024, ChunkByteLength = 1 << 20, FrameByteLength = 4096;
    private const uint KernelStart = 0xC000_0000;
    private const int ForeignMax = 64;    // of a walk that ends early
    private const ulong HashPrime = 0x100_0000_01B3;    // of FNV-1a
    private const ulong Ignored = ImageEntry.Accessed | ImageEntry.Dirty;

    private readonly MemoryImage _image = image ?? throw new ArgumentNullException(nameof(image));
    private readonly uint _large = image.Registers is { HasLargePages: false } ? 0u : (uint)ImageEntry.Large;

    private int _contentsCount;

    /// <summary>Returns the candidates of some formats, the best first.</summary>
    public IReadOnlyList<DirectoryCandidate> Find(params ReadOnlySpan<TableFormat> formats)
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
                foreach (TableFormat format in formats) Search(bytes, physical + at, format, found);
            }
        }

        foreach (IGrouping<(TableFormat, ulong), DirectoryCandidate> twins in found.Where(static one => one.KernelCount > 0)
            .GroupBy(static one => (one.Format, one.KernelHash)))
        {
            int count = twins.Count() - 1;
            foreach (DirectoryCandidate one in twins) one.TwinCount = count;
        }

        foreach (DirectoryCandidate one in found.Where(static one => one.KernelCount >= KernelCountMin)
            .OrderByDescending(static one => one.TwinCount).Take(WalkedMax))
            Follow(one);
        FindTwins([.. found.Where(static one => one.Contents is not null)]);
        if (found.Exists(static one => one is { MapsItselfAt.Value: >= KernelStart, LeadsToPages: true }))
            found.RemoveAll(static one => one is { MapsItselfAt: null, TwinCount: 0 });
        HashSet<ulong> below = [.. found.Where(static one => one.Format == TableFormat.Pae).SelectMany(DirectoriesOf)];
        found.RemoveAll(one => one.Format == TableFormat.Classic && below.Contains(one.Cr3.Value));    // every second word is zero
        DropTables(found);
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
            if (candidate is null) continue;
            if (candidate.KernelCount < KernelCountMin)
            {
                Follow(candidate);
                if (!candidate.LeadsToPages) continue;
            }

            found.Add(candidate);
        }
    }

    private DirectoryCandidate? DirectoryOrNull(ulong physical, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> entries = MemoryMarshal.Cast<byte, uint>(bytes);
        int kernel = CountPresent(entries[KernelFirst..], (uint)physical, mayBeAbsent: false);
        if (kernel < 0) return null;
        int user = CountPresent(entries[..KernelFirst], (uint)physical, mayBeAbsent: kernel >= KernelCountMin);
        if (user < 0 || kernel + user == 0 || entries.IndexOfAnyExcept(entries[0]) < 0) return null;    // a pattern is no directory
        if (IsDirectMap(entries)) return null;
        return new(new(physical), TableFormat.Classic, Hash(bytes[(KernelFirst * sizeof(uint))..], sizeof(uint)), kernel, user);
    }

    /// <summary>
    /// Returns true if 512 successive entries name successive frames: a page table of a kernel's direct map. The tables of a directory are
    /// neighbours too where they were made in a row, but so many of them would map 2 GiB with small pages.
    /// </summary>
    private static bool IsDirectMap(ReadOnlySpan<uint> entries)
    {
        int run = 0;
        for (int i = 1; i < entries.Length && run < RunMax; i++)
        {
            bool goesOn = (entries[i] & entries[i - 1] & 1) != 0 && entries[i] >> 12 == (entries[i - 1] >> 12) + 1;
            run = goesOn ? run + 1 : 0;
        }

        return run >= RunMax;
    }

    /// <summary>
    /// Counts for each candidate the others that map the same from some address on, and keeps the address with the most of them; of several
    /// the lowest. The upper part of an address space is the kernel's in all known systems.
    /// </summary>
    private static void FindTwins(DirectoryCandidate[] walked)
    {
        const int slotCount = 1024;
        for (int split = slotCount - SplitStep; split >= SplitStep; split -= SplitStep)
        {
            foreach (IGrouping<(TableFormat, ulong), DirectoryCandidate> twins in walked.GroupBy(one => (one.Format, HashFrom(one, split))))
            {
                int count = twins.Count() - 1, used = twins.First().Contents![split..].Count(static content => content != 0);
                if (used < KernelCountMin) continue;    // a few equal entries may be chance
                foreach (DirectoryCandidate one in twins.Where(one => count > 0 && count >= one.TwinCount))
                {
                    one.TwinCount = count;
                    int first = Array.FindIndex(one.Contents!, split, static content => content != 0);
                    one.KernelStart = new(first < KernelFirst || split > KernelFirst ? (uint)first << 22 : KernelStart);
                }
            }
        }
    }

    private static ulong HashFrom(DirectoryCandidate candidate, int split)
    {
        ulong hash = 0;
        foreach (ulong content in candidate.Contents.AsSpan(split)) hash = (hash ^ content) * HashPrime;
        return hash;
    }

    /// <summary>Leaves out frames that a candidate with better reasons names as tables: they are page tables.</summary>
    private void DropTables(List<DirectoryCandidate> found)
    {
        Dictionary<ulong, int> named = [];    // the best rank of those that name a frame
        byte[] directory = new byte[FrameByteLength];
        foreach (DirectoryCandidate one in found.Where(static one => one.Format == TableFormat.Classic)
            .OrderByDescending(static one => one.Rank).Take(WalkedMax))
        {
            _image.Read(one.Cr3, directory);
            foreach (uint entry in MemoryMarshal.Cast<byte, uint>(directory))
            {
                ulong table = entry & 0xFFFF_F000;
                if ((entry & 1) != 0 && (entry & _large) == 0 && table != one.Cr3.Value) named.TryAdd(table, one.Rank);
            }
        }

        found.RemoveAll(one => one.Format == TableFormat.Classic && named.TryGetValue(one.Cr3.Value, out int rank) && rank > one.Rank);
    }

    /// <summary>Counts present entries; −1 if one cannot be an entry of a directory.</summary>
    /// <param name="entries">A half of a directory, or a part of one.</param>
    /// <param name="self">The directory: an entry for itself may be read-only and unused (JOS: UVPT).</param>
    /// <param name="mayBeAbsent">True if words without P need not be zero: those of programs, in systems that page out tables.</param>
    private int CountPresent(ReadOnlySpan<uint> entries, uint self, bool mayBeAbsent)
    {
        const uint reservedOfLarge = 0x003F_E000 & ~0x001F_E000;    // bit 21 (SDM 3A, table 4-4, with 40 bits of address)
        int count = 0;
        foreach (uint entry in entries)
        {
            if ((entry & 1) == 0)
            {
                if (entry != 0 && !mayBeAbsent) return -1;
                continue;
            }

            bool isLarge = (entry & _large) != 0;
            if (isLarge ? (entry & reservedOfLarge) != 0 : !_image.Has(new(entry & 0xFFFF_F000))) return -1;
            bool isUnusual = (entry & (uint)(ImageEntry.Accessed | ImageEntry.Writable)) == 0 && !isLarge && (entry & 0xFFFF_F000) != self;
            if (!mayBeAbsent && isUnusual) return -1;
            count++;
        }

        return count;
    }

    private DirectoryCandidate? PointersOrNull(ulong physical, ReadOnlySpan<byte> bytes)
    {
        const ulong reserved = 0x1C6 | (~0ul << 40);    // SDM 3A, table 4-8, with 40 bits of address; QEMU sets A (bit 5)
        ReadOnlySpan<ulong> pointers = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (int i = 0; i < pointers.Length; i++)
        {
            if (pointers[i] == 0) continue;
            if ((pointers[i] & 1) == 0 || (pointers[i] & reserved) != 0 || pointers[i] < FrameByteLength) return null;
            if (!_image.Has(new(pointers[i] & ImageEntry.AddressMask))) return null;
            if (pointers[..i].Contains(pointers[i])) return null;
        }

        byte[] directory = new byte[FrameByteLength];
        int kernel = 0, user = 0;
        ulong hash = 0;
        bool hasWords = false;
        for (int i = pointers.Length - 1; i >= 0; i--)
        {
            if (pointers[i] == 0) continue;
            _image.Read(new(pointers[i] & ImageEntry.AddressMask), directory);
            int count = CountPresent(MemoryMarshal.Cast<byte, ulong>(directory), ref hasWords);
            if (count < 0) return null;
            if (i == 3) (kernel, hash) = (count, Hash(directory, sizeof(ulong)));
            else user += count;
        }

        bool isSmall = kernel < KernelCountMin;
        return kernel + user == 0 || (isSmall && hasWords) ? null : new(new(physical), TableFormat.Pae, hash, kernel, user);
    }

    private int CountPresent(ReadOnlySpan<ulong> entries, ref bool hasAbsentWords)
    {
        const ulong reserved = 0x7FFF_FF00_0000_0000, reservedOfLarge = reserved | 0x1F_E000;    // SDM 3A, tables 4-9 and 4-10
        int count = 0;
        foreach (ulong entry in entries)
        {
            if ((entry & 1) == 0)
            {
                hasAbsentWords |= entry != 0;
                continue;
            }

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
            hash = (hash ^ value) * HashPrime;
        }

        return hash;
    }

    /// <summary>Counts the pages that a candidate maps, and finds the page at which it maps itself.</summary>
    private void Follow(DirectoryCandidate candidate)
    {
        const ulong rights = ImageEntry.Present | ImageEntry.Writable | ImageEntry.User;
        ImageTables tables = new(_image, candidate.Cr3, candidate.Format, _large != 0);
        ulong[] contents = new ulong[1024];
        ulong foreignEnd = ulong.MaxValue;
        ulong self = candidate.Cr3.Value & ~(ulong)(FrameByteLength - 1);
        foreach (ImageEntry entry in tables.Entries())
        {
            if (!entry.IsPresent) continue;
            ulong into = candidate.Cr3.Value - entry.Physical.Value;
            if (entry.IsLarge || (entry.Upper & ImageEntry.AddressMask) != self)    // not the window in which it maps its own tables
            {
                ref ulong content = ref contents[entry.Address.Value >> 22];
                content = ((content ^ entry.Address.Value) * HashPrime) ^ ((entry.Word & (ImageEntry.AddressMask | rights)) * HashPrime);
            }

            bool isKernel = entry.Address.Value >= KernelStart || !entry.IsUser;
            if (isKernel && into < entry.ByteLength) candidate.MapsItselfAt ??= entry.Address + (uint)into;
            if (entry.Physical.Value == 0 && !entry.IsLarge) continue;    // or it is a small number
            if (_image.Has(entry.Physical)) candidate.PageCount++;
            else
            {
                candidate.ForeignPageCount++;
                if (entry.Physical.Value != foreignEnd) candidate.ForeignRunCount++;
                foreignEnd = entry.Physical.Value + entry.ByteLength;
                if (candidate.ForeignRunCount > candidate.PageCount + ForeignMax && candidate.KernelCount < KernelCountMin) return;
            }
        }

        if (_contentsCount++ < ContentsMax) candidate.Contents = contents;
    }

    private IEnumerable<ulong> DirectoriesOf(DirectoryCandidate candidate)
    {
        byte[] pointers = new byte[4 * sizeof(ulong)];
        _image.Read(candidate.Cr3, pointers);
        for (int i = 0; i < pointers.Length; i += sizeof(ulong))
            yield return BitConverter.ToUInt64(pointers, i) & ImageEntry.AddressMask;
    }
}
