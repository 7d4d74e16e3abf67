using System.Text.RegularExpressions;

namespace Paging.Guest.Tests;

/// <summary>
/// A line that a recording has otherwise than Linux 6.18.44 on a real processor, whose results the guests have; seen where a host runs the
/// programs itself.
/// </summary>
/// <param name="Recordings">The recordings' names, as a regular expression.</param>
/// <param name="Recorded">The whole line, as a regular expression.</param>
/// <param name="Real">The line on a host, with the groups of the expression.</param>
/// <param name="Reason">Why it differs.</param>
internal sealed record NativeDifference(string Recordings, string Recorded, string Real, string Reason)
{
    private const string Emulation = "QEMU's processor: no #UD for a locked store, a fault of a locked addition is one of reading, and an "
        + "error code of an interrupt is counted in descriptors of 16 bytes",
        Poison = "the machine's kernel has CONFIG_MEMORY_FAILURE",
        Scan = "PAGEMAP_SCAN of 6.18.15 does not call an empty entry written; 7.2 and 6.18.44 do",
        Advice = "posix_fadvise of 7.2 refuses an offset below 0";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static NativeDifference[] All { get; } =
    [
        new("^privileged$", @"(\.byte 0xf0, 0x8[9b], 0x01): ran, before 1 after 1", "$1: signal 4 code 2 error 0 trap 6, before 1 after 0",
            Emulation),
        new("^(privileged|traps)$", "(int \\$0x81: .*) error 812(.*)", "$1 error 40a$2", Emulation),
        new("^privileged$", @"(addb %%al, \(%%ecx\): .*) error 4 (.*)", "$1 error 6 $2", Emulation),
        new("^traps$", @"(int \$1: .*) error 12, (.*)", "$1 error a, $2", Emulation),
        new("^traps$", @"(int \$5: .*) error 52, (.*)", "$1 error 2a, $2", Emulation),
        new("^traps$", @"(int \$0xd: .*) error d2, (.*)", "$1 error 6a, $2", Emulation),
        new("^orders$", "(.*: signal (7|11) at .*), error 4", "$1, error 6", Emulation),
        new("^userfaults$", "touching it: SIGBUS code 4", "touching it: SIGBUS code 2", Poison),
        new("^userfaults$", "given up: 0, end 8", "given up: 1, end 8 [0-2 2]", Scan),
        new("^beside$", @"a page: 3 \[(\S+) 0\] \[(\S+) a\] \[(\S+) 0\]", "a page: 3 [$1 2] [$2 a] [$3 2]", Scan),
        new("^beside$", @"(unmapped|a guard): (.*) 0\](.*) 0\]", "$1: $2 2]$3 2]", Scan),
        new("^beside$", @"(replaced in part|moved away): 1 \[(\S+) 0\]", "$1: 1 [$2 2]", Scan),
        new("^anything-", @"(\d+: posix_fadvise\(\d+, -.*\)) = 22", "$1 = 0", Advice),
    ];

    /// <summary>Returns what was recorded, with the lines of a guest where a named difference has them so.</summary>
    public static string Apply(string recording, string output, string guest)
    {
        string[] lines = output.Split('\n'), found = guest.Split('\n');
        NativeDifference[] named =
            [.. All.Where(difference => Regex.IsMatch(recording, difference.Recordings, RegexOptions.None, Patience))];
        for (int i = 0; i < Math.Min(lines.Length, found.Length); i++)
        {
            if (string.Equals(lines[i], found[i], StringComparison.Ordinal)) continue;
            if (named.Any(difference => difference.Explains(lines[i], found[i]))) lines[i] = found[i];
        }

        return string.Join('\n', lines);
    }

    /// <summary>True if the recorded line is this one on a host.</summary>
    public bool Explains(string recorded, string real)
    {
        Match match = Regex.Match(recorded, $"^{Recorded}$", RegexOptions.None, Patience);
        return match.Success && string.Equals(match.Result(Real), real, StringComparison.Ordinal);
    }
}
