using System.Security.Cryptography;
using Paging.Core;

namespace Paging.Remote.Tests;

/// <summary>What happens to a slot while a read of it waits for the server's answer.</summary>
public sealed class SlotReuseTests
{
    private static readonly byte[] First = PageOf(1), Second = PageOf(2);

    [Theory]
    [InlineData("nothing", Errno.None)]
    [InlineData("the same page is written", Errno.None)]
    [InlineData("another page is written", Errno.EIO)]
    [InlineData("zeros are written", Errno.EIO)]
    [InlineData("it is discarded", Errno.EIO)]
    [InlineData("the device ends", Errno.EIO)]
    public void AReadGivesThePageOnlyIfTheSlotStillHoldsIt(string meanwhile, Errno expected)
    {
        using LetterServers servers = new();
        Assert.True(SwapAddress.TryParse("redis://host?size=1&batch=1", 1, out SwapAddress? address, out _));
        using RedisSwapStore store = new(servers, address);
        Assert.Equal(Errno.None, store.Write(3, First));
        Assert.Equal(Errno.None, store.Flush());
        servers.OnGetNow = () =>
        {
            if (meanwhile is "the same page is written") Assert.Equal(Errno.None, store.Write(3, First));
            else if (meanwhile is "another page is written") Assert.Equal(Errno.None, store.Write(3, Second));
            else if (meanwhile is "zeros are written") Assert.Equal(Errno.None, store.Write(3, new byte[First.Length]));
            else if (meanwhile is "it is discarded") store.Discard(3);
            else if (meanwhile is "the device ends") store.Dispose();
            return PageEnvelope.Seal(First, SHA256.HashData(First), mayCompress: false);
        };
        byte[] read = new byte[First.Length];
        Assert.Equal(expected, store.Read(3, read));
        if (expected == Errno.None) Assert.Equal(First, read);
    }

    private static byte[] PageOf(byte content)
    {
        byte[] page = new byte[4096];
        Array.Fill(page, content);
        return page;
    }
}
