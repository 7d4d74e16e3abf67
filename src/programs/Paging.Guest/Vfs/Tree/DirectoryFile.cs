using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs.Tree;

/// <summary>An open directory, or a file opened with O_PATH. Names are read on the first use.</summary>
internal sealed class DirectoryFile : OpenDescription
{
    private readonly FileTree _tree;
    private readonly TreeNode _node;
    private List<DirectoryEntry>? _entries;

    public DirectoryFile(FileTree tree, TreeNode node, FileFlags flags) : base("", flags)
    {
        (_tree, _node) = (tree, node);
        OpenedOn(node);
    }

    public override bool IsSeekable => true;

    public override bool TakesRequestFlags => false;

    public override bool CanBeWatched => false;

    public override bool CanSpliceFrom => false;

    public override Errno Synchronize() => ShowsKernel ? Errno.EINVAL : Errno.None;

    public override Errno SynchronizeRange(long offset, long byteLength, SyncRangeFlags flags) => Errno.None;

    public override Errno Status(out FileStatus status) => _node.Status(out status);

    public override CallResult Read(Span<byte> destination) => IsPathOnly ? Errno.EBADF : Errno.EISDIR;    // generic_read_dir

    public override CallResult ReadAt(long offset, Span<byte> destination) => Errno.EISDIR;

    public override CallResult Seek(long offset, int whence)
    {
        const int fromEnd = 2;
        if (whence == fromEnd && !ShowsKernel) return Errno.EINVAL;    // dcache_dir_lseek has no SEEK_END
        long target = whence == 1 ? Position + offset : offset;    // such directories are empty files
        if (whence > fromEnd || target < 0) return Errno.EINVAL;
        Position = target;
        if (Position == 0) _entries = null;    // rewinddir(3): new names appear
        return Position;
    }

    /// <summary>getdents64(2): as many names as fit. EINVAL if not even one does; ENOTDIR.</summary>
    public CallResult ReadEntries(Span<byte> destination, bool isOldForm)
    {
        if (_entries is null)
        {
            Errno error = Fill();
            if (error != Errno.None) return error;
        }

        int written = 0;
        while (Position < _entries!.Count)
        {
            int length = isOldForm ? WriteOld(destination[written..], _entries[(int)Position])
                : Write(destination[written..], _entries[(int)Position]);
            if (length == 0) return written == 0 ? Errno.EINVAL : written;    // no room for even one (getdents(2))
            written += length;
            Position++;
        }

        return written;
    }

    /// <summary>Returns the length and number of the entries that are complete within a number of bytes.</summary>
    public static (int ByteLength, int Count) WholeEntries(ReadOnlySpan<byte> entries, int byteLengthMax, bool isOldForm)
    {
        (int byteLength, int count) = (0, 0);
        while (byteLength < entries.Length)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entries[(byteLength + (isOldForm ? 8 : 16))..]);
            if (byteLength + length > byteLengthMax) break;
            byteLength += length;
            count++;
        }

        return (byteLength, count);
    }

    private Errno Fill()
    {
        Errno error = _node.Status(out FileStatus self);
        if (error != Errno.None) return error;
        if (!self.IsDirectory) return Errno.ENOTDIR;
        if (self.Links == 0) return Errno.ENOENT;    // removed: IS_DEADDIR
        ulong above = self.Inode;
        if (_tree.FindParent(_node, out TreeNode? parent) == Errno.None)
        {
            using (parent) above = parent!.Status(out FileStatus status) == Errno.None ? status.Inode : above;
        }

        List<DirectoryEntry> entries = [new(".", self.Inode, DirectoryEntry.Directory), new("..", above, DirectoryEntry.Directory)];
        error = _node.List(entries);
        if (error != Errno.None) return error;
        HashSet<string> names = new(entries.Select(static entry => entry.Name), StringComparer.Ordinal);
        foreach (string name in _node.MountPoint?.Names ?? [])
        {
            if (names.Add(name)) entries.Add(new(name, 1, DirectoryEntry.Directory));
        }

        _entries = entries;
        return Errno.None;
    }

    private int Write(Span<byte> destination, in DirectoryEntry entry)
    {
        byte[] name = ByteText.ToBytes(entry.Name);
        int length = (19 + name.Length + 1 + 7) & ~7;    // linux_dirent64: name at 19, its zero, aligned for the next
        if (length > destination.Length) return 0;
        destination[..length].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(destination, entry.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], Position + 1);    // d_off: where the next one begins
        BinaryPrimitives.WriteUInt16LittleEndian(destination[16..], (ushort)length);
        destination[18] = entry.Type;
        name.CopyTo(destination[19..]);
        return length;
    }

    private int WriteOld(Span<byte> destination, in DirectoryEntry entry)
    {
        byte[] name = ByteText.ToBytes(entry.Name);
        int length = (10 + name.Length + 2 + 3) & ~3;    // linux_dirent: name at 10, its zero and the type
        if (length > destination.Length) return 0;
        destination[..length].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)entry.Inode);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], (int)Position + 1);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], (ushort)length);
        name.CopyTo(destination[10..]);
        destination[length - 1] = entry.Type;
        return length;
    }

    private bool ShowsKernel => _node is SyntheticNode { Mount: SyntheticMount { ShowsKernel: true } };
}
