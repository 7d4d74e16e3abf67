using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Guest.Abi;

/// <summary>A program's memory as its system calls access it: every pointer may be invalid, for which the call returns EFAULT.</summary>
/// <remarks>
/// Copies go through the page fault handler, as the kernel's own do. Linux: copy_from_user, copy_to_user, strncpy_from_user. Writes are
/// recorded if a history of the program is kept.
/// </remarks>
internal readonly struct UserMemory(AddressSpace space, KernelWrites? writes, LateWrites? late = null)
{
    /// <summary>True for memory that a call of another process accesses. Linux: get_user_pages_remote.</summary>
    public bool IsRemote { get; init; }

    public const int PathByteLengthMax = PageWords.ByteLength;

    /// <summary>True if a call needs a page that comes later: the call returns EFAULT, waits and is made again.</summary>
    public bool NeedsPage => space.HasPendingAccess;

    public bool TryRead<T>(VirtualAddress address, out T value) where T : unmanaged => space.Mmu.TryRead(address, out value);

    /// <summary>Writes a value as a whole or, if it reaches into a bad page, not at all. Linux: put_user, one store.</summary>
    public bool TryWrite<T>(VirtualAddress address, T value) where T : unmanaged
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref value));
        int inFirst = (int)VirtualAddress.PageSize - address.OffsetInPage;
        bool mayWrite = bytes.Length <= inFirst || bytes.Length > sizeof(ulong)    // a structure is copied byte by byte
            || space.Touch(address + (uint)inFirst, AccessKind.Write, out _, out _) || NeedsPage;
        return mayWrite && TryCopyTo(address, bytes);
    }

    /// <summary>
    /// Copies bytes to the program. Returns false at a bad page; the bytes before it have been copied. Bytes for a page that comes later
    /// are kept for it.
    /// </summary>
    public bool TryCopyTo(VirtualAddress address, ReadOnlySpan<byte> source)
    {
        int count = CopyTo(address, source);
        if (count == source.Length) return true;
        if (!NeedsPage || late?.TryAdd(address + (uint)count, source[count..]) != true) return false;
        space.TakePendingAccess();    // the call itself goes on
        return true;
    }

    /// <summary>Copies bytes from the program. Returns false at a bad page.</summary>
    public bool TryCopyFrom(VirtualAddress address, Span<byte> destination) => CopyFrom(address, destination) == destination.Length;

    /// <summary>Copies to the program up to the first bad page.</summary>
    public int CopyTo(VirtualAddress address, ReadOnlySpan<byte> source)
    {
        if ((ulong)address.Value + (ulong)source.Length > 1UL << 32) return 0;    // it would wrap; access_ok refuses it whole
        int count = IsRemote ? space.Remote.Write(address, source) : space.Mmu.CopyIn(address, source, out _);
        writes?.Add(address, source[..count]);
        return count;
    }

    /// <summary>Copies from the program up to the first bad page.</summary>
    public int CopyFrom(VirtualAddress address, Span<byte> destination) => (ulong)address.Value + (ulong)destination.Length > 1UL << 32 ? 0
        : IsRemote ? space.Remote.Read(address, destination) : space.Mmu.CopyOut(address, destination, out _);

    /// <summary>Reads a string up to its zero, a character a byte. EFAULT: a bad page before it; ENAMETOOLONG: no zero.</summary>
    public Errno ReadString(VirtualAddress address, int byteLengthMax, out string text)
    {
        text = "";
        Errno error = ReadBytes(address, byteLengthMax, out byte[] bytes);
        if (error == Errno.None) text = ByteText.Of(bytes);
        return error;
    }

    /// <summary>Reads a path. An empty one is accepted here; the file system returns ENOENT.</summary>
    public Errno ReadPath(VirtualAddress address, out string path) => ReadString(address, PathByteLengthMax, out path);

    private Errno ReadBytes(VirtualAddress address, int byteLengthMax, out byte[] bytes)
    {
        bytes = [];
        List<byte> read = [];
        Span<byte> part = stackalloc byte[256];
        while (read.Count < byteLengthMax)
        {
            int wanted = (int)Math.Min(256 - (address.Value & 0xFF), (uint)(byteLengthMax - read.Count));
            int count = CopyFrom(address, part[..wanted]);
            int zero = part[..count].IndexOf((byte)0);
            read.AddRange(part[..(zero < 0 ? count : zero)]);
            if (zero >= 0)
            {
                bytes = [.. read];
                return Errno.None;
            }

            if (count < wanted) return Errno.EFAULT;
            address += (uint)count;
        }

        return Errno.ENAMETOOLONG;
    }
}
