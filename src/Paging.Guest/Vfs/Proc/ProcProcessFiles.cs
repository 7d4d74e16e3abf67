using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Devices;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Tree;
using Paging.Reports;

namespace Paging.Guest.Vfs.Proc;

/// <summary>The files of /proc/PID.</summary>
internal sealed class ProcProcessFiles(CurrentTask current, TaskTable tasks, FileTree tree)
{
    private static readonly string[] Names =
    [
        "auxv", "clear_refs", "cmdline", "comm", "cwd", "environ", "exe", "fd", "io", "limits", "map_files", "maps", "mountinfo", "mounts",
            "oom_adj", "oom_score", "oom_score_adj", "pagemap", "personality", "root",
        "smaps", "smaps_rollup", "stat", "statm", "status", "syscall", "task", "wchan",
    ];

    /// <summary>Takes the process off a path: "self/maps", "1000/fd/3", "self/task/1000/stat".</summary>
    public bool TrySplit(string relative, out GuestProcess? process, out string rest)
    {
        int slash = relative.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? relative : relative[..slash];
        rest = slash < 0 ? "" : relative[(slash + 1)..];
        process = null;
        if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int id)) return false;
        process = tasks.Find(id) ?? tasks.FindTask(id)?.Process;
        if (process is null) return false;
        if (!rest.StartsWith("task/", StringComparison.Ordinal)) return true;
        string[] parts = rest.Split('/', 3);
        if (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int thread)
            && tasks.FindTask(thread)?.Process == process) rest = parts.Length > 2 ? parts[2] : "";
        return true;
    }

    public static IEnumerable<string> NamesIn(GuestProcess process, string rest) => rest switch
    {
        "" => Names,
        "fd" => process.Descriptors.Numbers.Select(static number => number.ToString()),
        "map_files" when !process.IsZombie => ProcMappedFiles.NamesOf(process.Memory.Space),
        "task" => process.Threads.Select(static thread => thread.Id.ToString(CultureInfo.InvariantCulture)),
        _ => [],
    };

    public bool TryFind(GuestProcess process, string rest, out ProcNode node)
    {
        node = default;
        if (rest is "" or "fd" or "task" or "map_files")
        {
            node = ProcNode.Folder(process);
            return true;
        }

        const string opened = "fd/";
        if (rest.StartsWith(opened, StringComparison.Ordinal)) return TryFindOpen(process, rest[opened.Length..], out node);
        if (TargetOf(process, rest) is { } target)
        {
            node = new(ProcKind.Link, Process: process, Target: target);
            return true;
        }

        if (string.Equals(rest, "pagemap", StringComparison.Ordinal) && !process.IsZombie)
        {
            node = new(ProcKind.Pagemap, Process: process);
            return true;
        }

        if (MakerOf(process, rest) is not { } make) return false;
        node = ProcNode.Of(make, process, TakerOf(process, rest));
        return true;
    }

    private static bool TryFindOpen(GuestProcess process, string name, out ProcNode node)
    {
        node = default;
        bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (!isNumber || process.Descriptors.FindRaw(new(number)) is not { } open) return false;
        node = new(ProcKind.MagicLink, Target: open is RegularFile { Inode.IsUnlinked: true } ? open.Path + " (deleted)"
            : open.Path, Process: process, Open: open);
        return true;
    }

    /// <summary>Where a link leads that is one by its name; none: it is no link, or there is no such.</summary>
    private static string? TargetOf(GuestProcess process, string rest)
    {
        const string mapped = "map_files/";
        return rest switch
        {
            "exe" => process.ExecutablePath,
            "cwd" => process.WorkingDirectory,
            "root" => "/",
            _ when rest.StartsWith(mapped, StringComparison.Ordinal) && !process.IsZombie =>
                ProcMappedFiles.Find(process.Memory.Space, rest[mapped.Length..]),
            _ => null,
        };
    }

    private Func<string>? MakerOf(GuestProcess process, string name)
    {
        bool hasMemory = !process.IsZombie;
        AddressSpace space = process.Memory.Space;
        return name switch
        {
            "maps" => () => hasMemory ? space.FormatMaps() : "",
            "smaps" => () => hasMemory ? space.FormatSmaps() : "",
            "smaps_rollup" => () => hasMemory ? space.FormatSmapsRollup() : "",
            "statm" => () => hasMemory ? space.FormatStatm() : "0 0 0 0 0 0 0\n",
            "syscall" => () => ProcStatusText.Call(current.Task, process),
            "status" => () => ProcStatusText.Status(process),
            "stat" => () => ProcStatusText.Stat(process),
            "cmdline" => () => hasMemory ? Memory(process, space.Program.ArgumentStart.Value, space.Program.ArgumentEnd.Value) : "",
            "environ" => () => hasMemory ? Memory(process, space.Program.ArgumentEnd.Value, space.Program.EnvironmentEnd.Value) : "",
            "comm" => () => (process.Threads.Count > 0 ? process.Threads[0].Name : "") + "\n",
            "limits" => () => ProcStatusText.Limits(process),
            "mounts" => MountText,
            "mountinfo" => MountText,
            "oom_score" => static () => "0\n",
            "oom_adj" or "oom_score_adj" => () => string.Create(CultureInfo.InvariantCulture, $"{process.OutOfMemoryAdjustment}\n"),
            "personality" => () => string.Create(CultureInfo.InvariantCulture, $"{process.Personality:x8}\n"),
            "io" => static () => "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
            "wchan" => static () => "0",
            "clear_refs" => static () => "",
            _ => null,
        };
    }

    private static Func<byte[], Errno>? TakerOf(GuestProcess process, string name) => name switch
    {
        "clear_refs" => bytes => Number(bytes) is { } kind ? process.Memory.Space.ClearReferences((ReferenceKind)kind) : Errno.EINVAL,
        "oom_score_adj" or "oom_adj" => bytes => Adjust(process, Number(bytes)),
        "comm" => bytes => Rename(process, bytes),
        _ => null,
    };

    private static Errno Adjust(GuestProcess process, int? value)
    {
        if (value is not { } number || number is < -1000 or > 1000) return Errno.EINVAL;
        if (number < process.OutOfMemoryAdjustment && !process.Credentials.Can(Capability.Resource)) return Errno.EACCES;
        process.OutOfMemoryAdjustment = number;
        return Errno.None;
    }

    private static Errno Rename(GuestProcess process, byte[] bytes)
    {
        string name = Encoding.UTF8.GetString(bytes).TrimEnd('\n', '\0');
        if (process.Threads.Count > 0) process.Threads[0].Name = name.Length > 15 ? name[..15] : name;
        return Errno.None;
    }

    private static int? Number(byte[] bytes) =>
        int.TryParse(Encoding.ASCII.GetString(bytes).Trim('\n', '\0', ' '), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out int number) ? number : null;

    private static string Memory(GuestProcess process, uint start, uint end)
    {
        if (end <= start || end - start > 1 << 20) return "";
        byte[] bytes = new byte[end - start];
        int count = process.Memory.Space.Mmu.CopyOut(new(start), bytes, out _);
        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    private string MountText()
    {
        StringBuilder text = new();
        foreach (Mount mount in tree.Mounts.Reverse())
        {
            (string source, string type) = mount switch
            {
                ProcMount => ("proc", "proc"),
                DeviceMount => ("devtmpfs", "devtmpfs"),
                HostMount { Prefix.Length: 0 } => ("/dev/root", "ext4"),
                _ => ("tmpfs", "tmpfs"),
            };
            text.Append(CultureInfo.InvariantCulture,
                $"{source} {(mount.Prefix.Length == 0 ? "/" : mount.Prefix)} {type} rw,relatime 0 0\n");
        }

        return text.ToString();
    }
}
