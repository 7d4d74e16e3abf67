using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;
using Xunit;

namespace Paging.Tests;

/// <summary>Skips a test whose processor this host does not have.</summary>
internal static class RequiredProcessor
{
    /// <summary>
    /// Returns true if a run without a processor of its choice is for the host's own: there is no library of the emulated one. Where
    /// PAGING_UNICORN names one, it is used, or the test fails.
    /// </summary>
    public static bool IsDirectByDefault => !IsPromised && !GuestProcessor.IsAvailable(out _) && DirectProcessor.IsAvailable(out _);

    private static bool IsPromised => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PAGING_UNICORN"));

    /// <summary>
    /// Skips the test with the reason. Where the library was provided, it fails instead: a skip would hide that it does not work.
    /// </summary>
    public static void Check(bool isDirect = false)
    {
        string reason;
        if (isDirect ? DirectProcessor.IsAvailable(out reason) : GuestProcessor.IsAvailable(out reason)) return;
        Assert.False(IsPromised, reason);
        Assert.Skip(reason);
    }
}
