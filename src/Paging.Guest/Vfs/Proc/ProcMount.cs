using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Devices;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Proc;

/// <summary>/proc: what the engine and the kernel say of themselves and of each process.</summary>
/// <remarks>Linux: fs/proc/base.c tgid_base_stuff, fs/proc/root.c.</remarks>
internal sealed class ProcMount(PagingEngine engine, GuestClock clock, Happenings happenings, CurrentTask current, TaskTable tasks,
    FileTree tree, FileLocks locks, SystemVIpc systemV) : Mount("/proc")
{
    private const long ProcFileSystem = 0x9FA0;

    private readonly ProcSystemFiles _system = new(engine, clock, tasks, systemV);
    private readonly ProcProcessFiles _ofProcess = new(current, tasks, tree);

    public override Errno Status(GuestTask task, string relative, out FileStatus status)
    {
        status = FileStatus.MadeAt(clock.RealTime) with { Device = 4, Inode = 1 + (uint)StringHash(relative), BlockByteLength = 1024 };
        if (!TryFind(task, relative, out ProcNode node)) return Errno.ENOENT;
        status.Mode = node.Kind switch
        {
            ProcKind.Directory => FileModes.Directory | FileModes.Fixed,
            ProcKind.Link or ProcKind.MagicLink => FileModes.SymbolicLink | FileModes.Everything,
            _ => FileModes.Regular | (node.Take is null ? FileModes.AllRead : FileModes.Text),
        };
        if (node.Process is { } process)
            (status.User, status.Group) = (process.Credentials.EffectiveUser, process.Credentials.EffectiveGroup);
        return Errno.None;
    }

    public override Errno ReadLink(GuestTask task, string relative, out string target)
    {
        target = "";
        if (!TryFind(task, relative, out ProcNode node) || node.Target is null) return Errno.EINVAL;
        target = node.Target;
        return Errno.None;
    }

    public override bool IsMagicLink(string relative) => relative.Contains("/fd/", StringComparison.Ordinal);

    public override Errno Open(GuestTask task, in Place place, int flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        if (!TryFind(task, place.Relative, out ProcNode node)) return Errno.ENOENT;
        Status(task, place.Relative, out FileStatus status);
        switch (node.Kind)
        {
            case ProcKind.Directory:
                if ((flags & OpenDescription.AccessMask) != 0) return Errno.EISDIR;
                open = new DirectoryFile(tree, locks, task, place, flags);
                return Errno.None;
            case ProcKind.MagicLink:
                return Reopen(task, node, flags, mode, out open);
            case ProcKind.Pagemap:
                open = new PagemapFile(node.Process!.Memory.Space, status, place.Path, flags);
                return Errno.None;
            case ProcKind.Text:
                bool wantsWrite = (flags & OpenDescription.AccessMask) != 0;
                if (wantsWrite && node.Take is null && task.Process.Credentials.EffectiveUser != 0) return Errno.EACCES;
                open = new TextFile(node.Make!, node.Take, status, place.Path, flags);
                return Errno.None;
            default:
                return Errno.ELOOP;
        }
    }

    public override Errno List(GuestTask task, string relative, List<DirectoryEntry> entries)
    {
        IEnumerable<string> names = relative.Length == 0
            ? ProcSystemFiles.NamesIn("")
                .Concat(tasks.All.Select(static process => process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)))
                .Append("self")
            : NamesIn(relative);
        string prefix = relative.Length == 0 ? "" : relative + "/";
        foreach (string name in names)
        {
            if (Status(task, prefix + name, out FileStatus status) == Errno.None)
                entries.Add(new(name, status.Inode, status.EntryType));
        }

        return Errno.None;
    }

    public override Errno FileSystem(string relative, Span<long> words)
    {
        words.Clear();
        (words[0], words[1], words[8], words[9]) = (ProcFileSystem, PageWords.ByteLength, 255, PageWords.ByteLength);
        return Errno.None;
    }

    private IEnumerable<string> NamesIn(string relative)
    {
        if (_ofProcess.TrySplit(relative, out GuestProcess? process, out string rest)) return ProcProcessFiles.NamesIn(process!, rest);
        return ProcSystemFiles.NamesIn(relative);
    }

    private bool TryFind(GuestTask task, string relative, out ProcNode node)
    {
        if (relative.Length == 0)
        {
            node = ProcNode.Folder();
            return true;
        }

        if (_ofProcess.TrySplit(relative, out GuestProcess? process, out string rest)) return _ofProcess.TryFind(process!, rest, out node);
        return _system.TryFind(task, relative, out node);
    }

    /// <summary>/proc/self/fd/N: the same file once more; where there is no path to it, the same description.</summary>
    private Errno Reopen(GuestTask task, ProcNode node, int flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        OpenDescription original = node.Open!;
        if (original is PipeEnd end)
        {
            open = new PipeEnd(clock, happenings, end.Pipe, end.Inode, flags & (OpenDescription.AccessMask | OpenDescription.NonBlocking),
                end.Path);
            return Errno.None;
        }

        bool isNamed = original is RegularFile { IsMemoryFile: false } or DirectoryFile or DeviceFile or TextFile;
        if (isNamed && tree.Resolve(task, "/", original.Path, follow: true, out Place place) == Errno.None
            && place.Mount.Open(task, place, flags & ~(OpenDescription.CreateNew), mode, out open) == Errno.None) return Errno.None;
        original.Hold();
        open = original;
        return Errno.None;
    }

    private static int StringHash(string text)
    {
        int hash = 17;
        foreach (char letter in text) hash = (hash * 31) + letter;
        return hash & 0x7FFF_FFFF;
    }
}

/// <summary>What a name in /proc is.</summary>
internal enum ProcKind
{
    Directory,
    Text,
    Link,
    MagicLink,
    Pagemap,
}

/// <summary>One name in /proc.</summary>
internal readonly record struct ProcNode(ProcKind Kind, Func<byte[]>? Make = null, Func<byte[], Errno>? Take = null, string? Target = null,
    GuestProcess? Process = null, OpenDescription? Open = null)
{
    public static ProcNode Folder(GuestProcess? process = null) => new(ProcKind.Directory, Process: process);

    public static ProcNode Of(Func<string> text, GuestProcess? process = null, Func<byte[], Errno>? take = null) =>
        new(ProcKind.Text, () => System.Text.Encoding.UTF8.GetBytes(text()), take, Process: process);
}
