using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Bench.Reports;

/// <summary>The machine on which the figures were taken.</summary>
/// <param name="Processor">The processor's name, if the host reports one.</param>
/// <param name="Text">The properties of the host that affect the figures, in one line.</param>
internal sealed record HostDescription(string Processor, string Text)
{
    /// <summary>Describes this machine.</summary>
    public static HostDescription Current()
    {
        string vectors = Vector512.IsHardwareAccelerated ? "512" : Vector256.IsHardwareAccelerated ? "256" : "128";
        string processor = ProcessorName();
        string hugePages = HugePageSetting() is { } setting ? $", huge pages: {setting}" : "";
        return new(processor,
            $"{processor}, {Environment.ProcessorCount} processors{(IsVirtual() ? " of a virtual machine" : "")}, " +
            $"vectors of {vectors} bits, {RuntimeInformation.OSDescription}, {KernelName()}{hugePages}, " +
            $"{RuntimeInformation.FrameworkDescription}, verification {Check.Level.ToString().ToUpperInvariant()}");
    }

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo", key = "model name";
        string? line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(static line => line.StartsWith(key, StringComparison.Ordinal)) : null;
        return line is null ? $"an unnamed {RuntimeInformation.ProcessArchitecture} processor" : line[(line.IndexOf(':',
            StringComparison.Ordinal) + 1)..].Trim();
    }

    /// <summary>True if the processor's flags name a hypervisor.</summary>
    private static bool IsVirtual() => File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").Any(static line =>
        line.StartsWith("flags", StringComparison.Ordinal) && line.Split(' ').Contains("hypervisor", StringComparer.Ordinal));

    private static string KernelName() => OperatingSystem.IsLinux()
        ? $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}" : $"kernel {Environment.OSVersion.Version}";

    /// <summary>The word in brackets: <c>always [madvise] never</c>.</summary>
    private static string? HugePageSetting()
    {
        const string file = "/sys/kernel/mm/transparent_hugepage/enabled";
        if (!File.Exists(file)) return null;
        string text = File.ReadAllText(file);
        int from = text.IndexOf('[', StringComparison.Ordinal) + 1, to = text.IndexOf(']', StringComparison.Ordinal);
        return from > 0 && to > from ? text[from..to] : null;
    }
}
