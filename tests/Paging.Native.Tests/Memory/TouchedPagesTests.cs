using Paging.Native.Memory;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>An audit may skip pages that were never stored to, and no others.</summary>
public sealed class TouchedPagesTests
{
    private const int Page = 4096;

    [Fact]
    public unsafe void WhatWasStoredToMayHoldSomething()
    {
        using HostBlock block = new(64 * Page, requestHugePages: false);
        block.Address[5 * Page] = 1;
        block.Address[(7 * Page) - 1] = 1;
        TouchedPages touched = new((nuint)block.Address, block.ByteLength);
        for (int page = 0; page < 64; page++)
            if (page is 5 or 6) Assert.True(touched.MayHold((nuint)(block.Address + (page * Page)), Page));
        Assert.True(touched.MayHold((nuint)(block.Address + (4 * Page)), 2 * Page));
        Assert.True(touched.MayHold((nuint)(block.Address + (6 * Page)), 2 * Page));
        Assert.SkipUnless(File.Exists("/proc/self/pagemap"), "The host does not show which pages were touched.");
        Assert.False(touched.MayHold((nuint)(block.Address + (4 * Page)), Page));
        Assert.False(touched.MayHold((nuint)(block.Address + (7 * Page)), 57 * Page));
    }
}
