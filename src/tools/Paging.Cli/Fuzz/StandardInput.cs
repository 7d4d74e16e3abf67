using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Paging.Cli.Fuzz;

/// <summary>This command's standard input, which programs read by its descriptor.</summary>
internal static partial class StandardInput
{
    /// <summary>The next read begins at its first byte. A pipe stays where it is.</summary>
    public static void Rewind() => _ = Seek(descriptor: 0, offset: 0, whence: 0);

    /// <summary>Reads it whole, from its first byte if it is a file.</summary>
    public static byte[] ReadAll()
    {
        Rewind();
        using FileStream input = new(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        using MemoryStream all = new();
        input.CopyTo(all);
        return all.ToArray();
    }

    [LibraryImport("libc", EntryPoint = "lseek64")]
    private static partial long Seek(int descriptor, long offset, int whence);
}
