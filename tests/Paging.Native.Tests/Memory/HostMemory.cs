using System.Globalization;

namespace Paging.Native.Tests;

/// <summary>What the host says about this process.</summary>
internal static class HostMemory
{
    /// <summary>Bytes of real memory in use; 0 where the host does not say.</summary>
    public static long ResidentBytes()
    {
        const string Statm = "/proc/self/statm";
        if (!File.Exists(Statm)) return 0;
        string[] pages = File.ReadAllText(Statm).Split(' ');
        return long.Parse(pages[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
