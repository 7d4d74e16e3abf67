using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>/proc/PID/mem: the memory of a process by its addresses. Linux: fs/proc/base.c mem_rw.</summary>
internal sealed class ProcessMemoryFile(
    Func<AddressSpace> accessor, Func<AddressSpace?> memory, FileStatus status, string path, FileFlags flags)
    : PositionedFile(path, flags)
{
    public override bool TakesRequestFlags => false;

    public override bool CanSpliceFrom => false;

    public override bool HasUnsignedPosition => true;

    public override Errno Status(out FileStatus result)
    {
        result = status;
        return Errno.None;
    }

    /// <summary>Reads memory, without rights too. EIO if the first address cannot be read; 0 for an ended process.</summary>
    public override CallResult ReadAt(long offset, Span<byte> destination)
    {
        if (destination.IsEmpty || memory() is not { } space) return 0;
        if (offset is < 0 or > uint.MaxValue) return Errno.EIO;    // access_remote_vm reaches nothing there
        int wanted = (int)Math.Min(destination.Length, uint.MaxValue - offset);
        int count = space.Remote.Read(new((uint)offset), destination[..wanted], forced: true, accessor());
        return count > 0 ? count : Errno.EIO;
    }

    public override CallResult Write(ReadOnlySpan<byte> source)
    {
        CallResult count = WriteAt(Position, source);
        Position += count.Count;
        return count;
    }

    /// <summary>
    /// Writes memory that the process itself could write. Linux also writes read-only memory (FOLL_FORCE); here that is EIO.
    /// </summary>
    public override CallResult WriteAt(long offset, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty || memory() is not { } space) return 0;
        if (offset is < 0 or > uint.MaxValue) return Errno.EIO;
        int wanted = (int)Math.Min(source.Length, uint.MaxValue - offset);
        int count = space.Remote.Write(new((uint)offset), source[..wanted], forced: true, accessor());
        return count > 0 ? count : Errno.EIO;
    }

    public override CallResult Seek(long offset, int whence)
    {
        if (whence > 1) return Errno.EINVAL;    // no end (mem_lseek)
        return Position = whence == 0 ? offset : Position + offset;
    }
}
