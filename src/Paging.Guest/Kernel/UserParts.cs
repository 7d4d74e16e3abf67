using System.Runtime.InteropServices;
using Paging.Core;

namespace Paging.Guest;

/// <summary>Pieces of a program's memory that count as one: what an iovec describes. Linux: lib/iov_iter.c.</summary>
internal sealed class UserParts
{
    private const int CountMax = 1024;

    private readonly (uint At, uint Length)[] _parts;

    private UserParts((uint At, uint Length)[] parts)
    {
        _parts = parts;
        foreach ((_, uint length) in parts) ByteLength += length;
    }

    public long ByteLength { get; }

    public static UserParts Of(uint at, uint length) => new([(at, length)]);

    public static UserParts Of(ReadOnlySpan<(uint At, uint Length)> parts) => new(parts.ToArray());

    /// <summary>Reads an iovec. EFAULT; EINVAL: a negative length, or more than 2 GiB; <paramref name="tooMany"/>: over 1024 pieces.</summary>
    public static Errno Read(GuestTask task, uint at, uint count, Errno tooMany, out UserParts parts)
    {
        parts = new([]);
        if (count > CountMax) return tooMany;
        uint[] words = new uint[count * 2];
        if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words.AsSpan()))) return Errno.EFAULT;
        (uint, uint)[] pieces = new (uint, uint)[count];
        for (int i = 0; i < pieces.Length; i++)
        {
            if ((int)words[(i * 2) + 1] < 0) return Errno.EINVAL;
            pieces[i] = (words[i * 2], words[(i * 2) + 1]);
        }

        parts = new(pieces);
        return parts.ByteLength > int.MaxValue ? Errno.EINVAL : Errno.None;
    }

    /// <summary>Copies from the program, from a position on. False: a bad page.</summary>
    public bool TryCopyFrom(GuestTask task, long position, Span<byte> destination)
    {
        foreach ((uint at, uint length) in _parts)
        {
            if (destination.IsEmpty) return true;
            if (position >= length)
            {
                position -= length;
                continue;
            }

            int count = (int)Math.Min(length - position, destination.Length);
            if (!task.User.TryCopyFrom(at + (uint)position, destination[..count])) return false;
            destination = destination[count..];
            position = 0;
        }

        return true;
    }

    /// <summary>Copies to the program, from a position on. False: a bad page.</summary>
    public bool TryCopyTo(GuestTask task, long position, ReadOnlySpan<byte> source)
    {
        foreach ((uint at, uint length) in _parts)
        {
            if (source.IsEmpty) return true;
            if (position >= length)
            {
                position -= length;
                continue;
            }

            int count = (int)Math.Min(length - position, source.Length);
            if (!task.User.TryCopyTo(at + (uint)position, source[..count])) return false;
            source = source[count..];
            position = 0;
        }

        return true;
    }
}
