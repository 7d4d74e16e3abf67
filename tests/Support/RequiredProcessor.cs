using System.ComponentModel;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;
using Xunit;

namespace Paging.Tests;

/// <summary>Skips a test whose processor this host does not have.</summary>
internal static class RequiredProcessor
{
    private const int NoExecutable = 8;    // ENOEXEC

    /// <summary>
    /// Returns true if a run without a processor of its choice is for the host's own: there is no library of the emulated one. Where
    /// PAGING_UNICORN names one, it is used, or the test fails.
    /// </summary>
    public static bool IsDirectByDefault => !IsPromised && !GuestProcessor.IsAvailable(out _) && DirectProcessor.IsAvailable(out _);

    private static bool IsPromised => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PAGING_UNICORN"));

    /// <summary>
    /// Skips the test with the reason. Where the library was provided, it fails instead: a skip would hide that it does not work. A host
    /// whose kernel starts no 32-bit program at all (ENOEXEC) has nothing that could work.
    /// </summary>
    public static void Check(bool isDirect = false)
    {
        string reason;
        if (isDirect ? DirectProcessor.IsAvailable(out reason) : GuestProcessor.IsAvailable(out reason)) return;
        Assert.False(IsPromised && !(isDirect && IsRefusedByHost(reason)), reason);
        Assert.Skip(reason);
    }

    /// <summary>True if the host's kernel starts 32-bit programs.</summary>
    public static bool HostRunsPrograms => DirectProcessor.IsAvailable(out string reason) || !IsRefusedByHost(reason);

    /// <summary>Skips a test that compares with the host if its kernel starts no 32-bit program.</summary>
    public static void CheckHostRunsPrograms()
    {
        if (!DirectProcessor.IsAvailable(out string reason) && IsRefusedByHost(reason)) Assert.Skip(reason);
    }

    private static bool IsRefusedByHost(string reason) =>
        reason.Contains(new Win32Exception(NoExecutable).Message, StringComparison.Ordinal);
}
