using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;
using Paging.Reports;

namespace Paging.Guest.Vfs.Proc;

/// <summary>The files of /proc/PID.</summary>
internal sealed class ProcProcessFiles(PagingEngine engine, CurrentTask current, TaskTable tasks, FileTree tree)
{
    private static readonly ImmutableArray<string> Names =
    [
        "auxv", "clear_refs", "cmdline", "comm", "coredump_filter", "cwd", "environ", "exe", "fd", "fdinfo", "ksm_stat", "limits",
        "map_files", "maps", "mem", "mountinfo", "mounts", "oom_score", "oom_score_adj", "pagemap", "root",
        "smaps", "smaps_rollup", "stat", "statm", "status", "task",
    ];

    /// <summary>Linux: tid_base_stuff.</summary>
    private static readonly ImmutableArray<string> NamesOfThread =
        [.. Names.Where(static name => name is not ("coredump_filter" or "map_files" or "task"))];

    /// <summary>Parses the process and thread of a path: "1000/fd/3", "1000/task/1001/stat".</summary>
    public bool TrySplit(string relative, out ProcPlace place)
    {
        int slash = relative.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? relative : relative[..slash], rest = slash < 0 ? "" : relative[(slash + 1)..];
        place = default;
        if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int id)) return false;
        if ((tasks.Find(id) ?? tasks.FindTask(id)?.Process) is not { } process) return false;
        place = new(process, tasks.FindTask(id), rest);
        if (!rest.StartsWith("task/", StringComparison.Ordinal)) return true;
        string[] parts = rest.Split('/', 3);
        if (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && tasks.FindTask(number) is { } thread && thread.Process == process)
            place = new(process, thread, parts.Length > 2 ? parts[2] : "", IsThread: true);
        return true;
    }

    public static IEnumerable<string> NamesIn(in ProcPlace place) => place.Rest switch
    {
        "" => place.IsThread ? NamesOfThread : Names,
        "fd" or "fdinfo" => place.Process.Descriptors.Numbers.Select(static number => number.ToString()),
        "map_files" when !place.Process.IsZombie => ProcMappedFiles.NamesOf(place.Process.Memory.Space),
        "task" => place.Process.Threads.Select(static thread => thread.Id.ToString(CultureInfo.InvariantCulture)),
        _ => [],
    };

    public bool TryFind(in ProcPlace place, out ProcNode node)
    {
        node = default;
        (GuestProcess process, GuestTask? thread, string rest, bool isThread) = place;
        if (isThread && rest is "coredump_filter" or "task" or "map_files") return false;
        if (rest is "" or "fd" or "fdinfo" or "task" or "map_files")
        {
            int? threads = rest is "task" ? process.Threads.Count : null;
            node = ProcNode.Folder(process) with { IsPrivate = rest is "fd" or "map_files", FolderCount = threads };
            return true;
        }

        const string opened = "fd/", described = "fdinfo/";
        if (rest.StartsWith(described, StringComparison.Ordinal)) return TryDescribe(process, rest[described.Length..], out node);
        if (rest.StartsWith(opened, StringComparison.Ordinal)) return TryFindOpen(process, rest[opened.Length..], out node);
        if (LinkOf(process, rest) is { } link)
        {
            node = link;
            return true;
        }

        if (string.Equals(rest, "mem", StringComparison.Ordinal))
        {
            node = new(ProcKind.Memory, Take: static _ => Errno.EIO, Process: process) { IsPrivate = true };
            return true;
        }

        if (string.Equals(rest, "pagemap", StringComparison.Ordinal) && !process.IsZombie)
        {
            node = new(ProcKind.Pagemap, Process: process) { IsPrivate = true };
            return true;
        }

        if (MakerOf(process, thread, rest) is not { } make) return false;
        bool outlives = rest is "environ" or "auxv";    // these hold the memory, not the process. Linux: environ_open, auxv_open
        ProcNode made = ProcNode.Of(() => outlives || IsThere(process, thread) ? make() : null, process, TakerOf(process, thread, rest));
        node = made with
        {
            IsPrivate = outlives || rest is "ksm_stat",
            CanSplice = rest is "mounts" or "mountinfo",
            IsSequence = rest is "comm",
            ShowsMemory = rest is "maps" or "smaps" or "smaps_rollup",
            Control = rest is "maps" ? MapQuery.Of(ProcMount.OpenedMemory(process)) : null,
        };
        return true;
    }

    /// <summary>Returns true while a thread exists; the first one until the process is reaped. Linux: get_proc_task.</summary>
    private bool IsThere(GuestProcess process, GuestTask? thread) =>
        tasks.Find(process.Id) == process && (thread is not { IsDead: true } || thread.Id == process.Id);

    /// <summary>fdinfo/N: position and flags. Returns false if there is no such descriptor. Linux: seq_show (fs/proc/fd.c).</summary>
    private bool TryDescribe(GuestProcess process, string name, out ProcNode node)
    {
        node = default;
        bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (!isNumber || process.Descriptors.FindRaw(new(number)) is null) return false;
        Descriptor descriptor = new(number);
        node = ProcNode.Of(() => process.Descriptors.FindRaw(descriptor) is { } open ? Describe(process, open, descriptor) : null, process);
        return true;
    }

    private string Describe(GuestProcess process, OpenDescription open, Descriptor number)
    {
        const uint closeOnExec = 0x8_0000;
        const int pipes = 15;    // the number of a mount outside the tree
        uint flags = (uint)open.Flags | (process.Descriptors.IsCloseOnExec(number) ? closeOnExec : 0);
        long position = open.IsSeekable ? open.Seek(0, 1).Value : 0;
        ulong inode = open.Status(out FileStatus status) == Errno.None ? status.Inode : 0;
        string octal = Convert.ToString(flags, 8);
        int mount = open.Node is { } node ? tree.NumberOf(node.Mount) : pipes;
        return string.Create(CultureInfo.InvariantCulture,
            $"pos:\t{position}\nflags:\t0{octal}\nmnt_id:\t{mount}\nino:\t{inode}\n{open.Describe()}");
    }

    private bool TryFindOpen(GuestProcess process, string name, out ProcNode node)
    {
        node = default;
        bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (!isNumber || process.Descriptors.FindRaw(new(number)) is not { } open) return false;
        node = ProcNode.Magic(process, () => open.Path,
            () => OpenFileNode.Of(open, tree.Root.Mount));
        return true;
    }

    /// <summary>Returns the link of a name; null if there is none.</summary>
    private ProcNode? LinkOf(GuestProcess process, string rest)
    {
        const string mapped = "map_files/";
        switch (rest)
        {
            case "exe":
                return process.IsZombie || process.Memory.ExecutableNode is not { } program ? new(ProcKind.Link, Process: process)
                    : ProcNode.Magic(process, () => program.Path, program.Hold);
            case "cwd":
                return process.WorkingDirectory is not { } directory ? new(ProcKind.Link, Process: process)
                    : ProcNode.Magic(process, () => directory.Path, directory.Hold);
            case "root":
                return ProcNode.Magic(process, static () => "/", tree.Root.Hold);
            default:
                if (!rest.StartsWith(mapped, StringComparison.Ordinal) || process.IsZombie
                    || ProcMappedFiles.Find(process.Memory.Space, rest[mapped.Length..]) is not { } target) return null;
                return new(ProcKind.Link, Process: process, Target: () => target);
        }
    }

    /// <summary>
    /// Returns the maker of a text. Texts about memory keep the memory of the time of the open, even after execve. Linux: proc_mem_open.
    /// </summary>
    private Func<string?>? MakerOf(GuestProcess process, GuestTask? thread, string name)
    {
        Func<AddressSpace?> opened = ProcMount.OpenedMemory(process);
        byte[] vector = process.IsZombie ? [] : process.Memory.AuxiliaryVector;
        return name switch
        {
            "maps" => () => opened()?.FormatMaps() ?? "",
            "smaps" => () => opened()?.FormatSmaps() ?? "",
            "smaps_rollup" => () => opened()?.FormatSmapsRollup(),
            "statm" => () => process.IsZombie ? "0 0 0 0 0 0 0\n" : process.Memory.Space.FormatStatm(),
            "status" => () => ProcStatusText.Status(process, thread),
            "stat" => () => ProcStatusText.Stat(process, thread),
            "cmdline" => () => OfMemory(process, static space =>
                Bytes(space, space.Program.ArgumentStart.Value, space.Program.ArgumentEnd.Value)),
            "environ" => () => opened() is { } space
                ? Bytes(space, space.Program.ArgumentEnd.Value, space.Program.EnvironmentEnd.Value) : "",
            "comm" => () => ProcStatusText.NameOf(process, thread) + "\n",
            "limits" => () => ProcStatusText.Limits(process),
            "mounts" => MountText,
            "mountinfo" => MountInformation,
            "auxv" => () => ByteText.Of(vector),
            "oom_score" => () => string.Create(CultureInfo.InvariantCulture, $"{OutOfMemoryScore.Of(engine, process)}\n"),
            "oom_score_adj" => () => string.Create(CultureInfo.InvariantCulture, $"{process.OutOfMemoryAdjustment}\n"),
            "coredump_filter" => () =>
                process.IsZombie ? "" : string.Create(CultureInfo.InvariantCulture, $"{process.CoreDumpFilter:x8}\n"),
            "ksm_stat" => () => process.IsZombie ? "" : MergingText(process.Memory.Space),
            "clear_refs" => static () => "",
            _ => null,
        };
    }

    private Func<byte[], Errno>? TakerOf(GuestProcess process, GuestTask? thread, string name) => name switch
    {
        "clear_refs" => bytes => ClearReferences(process, Number(bytes)),
        "oom_score_adj" => bytes => Adjust(process, Number(bytes)),
        "coredump_filter" => bytes => SetCoreDumpFilter(process, ByteText.Of(bytes)),
        "comm" => bytes => Rename(process, thread, bytes),
        _ => null,
    };

    private static Errno ClearReferences(GuestProcess process, int? kind)
    {
        if (kind is not { } number) return Errno.EINVAL;
        return process.IsZombie ? Errno.None : process.Memory.Space.ClearReferences((ReferenceKind)number);
    }

    /// <summary>Equal pages are never merged, so only the settings can differ. Linux: fs/proc/base.c proc_pid_ksm_stat.</summary>
    private static string MergingText(AddressSpace space)
    {
        bool isMergeable = space.Areas.Snapshot().Any(static area => (area.Flags & AreaFlags.Mergeable) != 0);
        return "ksm_rmap_items 0\nksm_zero_pages 0\nksm_merging_pages 0\nksm_process_profit 0\n"
            + $"ksm_merge_any: {(space.IsAllMergeable ? "yes" : "no")}\nksm_mergeable: {(isMergeable ? "yes" : "no")}\n";
    }

    /// <summary>Sets the kinds of memory that a core file would have. Linux: proc_coredump_filter_write.</summary>
    private static Errno SetCoreDumpFilter(GuestProcess process, string text)
    {
        const uint known = 0x1FF;    // MMF_DUMP_FILTER_BITS
        Errno error = KernelNumber.Parse(text, out uint value);
        if (error != Errno.None) return error;
        process.CoreDumpFilter = value & known;
        return Errno.None;
    }

    private static Errno Adjust(GuestProcess process, int? value)
    {
        if (value is not { } number || number is < -1000 or > 1000) return Errno.EINVAL;    // OOM_SCORE_ADJ_MIN, _MAX
        // Only raising it needs no right (__set_oom_adj)
        if (number < process.OutOfMemoryAdjustment && !process.Credentials.Can(Capability.Resource)) return Errno.EACCES;
        process.OutOfMemoryAdjustment = number;
        return Errno.None;
    }

    /// <summary>Renames a thread, which only its own process may. Linux: comm_write.</summary>
    private Errno Rename(GuestProcess process, GuestTask? thread, byte[] bytes)
    {
        if (current.Task?.Process != process) return Errno.EINVAL;    // same_thread_group
        string name = ByteText.Of(bytes).TrimEnd('\n', '\0');
        if (thread is not null) thread.Name = name.Length > 15 ? name[..15] : name;
        return Errno.None;
    }

    private static int? Number(byte[] bytes) =>
        int.TryParse(Encoding.ASCII.GetString(bytes).Trim('\n', '\0', ' '), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out int number) ? number : null;

    /// <summary>
    /// Returns a text about the memory of a process at the time of the read; empty once the process has ended. Linux: get_task_mm,
    /// mmget_not_zero.
    /// </summary>
    private static string OfMemory(GuestProcess process, Func<AddressSpace, string> text) =>
        process.IsZombie ? "" : text(process.Memory.Space);

    private static string Bytes(AddressSpace space, uint start, uint end)
    {
        if (end <= start || end - start > 1 << 20) return "";    // a program's marks may be damaged: no gigabytes
        byte[] bytes = new byte[end - start];
        int count = space.Mmu.CopyOut(new(start), bytes, out _);
        return ByteText.Of(bytes.AsSpan(0, count));
    }

    private string MountText()
    {
        StringBuilder text = new();
        foreach (Mount mount in tree.Mounts)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{mount.Source} {(mount.Prefix.Length == 0 ? "/" : mount.Prefix)} {mount.Type} rw,relatime 0 0\n");
        }

        return text.ToString();
    }

    /// <summary>Number, parent's number, device, root, mount point, options, "-", type, source. Linux: show_mountinfo.</summary>
    private string MountInformation()
    {
        StringBuilder text = new();
        for (int i = 0; i < tree.Mounts.Count; i++)
        {
            Mount mount = tree.Mounts[i];
            int above = 0;
            for (int j = 0; j < i; j++)
            {
                if (mount.Prefix.StartsWith(tree.Mounts[j].Prefix + "/", StringComparison.Ordinal)) above = j;
            }

            _ = mount.Root.Status(out FileStatus status);
            text.Append(CultureInfo.InvariantCulture,
                $"{tree.NumberOf(mount)} {(i == 0 ? 1 : tree.NumberOf(tree.Mounts[above]))} "
                    + $"{(status.Device >> 8) & 0xFFF}:{status.Device & 0xFF} / "
                    + $"{(mount.Prefix.Length == 0 ? "/" : mount.Prefix)} rw,relatime - {mount.Type} {mount.Source} rw\n");
        }

        return text.ToString();
    }
}
