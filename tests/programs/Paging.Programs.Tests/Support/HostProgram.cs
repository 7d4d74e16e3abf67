using System.Diagnostics;
using Paging.HostKernel;

namespace Paging.Programs.Tests;

/// <summary>The same binaries, executed by the host's own kernel: a 3 GiB user half and no chance, as setarch(8) arranges it.</summary>
internal static class HostProgram
{
    /// <summary>The output of the program. The test ends here where the host runs no i386 programs.</summary>
    public static byte[] Run(string image, params string[] arguments)
    {
        Assert.SkipUnless(HostKernelProbe.TryProbe(out string reason), $"the host's kernel cannot: {reason}");
        Assert.SkipUnless(File.Exists("/usr/bin/setarch"), "There is no setarch(8) here: apt-get install util-linux");
        ProcessStartInfo start = new("/usr/bin/setarch",
            ["i386", "-R", "-3", "/usr/bin/env", "-i", "A=1", "BEES=ten", Images.PathOf(image), .. arguments])
        {
            RedirectStandardOutput =
            true,
            UseShellExecute = false
        };
        using Process process = Process.Start(start)!;
        using MemoryStream output = new();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    /// <summary>Lines of /proc/self/maps without what the engine has not (vdso) or numbers otherwise (devices, inodes).</summary>
    public static string[] Comparable(string maps) =>
    [
        .. maps.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => !line.EndsWith("[vdso]", StringComparison.Ordinal) && !line.Contains("[vvar", StringComparison.Ordinal))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(static words => $"{words[0]} {words[1]} {words[2]} {(words.Length > 5 ? Path.GetFileName(words[5]) : "")}"),
    ];
}
