using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>Pieces of a program's memory, as an iovec describes them. Linux: lib/iov_iter.c.</summary>
internal readonly ref struct UserParts
{
    /// <summary>The most bytes of a call. Linux: MAX_RW_COUNT.</summary>
    public const uint ByteLengthMax = 0x7FFF_F000;

    private const int CountMax = 1024;    // UIO_MAXIOV

    public UserParts(UserMemory user, ReadOnlySpan<(VirtualAddress At, uint Length)> pieces)
    {
        User = user;
        Pieces = pieces;
        foreach ((_, uint length) in pieces) ByteLength += length;
    }

    /// <summary>Bytes of the kernel's own in place of the program's memory. Linux: iov_iter_kvec.</summary>
    public UserParts(Span<byte> ofKernel)
    {
        OfKernel = ofKernel;
        ByteLength = ofKernel.Length;
    }

    public UserMemory User { get; }

    public ReadOnlySpan<(VirtualAddress At, uint Length)> Pieces { get; }

    /// <summary>The bytes, if they are the kernel's own; otherwise empty.</summary>
    public Span<byte> OfKernel { get; }

    public long ByteLength { get; }

    /// <summary>
    /// Reads an iovec, and cuts it after the most bytes of a call. EFAULT; EINVAL for a negative length; <paramref name="tooMany"/> for
    /// over 1024 pieces.
    /// </summary>
    public static Errno Read(UserMemory user, VirtualAddress at, uint count, Errno tooMany, out UserParts parts)
    {
        parts = default;
        if (count > CountMax) return tooMany;
        (VirtualAddress, uint)[] pieces = new (VirtualAddress, uint)[count];
        uint left = ByteLengthMax;
        for (uint i = 0; i < pieces.Length; i++)
        {
            VirtualAddress piece = at + (i * 8);
            // The length is read first, and checked before the next piece is read (copy_compat_iovec_from_user)
            if (!user.TryRead(piece + 4, out uint length) || !user.TryRead(piece, out uint start)) return Errno.EFAULT;
            if ((int)length < 0) return Errno.EINVAL;    // a length is a ssize_t (readv(2))
            pieces[i] = (new(start), Math.Min(length, left));
            left -= Math.Min(length, left);
        }

        parts = new(user, pieces);
        return Errno.None;
    }

    /// <summary>Copies from the program, from a position on. Returns false at a bad page.</summary>
    public bool TryCopyFrom(long position, Span<byte> destination) => CopyFrom(position, destination) == destination.Length;

    /// <summary>Copies from the program, from a position on, up to the first bad page. Returns the bytes copied.</summary>
    public int CopyFrom(long position, Span<byte> destination)
    {
        if (!OfKernel.IsEmpty)
        {
            OfKernel.Slice((int)position, destination.Length).CopyTo(destination);
            return destination.Length;
        }

        int done = 0;
        foreach ((VirtualAddress at, uint length) in Pieces)
        {
            int count = CountIn(length, ref position, destination.Length - done, out uint skipped);
            int copied = count == 0 ? 0 : User.CopyFrom(at + skipped, destination.Slice(done, count));
            done += copied;
            if (copied < count) break;
        }

        return done;
    }

    /// <summary>Copies to the program, from a position on. Returns false at a bad page.</summary>
    public bool TryCopyTo(long position, ReadOnlySpan<byte> source) =>
        CopyTo(position, source) == (int)Math.Min(source.Length, ByteLength - position);

    /// <summary>Copies to the program, from a position on, up to the first bad page. Returns the bytes copied.</summary>
    public int CopyTo(long position, ReadOnlySpan<byte> source)
    {
        int done = 0;
        if (!OfKernel.IsEmpty)
        {
            done = (int)Math.Min(source.Length, OfKernel.Length - position);
            source[..done].CopyTo(OfKernel[(int)position..]);
            return done;
        }

        foreach ((VirtualAddress at, uint length) in Pieces)
        {
            int count = CountIn(length, ref position, source.Length - done, out uint skipped);
            int copied = count == 0 ? 0 : User.CopyTo(at + skipped, source.Slice(done, count));
            done += copied;
            if (copied < count) break;
        }

        return done;
    }

    /// <summary>Returns how many of the wanted bytes are in a piece, after the ones skipped to reach a position.</summary>
    private static int CountIn(uint length, ref long position, int wanted, out uint skipped)
    {
        skipped = (uint)Math.Min(position, length);
        position -= skipped;
        return (int)Math.Min(length - skipped, (uint)wanted);
    }
}
