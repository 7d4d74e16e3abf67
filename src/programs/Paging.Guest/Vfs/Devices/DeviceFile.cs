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

    /// <summary>Linux: devlist of drivers/char/mem.c.</summary>
    public override bool CanRefuseToWait => kind is not (DeviceKind.Full or DeviceKind.Userfault);

    public override bool CanSpliceFrom => kind is not (DeviceKind.Null or DeviceKind.Userfault);

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

    /// <summary>/dev/null and /dev/zero discard written bytes unread. Linux: write_iter_null.</summary>
    public override CallResult WriteFrom(ref UserTransfer transfer) => kind is DeviceKind.Null or DeviceKind.Zero
        ? Math.Min(transfer.Parts.ByteLength, UserParts.ByteLengthMax) : base.WriteFrom(ref transfer);

    public override CallResult Write(ReadOnlySpan<byte> source) => kind switch
    {
        DeviceKind.Full => Errno.ENOSPC,    // its purpose: full(4)
        DeviceKind.Userfault => Errno.EINVAL,
        _ => source.Length,
    };

    public override CallResult SpliceFrom(ref UserTransfer transfer) =>
        kind is DeviceKind.Full or DeviceKind.Userfault ? Errno.EINVAL : Write(transfer.Parts.OfKernel);

    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source) => Write(source);

    public override CallResult Seek(long offset, int whence) => 0;    // Linux: null_lseek

    /// <summary>Maps /dev/zero: private or shared anonymous memory. The others cannot be mapped.</summary>
    /// <remarks>
    /// Arguments are checked as those of any file, and before the device is asked. A shared mapping is of a new file of its length, so
    /// bytes at an offset lie beyond its end. One through a descriptor that cannot write is zeros wherever it begins, and cannot be made
    /// writable later (VM_MAYWRITE).
    /// Linux: do_mmap; drivers/char/mem.c mmap_zero; mm/shmem.c shmem_zero_setup.
    /// </remarks>
    public override Errno Map(AddressSpace space, VirtualAddress address, uint byteLength, MemoryProtection protection, MapFlags flags,
        ulong byteOffset, out VirtualAddress at)
    {
        MapFlags type = flags & MapFlags.TypeMask;
        bool isPrivate = type == MapFlags.Private, isAnonymous = isPrivate || (type == MapFlags.Shared && CanWrite && byteOffset == 0);
        if (kind == DeviceKind.Zero && CanRead && isAnonymous && (flags & MapFlags.GrowsDown) == 0)
            return space.Map(address, byteLength, protection, flags | MapFlags.Anonymous, out at);

        at = default;
        bool isAllowed = CanRead && (CanWrite || isPrivate || (protection & MemoryProtection.Write) == 0);
        long fileLength = CanWrite ? (long)PageWords.ToBytes(PageWords.Covering(byteLength)) : GuestFile.ByteLengthMax;
        using GuestFile file = kind == DeviceKind.Zero || !isAllowed
            ? engine.Files.CreateMemoryFile("/dev/zero (deleted)", fileLength)
            : engine.Files.CreateDirectory(Path);    // ENODEV: as the other devices, it has no mmap method
        bool isDirectory = file.Kind == FileKind.Directory;
        FileRights rights = (CanRead ? FileRights.Read : FileRights.None) | (CanWrite && !isDirectory ? FileRights.Write : FileRights.None);
        if (file.Open(rights, OpenFlags.None, out OpenFileDescription? open) != Errno.None) return Errno.ENOMEM;
        if (isDirectory) protection &= ~MemoryProtection.Write;    // no EACCES, as the device could be written
        using (open) return open!.Map(space, address, byteLength, protection, flags & ~MapFlags.Anonymous, byteOffset, out at);
    }
}
