using System.Runtime.InteropServices;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A directory on a disk of the host that has room for so many pages and no more: a tmpfs of its own. Skips where none may be mounted.
/// </summary>
internal sealed partial class HostDisk : IDisposable
{
    private const int Detach = 2;    // MNT_DETACH

    private readonly string _directory = Directory.CreateTempSubdirectory("paging-disk-").FullName;

    public HostDisk(int pageCount)
    {
        bool isMounted = OperatingSystem.IsLinux() && Mount("paging", _directory, "tmpfs", 0, $"size={pageCount * 4096}") == 0;
        if (isMounted) return;
        Directory.Delete(_directory);
        Assert.Skip("a small file system can only be mounted by root, on Linux");
    }

    public string At(string name) => Path.Combine(_directory, name);

    /// <summary>Cuts a file, past every lock that .NET holds on it: like any other program would.</summary>
    public static void Cut(string path, long byteLength) => Assert.Equal(0, Truncate(path, byteLength));

    public void Dispose()
    {
        _ = Unmount(_directory, Detach);
        Directory.Delete(_directory);
    }

    [LibraryImport("libc", EntryPoint = "mount", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "truncate", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Truncate(string path, long byteLength);
}
