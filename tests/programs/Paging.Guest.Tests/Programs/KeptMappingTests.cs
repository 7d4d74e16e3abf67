using Microsoft.Win32.SafeHandles;
using Paging.Core;

namespace Paging.Guest.Tests;

/// <summary>Where a dynamic program (mksh for i386) lies at each start in a run.</summary>
public sealed class KeptMappingTests
{
    private const string Shell = "bin/mksh";

    private static readonly string[] Script =
        ["-c", "for i in 1 2 3; do /bin/mksh -c 'while read -r line; do echo \"$line\"; done < /proc/self/maps'; done"];

    /// <summary>Its code is translated once only if it stays where it was; the host's processor needs no translation.</summary>
    [Trait("Category", "Medium")]
    [Theory, InlineData(GuestExecution.Emulated), InlineData(GuestExecution.Direct)]
    public void CodeStaysWhereItIsEmulatedAndTheStackMoves(GuestExecution execution)
    {
        RequiredProcessor.Check(isDirect: execution == GuestExecution.Direct);
        string root = Path.GetDirectoryName(Path.GetDirectoryName(BusyboxTests.Find(Shell)))!, file = Path.GetTempFileName();
        try
        {
            string[] lines = Run(root, file, execution);
            Assert.Equal(execution == GuestExecution.Emulated, PlacesOf(lines, "libc.so.6") == 1);
            Assert.Equal(execution == GuestExecution.Emulated, PlacesOf(lines, "bin/mksh") == 1);    // of 256
            Assert.Equal(3, PlacesOf(lines, "[stack]"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string[] Run(string root, string file, GuestExecution execution)
    {
        using (SafeFileHandle output = File.OpenHandle(file, FileMode.Create, FileAccess.Write))
        using (GuestKernel kernel = new(new()
        {
            Engine = new() { RamBytes = 64 << 20 },
            Root = root,
            WorkingDirectory = "/",
            Execution = execution,
            Pace = GuestPace.Host,
            StandardStreams = [-1, (int)output.DangerousGetHandle(), -1],
        }))
        {
            Assert.Equal(Errno.None, kernel.Start("/" + Shell, Script, []));
            Assert.Equal(0, kernel.Run().ShellStatus);
        }

        return File.ReadAllLines(file);
    }

    /// <summary>The number of different places of the first mapping of a name, of three programs.</summary>
    private static int PlacesOf(string[] lines, string name)
    {
        string[] starts = [.. lines.Where(line => line.EndsWith(name, StringComparison.Ordinal)
            && line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2] is "00000000").Select(static line => line.Split('-')[0])];
        Assert.Equal(3, starts.Length);
        return starts.Distinct(StringComparer.Ordinal).Count();
    }
}
