using System.Buffers.Binary;
using System.Text;
using Paging.Core;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Sockets;

//  ├ family ┤├ path, ends with a zero ──────┤    a name in the tree of files
//  ├ family ┤├ 0 ┤├ any bytes, no end ──────┤    an abstract name, which ends with its socket
/// <summary>struct sockaddr_un with its length. Linux: net/unix/af_unix.c unix_validate_addr, unix_mkname_bsd.</summary>
internal sealed class SocketAddress
{
    public const int HeadByteLength = 2;    // sun_family

    private const int ByteLengthMax = 110, StorageByteLength = 128;    // sizeof(struct sockaddr_un), sockaddr_storage

    private readonly byte[] _bytes;

    private SocketAddress(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public int Family => _bytes.Length >= HeadByteLength ? BinaryPrimitives.ReadUInt16LittleEndian(_bytes) : SocketWords.Unspecified;

    public bool IsEmpty => _bytes.Length == 0;

    /// <summary>True if it is only the family, so that the kernel chooses a name.</summary>
    public bool IsFamilyOnly => _bytes.Length == HeadByteLength && Family == SocketWords.Unix;

    public bool IsAbstract => _bytes[HeadByteLength] == 0;

    /// <summary>The key in the table of names.</summary>
    public string Key => Encoding.Latin1.GetString(_bytes, HeadByteLength, _bytes.Length - HeadByteLength);

    /// <summary>The path of an address that is not abstract.</summary>
    public string Path => Encoding.Latin1.GetString(_bytes, HeadByteLength, _bytes.Length - HeadByteLength - 1);

    /// <summary>EFAULT, EINVAL. Linux: move_addr_to_kernel.</summary>
    public static Errno Read(GuestTask task, VirtualAddress at, int byteLength, out SocketAddress address)
    {
        address = new([]);
        if (byteLength is < 0 or > StorageByteLength) return Errno.EINVAL;    // move_addr_to_kernel
        byte[] bytes = new byte[byteLength];
        if (byteLength != 0 && !task.User.TryCopyFrom(at, bytes)) return Errno.EFAULT;
        address = new(bytes);
        return Errno.None;
    }

    /// <summary>An abstract name.</summary>
    public static SocketAddress Abstract(string name) => new([SocketWords.Unix, 0, 0, .. Encoding.Latin1.GetBytes(name)]);

    /// <summary>Reads a saved name; null if there is none.</summary>
    public static SocketAddress? Of(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= ByteLengthMax + 1 && new SocketAddress(bytes.ToArray()).IsName ? new(bytes.ToArray()) : null;

    private bool IsName => _bytes.Length > HeadByteLength && Family == SocketWords.Unix && (IsAbstract || _bytes[^1] == 0);

    /// <summary>Validates the address, and ends a path at its first zero. EINVAL if it is not of this family.</summary>
    public Errno Normalize(out SocketAddress address)
    {
        address = this;
        if (_bytes.Length is <= HeadByteLength or > ByteLengthMax || Family != SocketWords.Unix) return Errno.EINVAL;
        if (IsAbstract) return Errno.None;    // its length counts, zeros included (unix(7))
        int zero = _bytes.AsSpan(HeadByteLength).IndexOf((byte)0);
        int end = zero < 0 ? _bytes.Length : HeadByteLength + zero;
        address = new([.. _bytes.AsSpan(0, end), 0]);
        return Errno.None;
    }

    /// <summary>Writes an address and its length to the program; for null, the family alone. Linux: move_addr_to_user.</summary>
    public static Errno Write(GuestTask task, SocketAddress? address, VirtualAddress at, VirtualAddress lengthAt)
    {
        ReadOnlySpan<byte> bytes = address is null ? [SocketWords.Unix, 0] : address.Bytes;
        return WriteBytes(task, bytes, at, lengthAt);
    }

    public static Errno WriteBytes(GuestTask task, ReadOnlySpan<byte> bytes, VirtualAddress at, VirtualAddress lengthAt)
    {
        if (!task.User.TryRead(lengthAt, out int room)) return Errno.EFAULT;
        if (room < 0) return Errno.EINVAL;
        if (!task.User.TryCopyTo(at, bytes[..Math.Min(bytes.Length, room)])) return Errno.EFAULT;    // cut, and the whole length told
        return task.User.TryWrite(lengthAt, bytes.Length) ? Errno.None : Errno.EFAULT;
    }
}
