using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;
using Paging.Reports;

namespace Paging.Guest.Vfs.Proc;

/// <summary>The files of /proc about the machine.</summary>
internal sealed class ProcSystemFiles(PagingEngine engine, RandomBytes random, ProcActivityText activity, SharedSegments segments)
{
    private static readonly FrozenDictionary<string, ImmutableArray<string>> Folders = new Dictionary<string, ImmutableArray<string>>(
        StringComparer.Ordinal)
    {
        [""] = ["buddyinfo", "cmdline", "cpuinfo", "devices", "filesystems", "loadavg", "meminfo", "mounts", "stat", "swaps", "sys",
            "sysvipc", "uptime", "version", "vmstat", "zoneinfo"],
        ["sys"] = ["fs", "kernel", "vm"],
        ["sys/fs"] = ["file-max", "file-nr", "nr_open", "pipe-max-size"],
        ["sysvipc"] = ["shm"],
        ["sys/kernel/random"] = ["boot_id", "uuid"],
        ["sys/kernel"] = ["cap_last_cap", "core_pattern", "hostname", "ngroups_max", "osrelease", "ostype", "pid_max", "random",
            "randomize_va_space", "shm_rmid_forced", "shmall", "shmmax", "shmmni", "threads-max", "version"],
        ["sys/vm"] =
        [
            "compact_memory", "dirty_background_ratio", "dirty_ratio", "drop_caches", "max_map_count", "min_free_kbytes", "mmap_min_addr",
                "nr_hugepages", "nr_overcommit_hugepages", "overcommit_kbytes", "overcommit_memory", "overcommit_ratio",
            "page-cluster", "swappiness",
        ],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> NamesIn(string folder) => Folders.GetValueOrDefault(folder, []);

    public bool TryFind(GuestTask? task, string relative, out ProcNode node)
    {
        if (Folders.ContainsKey(relative))
        {
            node = ProcNode.Folder();
            return true;
        }

        if (task is not null && relative is ("self" or "thread-self" or "mounts"))
        {
            string id = task.Process.Id.ToString(CultureInfo.InvariantCulture);
            string target = relative switch
            {
                "self" => id,
                "mounts" => "self/mounts",
                _ => $"{id}/task/{task.Id}",
            };
            node = new(ProcKind.Link, Target: () => target);
            return true;
        }

        if (TextOf(relative) is not { } text)
        {
            node = default;
            return false;
        }

        node = ProcNode.Of(text, take: TakerOf(relative)) with { CanSplice = relative is not ("swaps" or "sysvipc/shm") };
        return true;
    }

    private Func<byte[], Errno>? TakerOf(string relative) => relative.StartsWith("sys/vm/", StringComparison.Ordinal)
        ? bytes => Take(relative["sys/vm/".Length..], bytes) : null;

    private Func<string>? TextOf(string relative) => relative switch
    {
        "meminfo" => engine.FormatMeminfo,
        "vmstat" => engine.FormatVmstat,
        "buddyinfo" => engine.FormatBuddyInfo,
        "zoneinfo" => engine.FormatZoneInfo,
        "cmdline" => static () => "paging\n",
        "cpuinfo" => ProcessorText,
        "filesystems" => static () => "nodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n\text4\n",
        "loadavg" => activity.LoadAverage,
        "stat" => activity.Statistics,
        "swaps" => SwapText,
        "uptime" => activity.Uptime,
        "version" => static () => $"Linux version {KernelVersion.Release} {KernelVersion.Version}\n",
        "sys/fs/file-nr" => () => string.Create(CultureInfo.InvariantCulture, $"{activity.OpenFileCount}\t0\t1048576\n"),
        "sys/fs/file-max" or "sys/fs/nr_open" => static () => "1048576\n",
        "sys/fs/pipe-max-size" => static () => string.Create(CultureInfo.InvariantCulture, $"{Pipe.ByteLengthMax}\n"),
        "sys/kernel/core_pattern" => static () => "core\n",
        "devices" => static () => "Character devices:\n  1 mem\n  5 /dev/tty\n\nBlock devices:\n",
        "sys/kernel/cap_last_cap" => static () => string.Create(CultureInfo.InvariantCulture, $"{Capability.Last}\n"),
        "sys/kernel/ngroups_max" => static () => "65536\n",
        "sys/kernel/random/boot_id" => () => Uuid(new(engine.Options.Seed)),
        "sys/kernel/random/uuid" => () => Uuid(random),
        "sys/kernel/hostname" => static () => "paging\n",
        "sys/kernel/osrelease" => static () => KernelVersion.Release + "\n",
        "sys/kernel/ostype" => static () => "Linux\n",
        "sys/kernel/pid_max" => static () => string.Create(CultureInfo.InvariantCulture, $"{TaskTable.IdMax}\n"),
        "sys/kernel/randomize_va_space" => static () => "2\n",    // with brk
        "sys/kernel/shmall" or "sys/kernel/shmmax" => static () => "4278190079\n",    // ULONG_MAX - (1 << 24)
        "sys/kernel/shmmni" => static () => "4096\n",
        "sys/kernel/shm_rmid_forced" => static () => "0\n",
        "sysvipc/shm" => () => ProcIpcText.Segments(segments),
        "sys/kernel/threads-max" => () =>
            string.Create(CultureInfo.InvariantCulture, $"{TaskTable.CountFor(engine.Options.RamBytes)}\n"),
        "sys/kernel/version" => static () => KernelVersion.Version + "\n",
        _ when relative.StartsWith("sys/vm/", StringComparison.Ordinal) => KnobText(relative["sys/vm/".Length..]),
        _ => null,
    };

    /// <summary>A random UUID of version 4. Linux: proc_do_uuid.</summary>
    private static string Uuid(RandomBytes random)
    {
        Span<byte> bytes = stackalloc byte[16];
        random.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);    // version 4 (RFC 9562)
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);    // its variant
        return new Guid(bytes, bigEndian: true).ToString() + "\n";
    }

    private Func<string>? KnobText(string name)
    {
        EngineOptions options = engine.Options;
        long? value = name switch
        {
            "compact_memory" or "drop_caches" or "overcommit_kbytes" => 0,
            "nr_hugepages" => engine.HugePages.Counters.PoolTotal,
            "nr_overcommit_hugepages" => options.SurplusHugePages,
            "dirty_background_ratio" => options.DirtyBackgroundRatio,
            "dirty_ratio" => options.DirtyRatio,
            "max_map_count" => engine.MaxMapCount,
            "min_free_kbytes" => 128,
            "mmap_min_addr" => 4096,    // what MAP_FIXED may use; hints are also kept above CONFIG_LSM_MMAP_MIN_ADDR, 65536
            "overcommit_memory" => (int)engine.OvercommitMode,
            "overcommit_ratio" => engine.OvercommitRatio,
            "page-cluster" => 3,    // 2^3 pages: swap_setup
            "swappiness" => 60,    // vm_swappiness
            _ => null,
        };
        return value is null ? null : () => string.Create(CultureInfo.InvariantCulture, $"{value}\n");
    }

    /// <summary>Handles a write. Settings fixed at the engine's creation accept only their present value.</summary>
    private Errno Take(string name, byte[] bytes)
    {
        string text = Encoding.ASCII.GetString(bytes).Trim('\n', '\0', ' ', '\t');
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)) return Errno.EINVAL;
        switch (name)
        {
            case "compact_memory":
                if (value != 1) return Errno.EINVAL;    // sysctl_compaction_handler
                engine.Frames.Compact();
                return Errno.None;
            case "drop_caches":
                if (value is < 1 or > 4) return Errno.EINVAL;    // 4 only silences the log
                engine.Files.DropCaches();
                return Errno.None;
            case "max_map_count":
                if (value < 0) return Errno.EINVAL;
                engine.MaxMapCount = value;
                return Errno.None;
            case "overcommit_memory":
                if (value is < 0 or > 2) return Errno.EINVAL;    // OVERCOMMIT_NEVER
                engine.OvercommitMode = (OvercommitMode)value;
                return Errno.None;
            case "overcommit_ratio":
                if (value < 0) return Errno.EINVAL;
                engine.OvercommitRatio = value;
                return Errno.None;
            default:
                return string.Equals(KnobText(name)!().Trim('\n'), text, StringComparison.Ordinal) ? Errno.None : Errno.EPERM;
        }
    }

    private string SwapText()
    {
        const string heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
        MemoryTotals totals = MemoryTotals.Of(engine);
        if (totals.Swap.Value == 0) return heading;
        ulong used = (totals.Swap.Bytes - totals.FreeSwap.Bytes) >> 10;
        return string.Create(
            CultureInfo.InvariantCulture, $"{heading}{"/swap",-40}partition\t{totals.Swap.Bytes >> 10}\t\t{used}\t\t-2\n");
    }

    private static string ProcessorText() =>
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 3\nmodel name\t: Paging virtual processor\nstepping\t: "
            + "3\ncpu MHz\t\t: 1000.000\ncache size\t: 512 KB\nphysical id\t: 0\nsiblings\t: 1\ncore id\t\t: 0\n"
            + "cpu cores\t: 1\napicid\t\t: 0\ninitial apicid\t: 0\n"
        + "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 4\nwp\t\t: yes\nflags\t\t: fpu pse tsc msr cx8 pge cmov mmx fxsr sse "
        + "sse2\nbogomips\t: 2000.00\nclflush size\t: 32\ncache_alignment\t: 32\naddress sizes\t: 32 bits physical, 32 bits "
        + "virtual\npower management:\n\n";
}
