using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Paging.Native;

namespace Paging.Bench.Reports;

/// <summary>On what the figures were taken.</summary>
internal sealed record HostDescription(string Text)
{
    /// <summary>This machine, as far as it tells.</summary>
    public static HostDescription Current()
    {
        string vectors = Vector512.IsHardwareAccelerated ? "512" : Vector256.IsHardwareAccelerated ? "256" : "128";
        string processor = ProcessorName() is { } name ? $"{name}, " : "";
        return new($"{processor}{Environment.ProcessorCount} processors, vectors of {vectors} bits, {RuntimeInformation.OSDescription}, " +
            $"{RuntimeInformation.FrameworkDescription}, verification {Check.Level.ToString().ToUpperInvariant()}");
    }

    private static string? ProcessorName()
    {
        const string file = "/proc/cpuinfo", key = "model name";
        if (!File.Exists(file)) return null;
        string? line = File.ReadLines(file).FirstOrDefault(static line => line.StartsWith(key, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
