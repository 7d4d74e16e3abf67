using System.Globalization;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Proc;

/// <summary>/proc: files about the machine and each process.</summary>
/// <remarks>Linux: fs/proc/base.c tgid_base_stuff, fs/proc/root.c.</remarks>
internal sealed class ProcMount(PagingEngine engine, GuestClock clock, RandomBytes random, ProcActivityText activity, CurrentTask current,
    TaskTable tasks, FileTree tree, SharedSegments segments) : SyntheticMount("/proc")
{
    private const long ProcFileSystem = 0x9FA0;    // PROC_SUPER_MAGIC
    private const ulong Device = 4;
    private const uint RootInode = 1;    // PROC_ROOT_INO

    private readonly ProcSystemFiles _system = new(engine, random, activity, segments);
    private readonly ProcProcessFiles _ofProcess = new(engine, current, tasks, tree);

    public override bool HasPrograms => false;

    public override string Source => "proc";

    public override string Type => "proc";

    public override bool ShowsKernel => true;

    public override Errno Refused => Errno.ENOENT;

    public override Errno Status(string relative, out FileStatus status)
    {
        uint inode = relative.Length == 0 ? RootInode : 1 + (uint)StringHash(relative);
        status = FileStatus.MadeAt(clock.RealTime) with { Device = Device, Inode = inode, BlockByteLength = 1024 };
        if (!TryFind(relative, out ProcNode node)) return Errno.ENOENT;
        status.Mode = node.Kind switch
        {
            ProcKind.Directory when node.IsPrivate => FileModes.Directory | FileModes.OwnerRead | FileModes.OwnerExecute,
            ProcKind.Directory => FileModes.Directory | FileModes.Fixed,
            ProcKind.Link or ProcKind.MagicLink => FileModes.SymbolicLink | FileModes.Everything,
            _ when node.IsPrivate => FileModes.Regular | FileModes.OwnerRead | (node.Take is null ? 0 : FileModes.OwnerWrite),
            _ => FileModes.Regular | (node.Take is null ? FileModes.AllRead : FileModes.Text),
        };
        bool isOpenToAll = (status.Mode & ~FileModes.TypeMask) == FileModes.Fixed && status.IsDirectory;    // Linux: task_dump_owner
        if (node.Process is { } process && (process.IsDumpable || isOpenToAll))
            (status.User, status.Group) = (process.Credentials.EffectiveUser, process.Credentials.EffectiveGroup);
        if (node.FolderCount is { } folders) status.Links = 2 + (uint)folders;    // Linux: proc_task_getattr
        return Errno.None;
    }

    public override Errno CheckSearch(string relative) => IsOfProcess(relative) && FindProcess(relative) is null ? Errno.ESRCH : Errno.None;

    public override Errno ReadLink(string relative, out string target)
    {
        target = "";
        if (!TryFind(relative, out ProcNode node)) return Errno.ENOENT;
        if (node.Kind is not (ProcKind.Link or ProcKind.MagicLink)) return Errno.EINVAL;
        if (node.Target is not { } link) return Errno.ENOENT;    // of a zombie
        target = link();
        return Errno.None;
    }

    /// <summary>Returns true for the name of a process's directory, even if the process has ended.</summary>
    public static bool IsOfProcess(string relative) => relative.Length > 0 && relative.All(char.IsAsciiDigit);

    /// <summary>Returns the number of the process whose directory has this path; null for other paths.</summary>
    public int? NumberOf(string path) => path.Length > Prefix.Length && IsOfProcess(path[(Prefix.Length + 1)..])
        && int.TryParse(path.AsSpan(Prefix.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>Returns the process of such a directory; null if it no longer exists.</summary>
    public GuestProcess? FindProcess(string relative) => _ofProcess.TrySplit(relative, out ProcPlace place) ? place.Process : null;

    public override TreeNode? Jump(string relative) => TryFind(relative, out ProcNode node) ? node.Jump?.Invoke() : null;

    public override Errno Open(TreeNode node, string relative, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if (!TryFind(relative, out ProcNode found)) return Errno.ENOENT;
        Status(relative, out FileStatus status);
        bool wantsWrite = (flags & FileFlags.AccessMask) != 0;
        bool isRoot = current.Task is not { } task || task.Credentials.EffectiveUser == 0;
        string path = $"{Prefix}/{relative}";
        switch (found.Kind)
        {
            case ProcKind.Directory:
                if (wantsWrite) return Errno.EISDIR;
                open = new DirectoryFile(tree, node, flags);
                return Errno.None;
            case ProcKind.Pagemap:
                open = new PagemapFile(OpenedMemory(found.Process!), status, path, flags);
                return Errno.None;
            case ProcKind.Memory:
                open = new ProcessMemoryFile(() => current.Task!.Process.Memory.Space, OpenedMemory(found.Process!), status, path, flags);
                return Errno.None;
            case ProcKind.Text:
                if (wantsWrite && found.Take is null && !isRoot) return Errno.EACCES;    // root fails at the write
                if (found.ShowsMemory && !MayInspect(found.Process!)) return Errno.EACCES;    // at the open (mm_access)
                open = new TextFile(found.Make!, found.Take, status, path, flags, found.CanSplice, found.IsSequence, found.Control);
                return Errno.None;
            default:
                return Errno.ELOOP;
        }
    }

    public override Errno List(string relative, List<DirectoryEntry> entries)
    {
        IEnumerable<string> names = relative.Length == 0
            ? ProcSystemFiles.NamesIn("")
                .Concat(tasks.All.Select(static process => process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)))
                .Append("1").Append("self")
            : NamesIn(relative);
        string prefix = relative.Length == 0 ? "" : relative + "/";
        foreach (string name in names)
        {
            if (Status(prefix + name, out FileStatus status) == Errno.None)
                entries.Add(new(name, status.Inode, status.EntryType));
        }

        return Errno.None;
    }

    public override Errno FileSystem(TreeNode node, Span<long> words)
    {
        FileSystemWords.Fill(words, ProcFileSystem, Device);
        return Errno.None;
    }

    private IEnumerable<string> NamesIn(string relative)
    {
        if (_ofProcess.TrySplit(relative, out ProcPlace place)) return ProcProcessFiles.NamesIn(place);
        return ProcSystemFiles.NamesIn(relative);
    }

    private bool TryFind(string relative, out ProcNode node)
    {
        if (relative.Length == 0)
        {
            node = ProcNode.Folder();
            return true;
        }

        if (_ofProcess.TrySplit(relative, out ProcPlace place)) return _ofProcess.TryFind(place, out node);
        return _system.TryFind(current.Task, relative, out node);
    }

    /// <summary>Linux: proc_mem_open, mm_access; ptrace_may_access, as far as users and capabilities decide.</summary>
    private bool MayInspect(GuestProcess process) => current.Task is not { } task || task.Process.Memory == process.Memory
        || task.Credentials.EffectiveUser == process.Credentials.User || task.Credentials.Can(Capability.Trace);

    /// <summary>
    /// Returns the present memory of a process, for as long as it executes this program. Linux: proc_mem_open, mmget_not_zero.
    /// </summary>
    public static Func<AddressSpace?> OpenedMemory(GuestProcess process)
    {
        if (process.IsInit) return static () => null;
        SharedMemory memory = process.Memory;
        int program = memory.ProgramNumber;
        return () => memory.IsGone || memory.ProgramNumber != program ? null : memory.Space;
    }

    private static int StringHash(string text)
    {
        int hash = 17;
        foreach (char letter in text) hash = (hash * 31) + letter;
        return hash & 0x7FFF_FFFF;    // programs of 32-bit inodes fail with EOVERFLOW else
    }
}

/// <summary>A path below /proc/PID or /proc/PID/task/TID.</summary>
/// <param name="Process">The process.</param>
/// <param name="Thread">The thread of the number; for /proc/PID the first one. Null if it has ended.</param>
/// <param name="Rest">The path of the number; "" for the directory itself.</param>
/// <param name="IsThread">True below /proc/PID/task/TID, where some files are of the thread alone.</param>
internal readonly record struct ProcPlace(GuestProcess Process, GuestTask? Thread, string Rest, bool IsThread = false);

/// <summary>The kind of a name in /proc.</summary>
internal enum ProcKind
{
    Directory,
    Text,
    Link,
    MagicLink,
    Pagemap,
    Memory,
}

/// <summary>One name in /proc.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Make">Makes the text at each read; returns null if its subject no longer exists.</param>
/// <param name="Take">Handles written bytes.</param>
/// <param name="Target">The target of a link.</param>
/// <param name="Process">Its owner.</param>
/// <param name="Jump">Returns the file that a magic link leads to, held; null if it no longer exists.</param>
internal readonly record struct ProcNode(ProcKind Kind, Func<byte[]?>? Make = null, Func<byte[], Errno>? Take = null,
    Func<string>? Target = null, GuestProcess? Process = null, Func<TreeNode?>? Jump = null)
{
    /// <summary>True if only its owner may read it. Linux: the modes in fs/proc/base.c tgid_base_stuff.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>True if sendfile(2) can read it. Linux: splice_read, which most files of processes have not.</summary>
    public bool CanSplice { get; init; }

    /// <summary>True if it can be written, but not at an offset.</summary>
    public bool IsSequence { get; init; }

    /// <summary>Answers ioctl(2); null if there are no requests.</summary>
    public Func<IoctlCall, CallResult>? Control { get; init; }

    /// <summary>True if all may find it, but opening needs the right to trace the process.</summary>
    public bool ShowsMemory { get; init; }

    /// <summary>The number of subdirectories, if the link count shows it.</summary>
    public int? FolderCount { get; init; }

    public static ProcNode Folder(GuestProcess? process = null) => new(ProcKind.Directory, Process: process);

    /// <summary>Makes a text file; the text is null if its subject no longer exists.</summary>
    public static ProcNode Of(Func<string?> text, GuestProcess? process = null, Func<byte[], Errno>? take = null) =>
        new(ProcKind.Text, () => text() is { } made ? ByteText.ToBytes(made) : null, take, Process: process);

    /// <summary>Makes a link to a file that may have no path, or a changed one.</summary>
    public static ProcNode Magic(GuestProcess process, Func<string> target, Func<TreeNode?> jump) =>
        new(ProcKind.MagicLink, Target: target, Process: process, Jump: jump);
}
