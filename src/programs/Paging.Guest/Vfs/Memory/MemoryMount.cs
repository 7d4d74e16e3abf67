using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Memory;

/// <summary>A file system in the engine's memory, without any file on the host. Linux: mm/shmem.c.</summary>
internal sealed class MemoryMount : Mount
{
    private readonly InMemoryFiles _files;
    private readonly long _madeAt;
    private int _ownCount;

    public MemoryMount(InMemoryFiles files, string prefix, FileModes mode) : base(prefix)
    {
        (_files, _madeAt) = (files, files.Clock.RealTime);
        DeviceNumber = files.TakeDevice();
        MemoryInode root = files.MakeInode(DeviceNumber, FileModes.Directory | mode, 0);
        root.Links = 2;    // its own "." too
        Root = new MemoryNode(this, files, root, null);
    }

    /// <summary>st_dev of its files.</summary>
    public ulong DeviceNumber { get; }

    public override TreeNode Root { get; }

    public override string Source => "tmpfs";

    public override string Type => "tmpfs";

    public override Errno FileSystem(TreeNode node, Span<long> words)
    {
        MemoryBlocks blocks = _files.Blocks;
        FileSystemWords.Fill(words, FileSystemWords.Tmpfs, FileSystemWords.NumberOf(DeviceNumber));
        (words[2], words[5]) = ((long)blocks.PageCountMax, (long)blocks.FileCountMax);
        words[3] = words[4] = (long)(blocks.PageCountMax - Math.Min(blocks.PageCount, blocks.PageCountMax));
        words[6] = (long)(blocks.FileCountMax - blocks.FileCount);
        return Errno.None;
    }

    /// <summary>True if programs have created files here, or changed initial ones.</summary>
    public bool HasFilesOfPrograms => ((MemoryNode)Root).Inode.Entries is { } entries
        && (entries.Count != _ownCount || entries.Values.Any(file => file.Status.ChangedAt != _madeAt));

    /// <summary>Removes all files, before saved ones are restored.</summary>
    public void Clear()
    {
        MemoryInode root = ((MemoryNode)Root).Inode;
        foreach ((string name, MemoryInode inode) in root.Entries!.ToArray())
        {
            if (inode.IsDirectory) throw new InvalidOperationException($"{Prefix}/{name} is no file of the machine's own.");
            _ = Root.Unlink(name);
        }
    }

    /// <summary>Adds a file of the machine's own, before any program runs.</summary>
    public void AddFile(string name, string text)
    {
        Errno error = Root.Create(name, FileFlags.WriteOnly, FileModes.Text, out OpenDescription? open);
        if (error != Errno.None) throw new InvalidOperationException($"Cannot make {Prefix}/{name}: {error}.");
        open!.Write(ByteText.ToBytes(text));
        open.Release();
        _ownCount++;
    }
}

/// <summary>Makes files in memory.</summary>
internal sealed class InMemoryFiles(
    PagingEngine engine, GuestClock clock, InodeNumbers numbers, RegularFiles regularFiles, NamedPipes namedPipes, FileTree tree)
{
    private const ulong FirstDevice = 20;

    /// <summary>st_dev of files that are never in a tree (memfd).</summary>
    public const ulong MemoryDevice = 1;    // shm_mnt, among the first that the kernel mounts

    private ulong _devices = FirstDevice;

    public MemoryBlocks Blocks { get; } = new(engine);

    public GuestClock Clock => clock;

    public RegularFiles RegularFiles => regularFiles;

    public NamedPipes NamedPipes => namedPipes;

    public ulong TakeDevice() => _devices++;

    public DirectoryFile OpenDirectory(TreeNode node, FileFlags flags) => new(tree, node, flags);

    /// <summary>Makes a file of any kind without a name; it belongs to root until chown.</summary>
    public MemoryInode MakeInode(ulong device, FileModes mode, ulong rawDevice, string target = "")
    {
        FileStatus birth = FileStatus.MadeAt(clock.RealTime) with
        {
            Device = device,
            Inode = numbers.Take(),
            Mode = mode,
            RawDevice = rawDevice,
            Links = 0,
        };
        MemoryInode inode = new(clock, birth) { Target = target };
        if (birth.IsRegular) inode.Content = new(inode, Blocks, engine.Files.CreateMemoryFile(""));
        return inode;
    }

    /// <summary>Restores a saved file, which takes ownership of its bytes, if any.</summary>
    public MemoryInode Restore(in FileStatus status, string target, GuestFile? bytes)
    {
        MemoryInode inode = new(clock, status) { Target = target };
        if (bytes is null) return inode;
        inode.Content = new(inode, status.Device == MemoryDevice ? null : Blocks, bytes);
        if (status.Device != MemoryDevice) Blocks.Count(inode.Content);
        return inode;
    }

    /// <summary>Opens a file in memory that is in no tree, as memfd_create does.</summary>
    public Errno Open(MemoryInode inode, string path, FileFlags flags, out RegularFile? file)
    {
        Errno error = regularFiles.Open(inode.Content!, path, flags, out file);
        file?.CountAsNoWriter();    // else fexecve of a memfd would always be ETXTBSY
        return error;
    }

    /// <summary>The length of the huge pages that flags ask for; of the default ones if they ask for none.</summary>
    private uint HugeByteLength(MemoryFileFlags flags)
    {
        const int sizeShift = 26;    // MFD_HUGE_SHIFT
        int shift = (int)((uint)flags >> sizeShift);
        return shift == 0 ? (uint)engine.HugePages.PageBytes : 1u << shift;
    }

    /// <summary>memfd_create(2), with MFD_HUGETLB if there are flags, which have the size of its pages.</summary>
    public Errno MakeNameless(string name, uint user, uint group, MemoryFileFlags? hugeFlags, out RegularFile? file)
    {
        file = null;
        string path = $"/memfd:{name}{DeletedMark.Text}";
        Errno error = Errno.None;
        GuestFile? bytes = hugeFlags is null ? engine.Files.CreateMemoryFile(path) : null;
        if (hugeFlags is { } flags) error = engine.HugePages.CreateFile(path, flags, out bytes);
        if (error != Errno.None) return error;
        FileStatus birth = FileStatus.MadeAt(clock.RealTime) with
        {
            Device = MemoryDevice,
            Inode = numbers.Take(),
            Mode = FileModes.Regular | FileModes.Everything,    // Linux: __shmem_file_setup, S_IRWXUGO
            Links = 0,
            User = user,
            Group = group,
            BlockByteLength = hugeFlags is null ? PageWords.ByteLength : HugeByteLength(hugeFlags.Value),
        };
        MemoryInode inode = new(clock, birth);
        inode.Content = new(inode, null, bytes!);
        error = Open(inode, path, FileFlags.ReadWrite | FileFlags.LargeFile, out file);
        if (error != Errno.None) bytes!.Dispose();
        return error;
    }
}
