namespace Paging.Testing.Lockstep;

/// <summary>Features of the host's processor that an i386 lacks and that a program can notice.</summary>
internal static class HostProcessor
{
    private static readonly Lazy<bool> Keys = new(Probe);

    /// <summary>True if memory that may only be executed cannot be read: the kernel gives it a protection key of its own.</summary>
    /// <remarks>Linux: arch/x86/mm/pkeys.c __execute_only_pkey; an access ends in SIGSEGV with SEGV_PKUERR.</remarks>
    public static bool HasProtectionKeys => Keys.Value;

    private static bool Probe() => OperatingSystem.IsLinux()
        && File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("flags", StringComparison.Ordinal)) is { } flags
        && flags.Split(' ').Contains("ospke", StringComparer.Ordinal);
}
