using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A file that the host's kernel keeps from growing: a write across its end stops there. Needs no rights; skips elsewhere than on
/// Linux.
/// </summary>
internal sealed partial class SealedFile : IDisposable
{
    private const uint CloseOnExec = 1, AllowSealing = 2;
    private const int AddSeals = 1033, SealShrink = 2, SealGrow = 4;

    private readonly SafeFileHandle _file;

    public SealedFile(long byteLength)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux has such files");
        _file = new(CreateMemoryFile("sealed", CloseOnExec | AllowSealing), ownsHandle: true);
        RandomAccess.SetLength(_file, byteLength);
        Assert.Equal(0, Control(_file, AddSeals, SealShrink | SealGrow));
    }

    /// <summary>Where it can be opened again.</summary>
    public string Path => $"/proc/self/fd/{_file.DangerousGetHandle()}";

    public byte[] Content()
    {
        byte[] bytes = new byte[RandomAccess.GetLength(_file)];
        Assert.Equal(bytes.Length, RandomAccess.Read(_file, bytes, 0));
        return bytes;
    }

    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeFileHandle file, int command, int argument);
}
