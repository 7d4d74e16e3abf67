using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Paging.Programs.Images;

/// <summary>The place of a page that Linux has written to swap, as its entry without P names it.</summary>
/// <param name="Device">The number of the swap file or partition, in the order of swapon(8).</param>
/// <param name="Slot">The number of the page in it.</param>
public readonly record struct LinuxSwapSlot(int Device, ulong Slot);

//   page 0   0: boot sector   400: version   404: last page   408: bad pages   40C: UUID, label   600: the bad pages   FF6: SWAPSPACE2
//   page n   slot n
/// <summary>A swap file or partition of Linux with pages of 4 KiB, read where it is asked for.</summary>
/// <remarks>
/// Linux: include/linux/swap.h <c>union swap_header</c>; mm/swapfile.c read_swap_header. A slot holds its page only if the kernel has
/// written it: pages in zswap and, since 6.12, pages of zeros are not (zswap_store, swap_zeromap_folio_set).
/// </remarks>
public sealed class LinuxSwapFile : IDisposable
{
    private const int PageByteLength = 4096, MagicLength = 10, MagicAt = PageByteLength - MagicLength;
    private const int VersionAt = 0x400, LastPageAt = 0x404, BadCountAt = 0x408, BadPagesAt = 0x600;
    private const int BadCountMax = (MagicAt - BadPagesAt) / sizeof(uint);    // MAX_SWAP_BADPAGES

    private readonly SafeFileHandle _file;
    private readonly FrozenSet<ulong> _bad;

    private LinuxSwapFile(SafeFileHandle file, ulong lastSlot, FrozenSet<ulong> bad) => (_file, LastSlot, _bad) = (file, lastSlot, bad);

    /// <summary>The number of the last page; the first one with memory is 1.</summary>
    public ulong LastSlot { get; }

    /// <summary>Opens a swap area.</summary>
    /// <exception cref="ImageFormatException">It is none, one with other pages or of another machine, or a damaged one.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LinuxSwapFile Open(string path)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.RandomAccess);
        try
        {
            byte[] header = new byte[65536];
            int count = RandomAccess.Read(file, header, 0);
            if (Explain(header.AsSpan(0, count)) is { } reason) throw new ImageFormatException(reason);
            uint lastPage = Word(header, LastPageAt), badCount = Word(header, BadCountAt);
            if (lastPage == 0) throw new ImageFormatException("the swap area has no pages");
            if (badCount > BadCountMax) throw Damaged($"it claims {badCount} bad pages, and at most {BadCountMax} fit in");
            HashSet<ulong> bad = [];
            foreach (uint page in MemoryMarshal.Cast<byte, uint>(header.AsSpan(BadPagesAt, (int)badCount * sizeof(uint))))
            {
                if (page == 0 || page > lastPage) throw Damaged($"its bad page {page} lies outside of its pages, 1 to {lastPage}");
                bad.Add(page);
            }

            long wanted = ((long)lastPage + 1) * PageByteLength;    // a partition does not say its length
            return RandomAccess.Read(file, header.AsSpan(0, 1), wanted - 1) == 1 ? new(file, lastPage, bad.ToFrozenSet())
                : throw Damaged($"it ends before the {wanted} bytes that its header claims");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Returns true if the area has a page with this number that is not bad.</summary>
    public bool Has(ulong slot) => slot > 0 && slot <= LastSlot && !_bad.Contains(slot);

    /// <summary>Reads a part of a page. Returns false, and reads nothing, if the area has no such slot.</summary>
    /// <param name="slot">The number of the page.</param>
    /// <param name="offset">The first byte in the page.</param>
    /// <param name="destination">Receives the bytes, to the end of the page at most.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public bool TryRead(ulong slot, int offset, Span<byte> destination)
    {
        if (!Has(slot)) return false;
        long at = ((long)slot * PageByteLength) + offset;
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(_file, destination, at);
            if (count == 0) throw new EndOfStreamException("the swap area has become shorter");
            destination = destination[count..];
            at += count;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Returns why a header is not that of a swap area with pages of 4 KiB; null if it is one.</summary>
    private static string? Explain(ReadOnlySpan<byte> header)
    {
        for (int pageByteLength = PageByteLength; pageByteLength <= header.Length; pageByteLength *= 2)
        {
            ReadOnlySpan<byte> magic = header.Slice(pageByteLength - MagicLength, MagicLength);
            if (magic.SequenceEqual("SWAPSPACE2"u8))
            {
                if (pageByteLength != PageByteLength) return $"this is a swap area with pages of {pageByteLength} bytes, not of 4096";
                return Word(header, VersionAt) switch
                {
                    1 => null,
                    0x0100_0000 => "this is a swap area of a machine with the other order of bytes",
                    uint other => $"this is a swap area of version {other}, and only version 1 is known",
                };
            }

            if (magic.SequenceEqual("SWAP-SPACE"u8)) return "this is a swap area of the first version (SWAP-SPACE), which is not read";
            if (magic.StartsWith("S1SUSPEND"u8) || magic.StartsWith("S2SUSPEND"u8) || magic.StartsWith("ULSUSPEND"u8)
                || magic.StartsWith("LINHIB0001"u8))
                return "this swap area holds a machine that hibernates, whose memory is not read";
        }

        return ImageKinds.Explain(header[..Math.Min(header.Length, 64)])
            ?? "this is no swap area of Linux: its first page does not end with SWAPSPACE2";
    }

    private static ImageFormatException Damaged(FormattableString reason) =>
        new("the swap area is damaged: " + reason.ToString(CultureInfo.InvariantCulture));

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
