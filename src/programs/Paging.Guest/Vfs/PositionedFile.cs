using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>
/// An open file with a position that reads advance: regular files and the like, not streams, devices or directories.
/// </summary>
internal abstract class PositionedFile(string path, FileFlags flags) : OpenDescription(path, flags)
{
    public sealed override bool IsSeekable => true;

    public override bool CanBeWatched => false;    // always ready: EPERM of epoll_ctl(2)

    /// <summary>A regular file of /proc accepts any length and ignores it. Linux: proc_setattr.</summary>
    public override Errno SetLength(long byteLength) => Errno.None;

    /// <summary>Regular files of file systems without fallocate. Linux: vfs_fallocate.</summary>
    public override Errno Allocate(AllocationFlags flags, long offset, long byteLength) => Errno.EOPNOTSUPP;

    public override Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags) => Errno.None;

    public override Errno ReadAhead(long offset, long byteLength) => Errno.None;

    public sealed override CallResult Read(Span<byte> destination)
    {
        CallResult count = ReadAt(Position, destination);
        Position += count.Count;
        return count;
    }
}
