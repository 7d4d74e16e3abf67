using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Paging.Core.Files;

namespace Paging.Core.Swap;

/// <summary>A swap device in a file of the host, with a checksum for every page: what comes back is what was written, or an error.</summary>
/// <remarks>The file is the device's alone: made when the device is, deleted when it is disposed. The checksums are 8 bytes a slot, in memory.</remarks>
public sealed class FileSwapStore : ISwapStore
{
    private readonly SafeFileHandle _file;
    private readonly ulong[] _checksums;

    /// <summary>Makes a file of that many pages. It must not exist.</summary>
    /// <exception cref="IOException">The host cannot make it.</exception>
    public FileSwapStore(string path, uint slotCount)
    {
        ArgumentOutOfRangeException.ThrowIfZero(slotCount);
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose, (long)slotCount << 12);
        _checksums = new ulong[slotCount];
        Name = path;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public uint SlotCount => (uint)_checksums.Length;

    /// <inheritdoc/>
    public Errno Read(uint slot, Span<byte> page)
    {
        try
        {
            long offset = (long)slot << 12;
            for (int done = 0; done < page.Length;)
            {
                int count = RandomAccess.Read(_file, page[done..], offset + done);
                if (count == 0) return Errno.EIO;
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
        try
        {
            RandomAccess.Write(_file, page, (long)slot << 12);
        }
        catch (Exception failure) when (HostError.IsOne(failure))
        {
            return Errno.EIO;
        }

        _checksums[slot] = Checksum(slot, page);
        return Errno.None;
    }

    /// <summary>Closes and deletes the file.</summary>
    public void Dispose() => _file.Dispose();

    // The slot is part of it: a page that was written elsewhere is not this one. Four sums side by side, so that none waits for a multiplication.
    private static ulong Checksum(uint slot, ReadOnlySpan<byte> page)
    {
        const ulong prime = 0x9E37_79B1_85EB_CA87;
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
