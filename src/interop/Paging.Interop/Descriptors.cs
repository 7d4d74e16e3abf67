using System.Runtime.InteropServices;
using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Descriptors": the file calls of a process.</summary>
// SAFETY: as Border.
internal static unsafe class Descriptors
{
    [UnmanagedCallersOnly(EntryPoint = "paging_memfd_create")]
    public static int CreateMemoryFile(ulong process, byte* name, uint flags)
    {
        try
        {
            UserProcess owner = Processes.Of(process);
            PagingEngine engine = Engines.Of(Handles.EngineOf(process));
            MemoryFileFlags wanted = (MemoryFileFlags)flags;
            if (IsRefused(wanted)) return Border.Code(Errno.EINVAL);
            string title = Border.Text(name, "name");
            GuestFile? made = null;
            Errno error = (wanted & MemoryFileFlags.HugeTlb) != 0 ? engine.CreateHugePageFile(title, wanted, out made) : Errno.None;
            if (error != Errno.None) return Border.Code(error);
            using GuestFile file = made ?? engine.CreateMemoryFile(title);    // it lives as long as it is in use
            error = file.Open(owner, FileRights.ReadWrite, out int descriptor);
            return error == Errno.None ? descriptor : Border.Code(error);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_close")]
    public static int Close(ulong process, int descriptor)
    {
        try { return Border.Code(Files(process).Close(descriptor)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_pread")]
    public static long ReadAt(ulong process, int descriptor, void* destination, ulong byteLength, long offset)
    {
        try
        {
            Span<byte> bytes = Border.Bytes(destination, byteLength, "destination");
            return CountOr(Files(process).Read(descriptor, offset, bytes, out int count), count);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_pwrite")]
    public static long WriteAt(ulong process, int descriptor, void* source, ulong byteLength, long offset)
    {
        try
        {
            Span<byte> bytes = Border.Bytes(source, byteLength, "source");
            return CountOr(Files(process).Write(descriptor, offset, bytes, out int count), count);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_read_to")]
    public static long Read(ulong process, int descriptor, uint address, uint byteLength)
    {
        try { return CountOr(Files(process).ReadTo(descriptor, new(address), byteLength, out uint count), count); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_write_from")]
    public static long Write(ulong process, int descriptor, uint address, uint byteLength)
    {
        try { return CountOr(Files(process).WriteFrom(descriptor, new(address), byteLength, out uint count), count); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_lseek")]
    public static long Seek(ulong process, int descriptor, long offset, uint whence)
    {
        try
        {
            ProcessFiles files = Files(process);
            long position;
            Errno error = whence switch
            {
                0 or 1 or 2 => files.Seek(descriptor, offset, (SeekOrigin)whence, out position),
                3 or 4 => files.SeekExtent(descriptor, offset, (FileExtent)whence, out position),
                _ => NoSuchOrigin(out position),
            };
            return CountOr(error, position);
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_ftruncate")]
    public static int SetLength(ulong process, int descriptor, long byteLength)
    {
        try { return Border.Code(Files(process).SetLength(descriptor, byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_fsize")]
    public static long GetLength(ulong process, int descriptor)
    {
        try { return CountOr(Files(process).GetLength(descriptor, out long byteLength), byteLength); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_fsync")]
    public static int Synchronize(ulong process, int descriptor)
    {
        try { return Border.Code(Files(process).Synchronize(descriptor)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_fallocate")]
    public static int Allocate(ulong process, int descriptor, uint mode, long offset, long byteLength)
    {
        try { return Border.Code(Files(process).Allocate(descriptor, (AllocationFlags)mode, offset, byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_punch")]
    public static int PunchHole(ulong process, int descriptor, long offset, long byteLength)
    {
        try { return Border.Code(Files(process).PunchHole(descriptor, offset, byteLength)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_fadvise")]
    public static int Advise(ulong process, int descriptor, long offset, long byteLength, uint advice)
    {
        try { return Border.Code(Files(process).Advise(descriptor, offset, byteLength, (FileAdvice)advice)); }
        catch (Exception e) { return Border.Refuse(e); }
    }

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

    private static long CountOr(Errno error, long count) => error == Errno.None ? count : Border.Code(error);

    private static ProcessFiles Files(ulong process) => Processes.Of(process).Files;
}
