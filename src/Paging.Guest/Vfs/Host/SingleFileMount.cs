using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Vfs.Host;

/// <summary>One file of the host at its own path, read-only: the program that the user named, where it lies outside the root.</summary>
internal sealed class SingleFileMount(HostMount file, string path) : Mount(path)
{
    public override Errno Status(GuestTask task, string relative, out FileStatus status)
    {
        status = default;
        return relative.Length == 0 ? file.Status(task, "", out status) : Errno.ENOTDIR;
    }

    public override Errno Open(GuestTask task, in Place place, int flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        if (place.Relative.Length != 0) return Errno.ENOTDIR;
        return (flags & OpenDescription.AccessMask) != 0 ? Errno.EROFS
            : file.Open(task, place, flags & ~OpenDescription.Create, mode, out open);
    }

    public override Errno List(GuestTask task, string relative, List<DirectoryEntry> entries) => Errno.ENOTDIR;

    public override Errno FileSystem(string relative, Span<long> words) => file.FileSystem("", words);

    public override Errno Access(GuestTask task, string relative, int mode) => (mode & 2) != 0 ? Errno.EROFS : file.Access(task, "", mode);
}
