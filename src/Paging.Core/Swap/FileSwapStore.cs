using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Paging.Core.Files;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Swap;

/// <summary>A swap store in a host file. A checksum for every page detects bytes that differ from those written.</summary>
/// <remarks>The store creates the file and deletes it when it is disposed. The checksums take 8 bytes of memory per slot.</remarks>
public sealed class FileSwapStore : ISwapStore
{
    private readonly SafeFileHandle _file;
    private readonly ulong[] _checksums;

    /// <summary>Creates the file. It must not exist.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="slotCount">The size of the store in pages of 4 KiB: 1 to 2^24 with classic tables, to 2^27 with those of PAE.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="slotCount"/> is 0 or larger than 2^27.</exception>
    /// <exception cref="IOException">The host cannot create it, or it exists.</exception>
    public FileSwapStore(string path, uint slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfZero(slotCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotCount, SwapEntry.SlotCountMax);
        _file = File.OpenHandle(
            path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose, ByteOffsetOf(slotCount));
        try
        {
            _checksums = new ulong[slotCount];    // a file that finds no room is refused before this takes the host's memory
        }
        catch
        {
            _file.Dispose();    // deletes the file as well
            throw;
        }

        Name = path;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public uint SlotCount => (uint)_checksums.Length;

    /// <inheritdoc/>
    public Errno Read(uint slot, Span<byte> page)
    {
        if (slot >= SlotCount) return Errno.EIO;
        try
        {
            long offset = ByteOffsetOf(slot);
            for (int done = 0; done < page.Length;)
            {
                int count = RandomAccess.Read(_file, page[done..], offset + done);
                if (count == 0) return Errno.EIO;    // the host has cut the file
                done += count;
            }
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return Errno.EIO;
        }

        return Checksum(slot, page) == _checksums[slot] ? Errno.None : Errno.EIO;
    }

    /// <inheritdoc/>
    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        if (slot >= SlotCount) return Errno.EIO;
        try
        {
            RandomAccess.Write(_file, page, ByteOffsetOf(slot));
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return Errno.EIO;
        }

        _checksums[slot] = Checksum(slot, page);    // not before: a write that failed half-way is then found by the old one
        return Errno.None;
    }

    /// <summary>Closes and deletes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static long ByteOffsetOf(uint slot) => (long)slot << VirtualAddress.PageShift;

    // The slot is part of the checksum, so that a page written to another slot is detected. Four independent sums keep the multiplications
    // from waiting for one another.
    private static ulong Checksum(uint slot, ReadOnlySpan<byte> page)
    {
        const ulong prime = 0x9E37_79B1_85EB_CA87;    // PRIME64_1 of xxHash; odd, so that a multiplication loses no bit
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(page);
        ulong a = slot + prime, b = a ^ prime, c = a + 1, d = b + 1;
        for (int i = 0; i + 4 <= words.Length; i += 4)
        {
            a = BitOperations.RotateLeft((a ^ words[i]) * prime, 31);
            b = BitOperations.RotateLeft((b ^ words[i + 1]) * prime, 29);
            c = BitOperations.RotateLeft((c ^ words[i + 2]) * prime, 27);
            d = BitOperations.RotateLeft((d ^ words[i + 3]) * prime, 23);
        }

        return ((((((a * prime) ^ b) * prime) ^ c) * prime) ^ d) * prime;
    }
}
