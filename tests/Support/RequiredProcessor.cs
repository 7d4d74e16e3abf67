using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;
using Xunit;

namespace Paging.Tests;

/// <summary>Skips a test whose processor this host does not have.</summary>
internal static class RequiredProcessor
{
    /// <summary>
    /// Skips the test with the reason. Where the library was provided, it fails instead: a skip would hide that it does not work.
    /// </summary>
    public static void Check(bool isDirect = false)
    {
        string reason;
        if (isDirect ? DirectProcessor.IsAvailable(out reason) : GuestProcessor.IsAvailable(out reason)) return;
        Assert.True(string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PAGING_UNICORN")), reason);
        Assert.Skip(reason);
    }
}
