using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Records;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Memory;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>
/// The programs' changes to file systems in memory, and files in memory without a name: those of memfd_create(2), and unlinked ones.
/// </summary>
internal sealed class SavedTrees(FileTree tree, InMemoryFiles files, SavedContents contents)
{
    private readonly List<MemoryMount> _mounts = [];
    private readonly List<(MemoryInode Inode, int Mount)> _inodes = [];
    private readonly Dictionary<MemoryInode, int> _numbers = new(ReferenceEqualityComparer.Instance);

    /// <summary>Collects the files that programs have created.</summary>
    public void Collect()
    {
        foreach (MemoryMount mount in tree.Mounts.OfType<MemoryMount>())
            if (mount.HasFilesOfPrograms) Add(((MemoryNode)mount.Root).Inode, NumberOf(mount));
    }

    /// <summary>Adds an open file, if it is in memory and not in a tree.</summary>
    public void Add(RegularInode? inode, TreeNode? node)
    {
        if (inode is MemoryContent { SavedKind: SavedFileKind.InMemory } content)
            Add(content.Inode, node?.Mount is MemoryMount mount ? NumberOf(mount) : -1);    // also reachable through /proc/PID/fd
    }

    /// <summary>Returns the number of a file whose kind is <see cref="SavedFileKind.InMemory"/>.</summary>
    public int NumberOf(RegularInode inode) => _numbers[((MemoryContent)inode).Inode];

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.MemoryTrees, 1);
        writer.Write(_mounts.Count);
        foreach (MemoryMount mount in _mounts)
        {
            writer.Write(mount.Prefix);
            writer.Write(_numbers.GetValueOrDefault(((MemoryNode)mount.Root).Inode, -1));
        }

        writer.Write(_inodes.Count);
        foreach ((MemoryInode inode, int mount) in _inodes)
        {
            writer.Write(mount);
            inode.Status.Save(writer);
            writer.Write(inode.Target);
            writer.Write(inode.IsLinkable);
            writer.Write(inode.Content is { } content ? contents.NumberOf(content.File) : -1);
        }

        foreach ((MemoryInode inode, _) in _inodes) SaveEntries(writer, inode);
        writer.End();
    }

    /// <summary>Creates the files again in this machine's mounts, after their contents.</summary>
    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.MemoryTrees, 1);
        Dictionary<int, MemoryInode> roots = [];
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++) LoadMount(reader, roots);
        count = reader.ReadCount();
        for (int i = 0; i < count; i++) LoadInode(reader, roots.GetValueOrDefault(i));
        foreach ((MemoryInode inode, _) in _inodes) LoadEntries(reader, inode);
        reader.Close();
    }

    /// <summary>Reads the number of a file, and opens it once more.</summary>
    public OpenDescription Open(RecordReader reader, string path, FileFlags flags)
    {
        (MemoryInode inode, int mount) = _inodes[reader.ReadIndex(_inodes.Count, "the number of a file in memory")];
        if (inode.Content is null) throw RecordReader.Damaged("a file in memory has no bytes");
        Errno error;
        OpenDescription? open;
        if (mount < 0)
        {
            error = files.Open(inode, path, flags, out RegularFile? file);
            open = file;
        }
        else
        {
            string name = path.StartsWith(_mounts[mount].Prefix + "/", StringComparison.Ordinal)
                ? path[(_mounts[mount].Prefix.Length + 1)..] : path;
            using MemoryNode node = new(
                _mounts[mount], files, inode, (((MemoryNode)_mounts[mount].Root).Inode, DeletedMark.Without(name)));
            error = node.Open(flags, out open);
        }

        return error == Errno.None ? open! : throw new InvalidDataException($"{ByteText.ToHost(path)} cannot be opened again: {error}.");
    }

    private int NumberOf(MemoryMount mount)
    {
        if (!_mounts.Contains(mount)) _mounts.Add(mount);
        return _mounts.IndexOf(mount);
    }

    private void Add(MemoryInode inode, int mount)
    {
        if (!_numbers.TryAdd(inode, _inodes.Count)) return;
        _inodes.Add((inode, mount));
        if (inode.Content is { } content) contents.Add(content.File);
        foreach (MemoryInode child in inode.Entries?.Values ?? Enumerable.Empty<MemoryInode>()) Add(child, mount);
    }

    private void SaveEntries(RecordWriter writer, MemoryInode inode)
    {
        writer.Write(inode.Entries?.Count ?? 0);
        if (inode.Entries is null) return;
        foreach ((string name, MemoryInode child) in inode.Entries)
        {
            writer.Write(name);
            writer.Write(_numbers[child]);
        }
    }

    private void LoadMount(RecordReader reader, Dictionary<int, MemoryInode> roots)
    {
        string prefix = reader.ReadText();
        MemoryMount mount = tree.Mounts.OfType<MemoryMount>()
            .FirstOrDefault(one => string.Equals(one.Prefix, prefix, StringComparison.Ordinal))
            ?? throw new InvalidDataException($"The checkpoint has files in {ByteText.ToHost(prefix)}, which is not in memory here.");
        int root = reader.ReadNumber();
        if (_mounts.Contains(mount)) throw RecordReader.Damaged("two mounts are one");
        _mounts.Add(mount);
        if (root < 0) return;
        mount.Clear();
        if (!roots.TryAdd(root, ((MemoryNode)mount.Root).Inode)) throw RecordReader.Damaged("two mounts have one root");
    }

    private void LoadInode(RecordReader reader, MemoryInode? root)
    {
        int mount = reader.ReadNumber();
        if (mount < -1 || mount >= _mounts.Count) throw RecordReader.Damaged("a file is in no mount");
        FileStatus status = FileStatus.Load(reader, mount < 0 ? InMemoryFiles.MemoryDevice : _mounts[mount].DeviceNumber);
        string target = reader.ReadText();
        bool isLinkable = reader.ReadFlag();
        bool isSound = root is null ? status.IsRegular || mount >= 0 : status.IsDirectory;
        if (!isSound || (status.Mode & ~FileModes.TypeMask & ~FileModes.Changeable) != 0)
            throw RecordReader.Damaged("a file in memory is none");
        GuestFile? bytes = null;
        if (status.IsRegular) bytes = contents.Take(reader);
        else if (reader.ReadNumber() != -1) throw RecordReader.Damaged("what is no file has bytes");
        MemoryInode inode = root ?? files.Restore(status, target, bytes);
        root?.Restore(status);
        inode.IsLinkable = isLinkable;
        _inodes.Add((inode, mount));
    }

    private void LoadEntries(RecordReader reader, MemoryInode inode)
    {
        int count = reader.ReadCount();
        if (count > 0 && inode.Entries is null) throw RecordReader.Damaged("what is no directory has names");
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadText();
            MemoryInode child = _inodes[reader.ReadIndex(_inodes.Count, "the number of a file in memory")].Inode;
            bool isName = name.Length > 0 && name is not ("." or "..") && !name.Contains('/', StringComparison.Ordinal);
            bool isRoot = _mounts.Exists(mount => ((MemoryNode)mount.Root).Inode == child);
            if (!isName || isRoot || child.Links == 0 || (child.IsDirectory && child.Place is not null)
                || !inode.Entries!.TryAdd(name, child))
                throw RecordReader.Damaged("a name in memory is none");
            child.Place = (inode, name);
            if (files.Blocks.AddFile() != Errno.None)
                throw new InvalidOperationException("Cannot load the files of the checkpoint: the machine has too little memory.");
        }
    }
}
