using Paging.Core;

namespace Paging.Guest;

/// <summary>One file of the host at its own path, read-only: the program that the user named, where it lies outside the root.</summary>
internal sealed class SingleFileMount(GuestKernel kernel, string path) : Mount(path)
{
    private readonly HostMount _file = new(kernel, path, path);

    public override Errno Status(GuestTask task, string relative, out FileStatus status)
    {
        status = default;
        return relative.Length == 0 ? _file.Status(task, "", out status) : Errno.ENOTDIR;
    }

    public override Errno Open(GuestTask task, in Place place, int flags, uint mode, out OpenDescription? open)
    {
        open = null;
        if (place.Relative.Length != 0) return Errno.ENOTDIR;
        return (flags & OpenDescription.AccessMask) != 0 ? Errno.EROFS : _file.Open(task, place, flags & ~OpenDescription.Create, mode, out open);
    }

    public override Errno List(GuestTask task, string relative, List<DirectoryEntry> entries) => Errno.ENOTDIR;

    public override Errno FileSystem(string relative, Span<long> words) => _file.FileSystem("", words);

    public override Errno Access(GuestTask task, string relative, int mode) => (mode & 2) != 0 ? Errno.EROFS : _file.Access(task, "", mode);
}
