using System.Collections.Frozen;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Proc;

/// <summary>
/// /sys: the files that programs read about the (one) processor and memory. Linux: drivers/base/cpu.c, node.c, mm/hugetlb_sysfs.c,
/// mm/ksm.c.
/// </summary>
internal sealed class SystemMount : SyntheticMount
{
    private const long SystemFileSystem = 0x6265_6572;    // SYSFS_MAGIC
    private const ulong Device = 5;

    private static readonly FrozenDictionary<string, string> FixedTexts = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["devices/system/cpu/cpu0/topology/core_cpus_list"] = "0\n",
        ["devices/system/cpu/cpu0/topology/core_id"] = "0\n",
        ["devices/system/cpu/cpu0/topology/core_siblings_list"] = "0\n",
        ["devices/system/cpu/cpu0/topology/package_cpus_list"] = "0\n",
        ["devices/system/cpu/cpu0/topology/physical_package_id"] = "0\n",
        ["devices/system/cpu/cpu0/topology/thread_siblings_list"] = "0\n",
        ["devices/system/cpu/isolated"] = "\n",
        ["devices/system/cpu/kernel_max"] = "0\n",
        ["devices/system/cpu/offline"] = "\n",
        ["devices/system/cpu/online"] = "0\n",
        ["devices/system/cpu/possible"] = "0\n",
        ["devices/system/cpu/present"] = "0\n",
        ["devices/system/node/node0/cpulist"] = "0\n",
        ["devices/system/node/node0/cpumap"] = "1\n",
        ["devices/system/node/online"] = "0\n",
        ["devices/system/node/possible"] = "0\n",
        ["kernel/mm/ksm/full_scans"] = "0\n",    // MADV_MERGEABLE is taken, and nothing is merged: ksmd does not run
        ["kernel/mm/ksm/max_page_sharing"] = "256\n",
        ["kernel/mm/ksm/merge_across_nodes"] = "1\n",
        ["kernel/mm/ksm/pages_shared"] = "0\n",
        ["kernel/mm/ksm/pages_sharing"] = "0\n",
        ["kernel/mm/ksm/pages_to_scan"] = "100\n",
        ["kernel/mm/ksm/pages_unshared"] = "0\n",
        ["kernel/mm/ksm/pages_volatile"] = "0\n",
        ["kernel/mm/ksm/run"] = "0\n",
        ["kernel/mm/ksm/sleep_millisecs"] = "20\n",
        ["kernel/mm/transparent_hugepage/enabled"] = "always madvise [never]\n",
        ["kernel/mm/transparent_hugepage/shmem_enabled"] = "always within_size advise [never] deny force\n",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly GuestClock _clock;
    private readonly FileTree _tree;
    private readonly FrozenDictionary<string, Func<string>> _texts;

    public SystemMount(PagingEngine engine, GuestClock clock, FileTree tree) : base("/sys")
    {
        (_clock, _tree) = (clock, tree);
        Dictionary<string, Func<string>> texts = new(StringComparer.Ordinal);
        foreach ((string path, string text) in FixedTexts) texts.Add(path, () => text);
        string pool = $"kernel/mm/hugepages/hugepages-{engine.HugePages.PageBytes >> 10}kB/";
        texts.Add(pool + "free_hugepages", () => $"{engine.HugePages.Counters.PoolFree}\n");
        texts.Add(pool + "nr_hugepages", () => $"{engine.HugePages.Counters.PoolTotal}\n");
        texts.Add(pool + "nr_overcommit_hugepages", () => $"{engine.Options.SurplusHugePages}\n");
        texts.Add(pool + "resv_hugepages", () => $"{engine.HugePages.Counters.PoolReserved}\n");
        texts.Add(pool + "surplus_hugepages", () => $"{engine.HugePages.Counters.PoolSurplus}\n");
        _texts = texts.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public override bool HasPrograms => false;

    public override string Source => "sysfs";

    public override string Type => "sysfs";

    public override bool ShowsKernel => true;

    public override Errno Status(string relative, out FileStatus status)
    {
        status = FileStatus.MadeAt(_clock.StartedAt) with { Device = Device, Inode = 1, Mode = FileModes.Directory | FileModes.Program };
        if (relative.Length == 0) return Errno.None;
        int place = 2;
        foreach (string path in _texts.Keys.Order(StringComparer.Ordinal))
        {
            place++;
            bool isFile = string.Equals(path, relative, StringComparison.Ordinal);
            if (!isFile && !path.StartsWith(relative + "/", StringComparison.Ordinal)) continue;
            status.Inode = (ulong)(isFile ? place : 1000 + (place * 8) + relative.Length);
            if (isFile) (status.Mode, status.ByteLength) = (FileModes.Regular | FileModes.AllRead, PageWords.ByteLength);
            return Errno.None;
        }

        return Errno.ENOENT;
    }

    public override Errno Open(TreeNode node, string relative, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        bool wantsWrite = (flags & FileFlags.AccessMask) != 0;
        Errno error = Status(relative, out FileStatus status);
        if (error != Errno.None) return error;
        if (wantsWrite) return status.IsDirectory ? Errno.EISDIR : Errno.EACCES;
        if (status.IsDirectory) open = new DirectoryFile(_tree, node, flags);
        else open = new TextFile(() => ByteText.ToBytes(_texts[relative]()), null, status, $"{Prefix}/{relative}", flags, canSplice: true);
        return Errno.None;
    }

    public override Errno List(string relative, List<DirectoryEntry> entries)
    {
        string prefix = relative.Length == 0 ? "" : relative + "/";
        IEnumerable<string> names = _texts.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(path => path[prefix.Length..].Split('/')[0]).Distinct(StringComparer.Ordinal);
        foreach (string name in names)
        {
            Status(prefix + name, out FileStatus status);
            entries.Add(new(name, status.Inode, status.EntryType));
        }

        return Errno.None;
    }

    public override Errno FileSystem(TreeNode node, Span<long> words)
    {
        FileSystemWords.Fill(words, SystemFileSystem, FileSystemWords.NumberOf(Device));
        return Errno.None;
    }
}
