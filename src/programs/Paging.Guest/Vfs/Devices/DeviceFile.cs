using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Native;

namespace Paging.Guest.Vfs.Devices;

/// <summary>One of the memory devices, or /dev/userfaultfd. Linux: drivers/char/mem.c, drivers/char/random.c.</summary>
internal sealed class DeviceFile(PagingEngine engine, RandomBytes random, DeviceKind kind, FileStatus status, string path, FileFlags flags)
    : OpenDescription(path, flags)
{
    public DeviceKind Kind => kind;

    public override bool IsSeekable => true;

    public override bool CanBeWatched => kind == DeviceKind.Random;

    public override bool CanSpliceFrom => kind is not (DeviceKind.Null or DeviceKind.Userfault);

    public override bool CanSpliceTo => kind is not (DeviceKind.Full or DeviceKind.Userfault);

    public override bool IgnoresData => kind is DeviceKind.Null or DeviceKind.Zero;

    public override Errno Status(out FileStatus result)
    {
        result = status;
        return Errno.None;
    }

    public override CallResult Read(Span<byte> destination)
    {
        switch (kind)
        {
            case DeviceKind.Null: return 0;
            case DeviceKind.Userfault: return Errno.EINVAL;
            case DeviceKind.Zero or DeviceKind.Full: destination.Clear(); break;
            default: random.Fill(destination); break;
        }

        return destination.Length;
    }

    public override CallResult ReadAt(long offset, Span<byte> destination) => Read(destination);

    public override CallResult Write(ReadOnlySpan<byte> source) => kind switch
    {
        DeviceKind.Full => Errno.ENOSPC,
        DeviceKind.Userfault => Errno.EINVAL,
        _ => source.Length,
    };

    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source) => Write(source);

    public override CallResult Seek(long offset, int whence) => 0;

    /// <summary>Maps /dev/zero, which is anonymous memory; the others cannot be mapped.</summary>
    public override Errno Map(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        ulong byteOffset, out VirtualAddress at)
    {
        at = default;
        if (kind != DeviceKind.Zero) return Errno.ENODEV;
        bool isShared = (flags & MapFlags.TypeMask) != MapFlags.Private;
        if (!CanRead || (isShared && !CanWrite && (protection & MemoryProtection.Write) != 0)) return Errno.EACCES;
        return isShared && !CanWrite ? MapToRead(space, address, byteLength, protection, flags, out at)
            : space.Map(address, byteLength, protection, flags | MapFlags.Anonymous, out at);
    }

    /// <summary>A shared mapping through a descriptor that cannot write cannot be made writable later. Linux: VM_MAYWRITE.</summary>
    private Errno MapToRead(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        out VirtualAddress at)
    {
        at = default;
        using GuestFile zeros = engine.CreateMemoryFile("/dev/zero (deleted)", (long)PageWords.ToBytes(PageWords.Covering(byteLength)));
        Errno error = zeros.Open(FileRights.Read, OpenFlags.None, out OpenGuestFile? open);
        if (error != Errno.None) return Errno.ENOMEM;
        using (open) return open!.Map(space, address, byteLength, protection, flags & ~MapFlags.Anonymous, 0, out at);
    }
}
