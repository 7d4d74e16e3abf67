using System.Collections.Frozen;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Devices;

/// <summary>/dev: null, zero, full, random, urandom, userfaultfd, tty, and links to a process's open files.</summary>
internal sealed class DeviceMount(
    PagingEngine engine, GuestClock clock, HostWaits hostWaits, RandomBytes random, FileTree tree) : SyntheticMount("/dev")
{
    private const ulong DeviceNumber = 6;

    private static readonly FrozenDictionary<string, (uint Major, uint Minor)> Devices =
        new Dictionary<string, (uint Major, uint Minor)>(StringComparer.Ordinal)
        {
            ["full"] = (1, 7),
            ["null"] = (1, 3),
            ["random"] = (1, 8),
            ["tty"] = (5, 0),
            ["urandom"] = (1, 9),
            ["userfaultfd"] = (10, (uint)DeviceKind.Userfault),
            ["zero"] = (1, 5),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> Links = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["fd"] = "/proc/self/fd",
        ["stderr"] = "/proc/self/fd/2",
        ["stdin"] = "/proc/self/fd/0",
        ["stdout"] = "/proc/self/fd/1",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public override string Source => "devtmpfs";

    public override string Type => "devtmpfs";

    public override Errno Status(string relative, out FileStatus status)
    {
        status = FileStatus.MadeAt(clock.StartedAt) with { Device = DeviceNumber, Inode = 1 };
        if (relative.Length == 0) status.Mode = FileModes.Directory | FileModes.Program;
        else if (Links.TryGetValue(relative, out string? target))
            (status.Mode, status.ByteLength) = (FileModes.SymbolicLink | FileModes.Everything, target.Length);
        else if (Devices.TryGetValue(relative, out (uint Major, uint Minor) number))
            (status.Mode, status.Inode, status.RawDevice) =
                (FileModes.CharacterDevice | ModeOf(number.Minor), 2 + number.Minor, FileStatus.MakeDevice(number.Major, number.Minor));
        else return Errno.ENOENT;
        return Errno.None;
    }

    public override Errno RefusedRemoval => Errno.EROFS;

    public override Errno ReadLink(string relative, out string target) =>
        Links.TryGetValue(relative, out target!) ? Errno.None : base.ReadLink(relative, out target);

    public override Errno Open(TreeNode node, string relative, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if (relative.Length == 0)
        {
            if ((flags & FileFlags.AccessMask) != 0) return Errno.EISDIR;
            open = new DirectoryFile(tree, node, flags);
            return Errno.None;
        }

        if (!Devices.TryGetValue(relative, out (uint Major, uint Minor) number)) return Errno.ENOENT;
        if (number.Major == 5) return OpenTerminal(flags, out open);    // TTYAUX_MAJOR
        Status(relative, out FileStatus status);
        open = new DeviceFile(engine, random, (DeviceKind)number.Minor, status, $"{Prefix}/{relative}", flags);
        return Errno.None;
    }

    public override Errno Refused => Errno.EACCES;

    /// <summary>Only root may open userfaultfd, which reports the faults of system calls. Linux: userfaultfd_misc.</summary>
    private static FileModes ModeOf(uint minor) =>
        minor == (uint)DeviceKind.Userfault ? FileModes.OwnerRead | FileModes.OwnerWrite : FileModes.Device;

    public override Errno List(string relative, List<DirectoryEntry> entries)
    {
        foreach ((string name, (uint _, uint minor)) in Devices.OrderBy(static one => one.Key, StringComparer.Ordinal))
            entries.Add(new(name, 2 + minor, DirectoryEntry.CharacterDevice));
        foreach (string name in Links.Keys.Order(StringComparer.Ordinal)) entries.Add(new(name, 1, DirectoryEntry.SymbolicLink));
        return Errno.None;
    }

    public override Errno FileSystem(TreeNode node, Span<long> words)
    {
        FileSystemWords.Fill(words, FileSystemWords.Tmpfs, FileSystemWords.NumberOf(DeviceNumber));    // devtmpfs is a tmpfs
        return Errno.None;
    }

    public override Errno ChangeMode(string relative, FileModes mode) => Errno.None;

    /// <summary>Opens the terminal: the first standard stream that is one.</summary>
    private Errno OpenTerminal(FileFlags flags, out OpenDescription? open)
    {
        Span<byte> settings = stackalloc byte[64];
        for (int descriptor = 0; descriptor < 3; descriptor++)
        {
            if (HostCalls.Ioctl(descriptor, 0x5401, settings).IsError) continue;    // TCGETS works on terminals only
            open = new HostStream(hostWaits, room: null, descriptor, flags, "/dev/tty");
            return Errno.None;
        }

        open = null;
        return Errno.ENXIO;    // no controlling terminal (tty_open_current_tty)
    }
}

/// <summary>Devices by their minor numbers. Linux: drivers/char/mem.c devlist, drivers/char/misc.c.</summary>
internal enum DeviceKind
{
    Null = 3,
    Zero = 5,
    Full = 7,
    Random = 8,
    UnlimitedRandom = 9,

    /// <summary>Of major number 10, whose minor numbers are assigned dynamically.</summary>
    Userfault = 126,
}
