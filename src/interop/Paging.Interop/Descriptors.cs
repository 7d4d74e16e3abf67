using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Descriptors": the file calls of a process.</summary>
// SAFETY: as Border.
internal static unsafe class Descriptors
{
    [Export("paging_memfd_create")]
    public static int CreateMemoryFile(ulong process, byte* name, uint flags)
    {
        UserProcess owner = Processes.Of(process);
        PagingEngine engine = Engines.Of(Handles.EngineOf(process));
        MemoryFileFlags wanted = (MemoryFileFlags)flags;
        if (IsRefused(wanted)) return Border.Code(Errno.EINVAL);
        string title = Border.Text(name, "name");
        GuestFile? made = null;
        Errno error = (wanted & MemoryFileFlags.HugeTlb) != 0 ? engine.HugePages.CreateFile(title, wanted, out made) : Errno.None;
        if (error != Errno.None) return Border.Code(error);
        using GuestFile file = made ?? engine.Files.CreateMemoryFile(title);    // it lives as long as it is in use
        error = file.Open(owner, FileRights.ReadWrite, out int descriptor);
        return (int)Border.Value(error, descriptor);
    }

    [Export("paging_close")]
    public static Errno Close(ulong process, int descriptor) => Files(process).Close(descriptor);

    [Export("paging_pread")]
    public static long ReadAt(ulong process, int descriptor, void* destination, ulong byteLength, long offset)
    {
        Span<byte> bytes = Border.Bytes(destination, byteLength, "destination");
        return Border.Value(Files(process).Read(descriptor, offset, bytes, out int count), count);
    }

    [Export("paging_pwrite")]
    public static long WriteAt(ulong process, int descriptor, void* source, ulong byteLength, long offset)
    {
        Span<byte> bytes = Border.Bytes(source, byteLength, "source");
        return Border.Value(Files(process).Write(descriptor, offset, bytes, out int count), count);
    }

    [Export("paging_read_to")]
    public static long Read(ulong process, int descriptor, uint address, uint byteLength) =>
        Border.Value(Files(process).ReadTo(descriptor, new(address), byteLength, out uint count), count);

    [Export("paging_write_from")]
    public static long Write(ulong process, int descriptor, uint address, uint byteLength) =>
        Border.Value(Files(process).WriteFrom(descriptor, new(address), byteLength, out uint count), count);

    [Export("paging_lseek")]
    public static long Seek(ulong process, int descriptor, long offset, uint whence)
    {
        ProcessDescriptors files = Files(process);
        long position;
        Errno error = whence switch
        {
            0 or 1 or 2 => files.Seek(descriptor, offset, (SeekOrigin)whence, out position),
            3 or 4 => files.SeekExtent(descriptor, offset, (FileExtent)whence, out position),
            _ => NoSuchOrigin(out position),
        };
        return Border.Value(error, position);
    }

    [Export("paging_ftruncate")]
    public static Errno SetLength(ulong process, int descriptor, long byteLength) => Files(process).SetLength(descriptor, byteLength);

    [Export("paging_fsize")]
    public static long GetLength(ulong process, int descriptor) =>
        Border.Value(Files(process).GetLength(descriptor, out long byteLength), byteLength);

    [Export("paging_fsync")]
    public static Errno Synchronize(ulong process, int descriptor) => Files(process).Synchronize(descriptor);

    [Export("paging_fallocate")]
    public static Errno Allocate(ulong process, int descriptor, uint mode, long offset, long byteLength) =>
        Files(process).Allocate(descriptor, (AllocationFlags)mode, offset, byteLength);

    [Export("paging_punch")]
    public static Errno PunchHole(ulong process, int descriptor, long offset, long byteLength) =>
        Files(process).Allocate(descriptor, AllocationFlags.PunchHole | AllocationFlags.KeepSize, offset, byteLength);

    [Export("paging_fadvise")]
    public static Errno Advise(ulong process, int descriptor, long offset, long byteLength, uint advice) =>
        Files(process).Advise(descriptor, offset, byteLength, (FileAdvice)advice);

    // Linux: mm/memfd.c sanitize_flags.
    private static bool IsRefused(MemoryFileFlags flags)
    {
        const MemoryFileFlags known = MemoryFileFlags.CloseOnExec | MemoryFileFlags.AllowSealing | MemoryFileFlags.HugeTlb
            | MemoryFileFlags.NoExecuteSeal | MemoryFileFlags.Executable;
        const MemoryFileFlags both = MemoryFileFlags.NoExecuteSeal | MemoryFileFlags.Executable;
        bool isHuge = (flags & MemoryFileFlags.HugeTlb) != 0;
        return (flags & ~(isHuge ? known | MemoryFileFlags.HugeSizeMask : known)) != 0 || (flags & both) == both;
    }

    private static Errno NoSuchOrigin(out long position)
    {
        position = 0;
        return Errno.EINVAL;
    }

    private static ProcessDescriptors Files(ulong process) => Processes.Of(process).FileDescriptors;
}
