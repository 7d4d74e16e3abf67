using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Tasks;

/// <summary>Pieces of a program's memory, as an iovec describes them. Linux: lib/iov_iter.c.</summary>
internal sealed class UserParts
{
    private const int CountMax = 1024;

    private readonly (VirtualAddress At, uint Length)[] _parts;
    private readonly Memory<byte> _ofKernel;

    private UserParts((VirtualAddress At, uint Length)[] parts)
    {
        _parts = parts;
        foreach ((_, uint length) in parts) ByteLength += length;
    }

    private UserParts(Memory<byte> ofKernel) : this([]) => (_ofKernel, ByteLength) = (ofKernel, ofKernel.Length);

    public long ByteLength { get; }

    public ReadOnlySpan<(VirtualAddress At, uint Length)> Pieces => _parts;

    public static UserParts Of(VirtualAddress at, uint length) => new([(at, length)]);

    /// <summary>Bytes of the kernel's own in place of the program's memory. Linux: iov_iter_kvec.</summary>
    public static UserParts Of(Memory<byte> bytes) => new(bytes);

    public static UserParts Of(ReadOnlySpan<(VirtualAddress At, uint Length)> parts) => new(parts.ToArray());

    /// <summary>
    /// Reads an iovec. EFAULT; EINVAL for a negative length, or more than 2 GiB; <paramref name="tooMany"/> for over 1024 pieces.
    /// </summary>
    public static Errno Read(GuestTask task, VirtualAddress at, uint count, Errno tooMany, out UserParts parts)
    {
        parts = new([]);
        if (count > CountMax) return tooMany;
        uint[] words = new uint[count * 2];
        if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words.AsSpan()))) return Errno.EFAULT;
        (VirtualAddress, uint)[] pieces = new (VirtualAddress, uint)[count];
        for (int i = 0; i < pieces.Length; i++)
        {
            if ((int)words[(i * 2) + 1] < 0) return Errno.EINVAL;
            pieces[i] = (new(words[i * 2]), words[(i * 2) + 1]);
        }

        parts = new(pieces);
        return parts.ByteLength > int.MaxValue ? Errno.EINVAL : Errno.None;
    }

    /// <summary>Copies from the program, from a position on. Returns false at a bad page.</summary>
    public bool TryCopyFrom(GuestTask task, long position, Span<byte> destination)
    {
        if (!_ofKernel.IsEmpty)
        {
            _ofKernel.Span.Slice((int)position, destination.Length).CopyTo(destination);
            return true;
        }

        foreach ((VirtualAddress at, Range range) in Stretches(position, destination.Length))
        {
            if (!task.User.TryCopyFrom(at, destination[range])) return false;
        }

        return true;
    }

    /// <summary>Copies from the program, from a position on, up to the first bad page. Returns the bytes copied.</summary>
    public int CopyFrom(GuestTask task, long position, Span<byte> destination)
    {
        int done = 0;
        foreach ((VirtualAddress at, Range range) in Stretches(position, destination.Length))
        {
            Span<byte> stretch = destination[range];
            int copied = task.User.CopyFrom(at, stretch);
            done += copied;
            if (copied < stretch.Length) break;
        }

        return done;
    }

    /// <summary>Copies to the program, from a position on. Returns false at a bad page.</summary>
    public bool TryCopyTo(GuestTask task, long position, ReadOnlySpan<byte> source)
    {
        int wanted = (int)Math.Min(source.Length, ByteLength - position);
        return CopyTo(task, position, source) == wanted;
    }

    /// <summary>Copies to the program, from a position on, up to the first bad page. Returns the bytes copied.</summary>
    public int CopyTo(GuestTask task, long position, ReadOnlySpan<byte> source)
    {
        int done = 0;
        if (!_ofKernel.IsEmpty)
        {
            done = (int)Math.Min(source.Length, _ofKernel.Length - position);
            source[..done].CopyTo(_ofKernel.Span[(int)position..]);
            return done;
        }

        foreach ((VirtualAddress at, Range range) in Stretches(position, source.Length))
        {
            ReadOnlySpan<byte> stretch = source[range];
            int copied = task.User.CopyTo(at, stretch);
            done += copied;
            if (copied < stretch.Length) break;
        }

        return done;
    }

    /// <summary>Enumerates the pieces of a range, each with its address and its part of the bytes.</summary>
    private IEnumerable<(VirtualAddress At, Range Bytes)> Stretches(long position, int byteLength)
    {
        int done = 0;
        foreach ((VirtualAddress at, uint length) in _parts)
        {
            if (done == byteLength) yield break;
            if (position >= length)
            {
                position -= length;
                continue;
            }

            int count = (int)Math.Min(length - position, byteLength - done);
            yield return (at + (uint)position, done..(done + count));
            done += count;
            position = 0;
        }
    }
}
