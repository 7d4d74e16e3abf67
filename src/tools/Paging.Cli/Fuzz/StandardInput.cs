using System.Runtime.InteropServices;

namespace Paging.Cli.Fuzz;

/// <summary>This command's standard input, which programs read by its descriptor.</summary>
internal static partial class StandardInput
{
    /// <summary>The next read begins at its first byte. A pipe stays where it is.</summary>
    public static void Rewind() => _ = Seek(descriptor: 0, offset: 0, whence: 0);

    [LibraryImport("libc", EntryPoint = "lseek64")]
    private static partial long Seek(int descriptor, long offset, int whence);
}
