using System.Globalization;

namespace Paging.Native.Tests;

/// <summary>The host's figures of this process.</summary>
internal static class HostMemory
{
    /// <summary>Resident bytes of this process; 0 on hosts that do not report them.</summary>
    public static long ResidentBytes()
    {
        const string Statm = "/proc/self/statm";
        if (!File.Exists(Statm)) return 0;
        string[] pages = File.ReadAllText(Statm).Split(' ');
        return long.Parse(pages[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    /// <summary>True if the mapping around an address has been advised with MADV_HUGEPAGE: <c>hg</c> in smaps, proc_pid_smaps(5).</summary>
    public static bool IsAdvisedHuge(nuint address)
    {
        bool isInside = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] ends = words[0].Split('-');
            if (ends.Length == 2 && ulong.TryParse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong start))
                isInside = address >= start && address < ulong.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (isInside && words is ["VmFlags:", ..]) return words.Contains("hg");
        }

        throw new InvalidOperationException($"no mapping around {address:x}");
    }
}
