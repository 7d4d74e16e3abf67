using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Paging.Native.Memory;

/// <summary>The pages of a private block of host memory that may hold other bytes than zeros: those present or swapped out.</summary>
/// <remarks>
/// An audit that reads a page which was never stored to makes the host map its page of zeros there, at some microsecond each.
/// Linux: /proc/self/pagemap. Elsewhere every page counts as touched.
/// </remarks>
internal readonly struct TouchedPages
{
    private const ulong Present = 1UL << 63, Swapped = 1UL << 62;
    private const int HostPageBytes = 4096;

    private readonly ulong[]? _entries;
    private readonly nuint _firstPage;

    /// <summary>Queries the host once. Cost: a system call and eight bytes a page.</summary>
    /// <param name="address">The start of the block; a page of the host begins there.</param>
    /// <param name="byteLength">Its length in bytes.</param>
    public TouchedPages(nuint address, ulong byteLength)
    {
        if (!OperatingSystem.IsLinux() || Environment.SystemPageSize != HostPageBytes) return;
        ulong[] entries = new ulong[byteLength / HostPageBytes];
        _firstPage = address / HostPageBytes;
        try
        {
            using SafeFileHandle map = File.OpenHandle("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            Span<byte> bytes = MemoryMarshal.AsBytes(entries.AsSpan());
            if (RandomAccess.Read(map, bytes, (long)_firstPage * sizeof(ulong)) == bytes.Length)
                _entries = entries;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)    // not every host shows it
        {
        }
    }

    /// <summary>Returns false only if all bytes of the range are zero because nothing was ever stored there.</summary>
    public bool MayHold(nuint address, ulong byteLength)
    {
        if (_entries is null) return true;
        int first = (int)(address / HostPageBytes - _firstPage);
        int last = (int)((address + (nuint)byteLength - 1) / HostPageBytes - _firstPage);
        for (int page = first; page <= last; page++)
            if ((_entries[page] & (Present | Swapped)) != 0) return true;
        return false;
    }
}
