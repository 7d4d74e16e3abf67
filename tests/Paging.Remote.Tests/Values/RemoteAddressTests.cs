namespace Paging.Remote.Tests;

/// <summary>Addresses of stores: what they say, and that no text of theirs has the password.</summary>
public sealed class RemoteAddressTests
{
    [Fact]
    public void AnAddressSaysServersPasswordNameAndOptions()
    {
        Assert.True(RemoteAddress.TryParse("rediss://:p%40ss@a.example:7000,b/night?db=3&prefix=x&ttl=60&timeout=500&patience=900", [],
            out RemoteAddress? address, out _));
        Assert.Equal(["a.example:7000", "b:6379"], address.Servers);
        Assert.Equal(("night", 3, "x", true), (address.Name, address.Database, address.Prefix, address.IsEncrypted));
        Assert.Equal((60.0, 500.0, 900.0),
            (address.TimeToLive.TotalSeconds, address.Timeout.TotalMilliseconds, address.Patience.TotalMilliseconds));
        Assert.Equal("p@ss", address.Password);
        Assert.Equal("rediss://a.example:7000,b:6379/night", address.ToString());
    }

    [Theory]
    [InlineData("http://host")]
    [InlineData("redis://")]
    [InlineData("redis://host:port")]
    [InlineData("redis://host:70000")]
    [InlineData("redis://user:secret@host")]
    [InlineData("redis://host?colour=red")]
    [InlineData("redis://host?ttl=soon")]
    [InlineData("redis://host?prefix=a*")]
    public void WhatIsNoAddressIsRefusedWithoutThePassword(string text)
    {
        Assert.False(RemoteAddress.TryParse(text, [], out _, out string? complaint));
        Assert.DoesNotContain("secret", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis://host?size=0")]
    [InlineData("redis://host?window=3")]
    [InlineData("redis://host?batch=2000")]
    [InlineData("redis://host/name")]
    public void ASwapDeviceHasLimits(string text) => Assert.False(SwapAddress.TryParse(text, 8, out _, out _));

    [Fact]
    public void ASwapDeviceSaysHowItsPagesTravel()
    {
        Assert.True(SwapAddress.TryParse("redis://host?size=64&batch=1&window=16&replicas=2&compress=0", 8, out SwapAddress? swap, out _));
        Assert.Equal((64u << 8, 1, 16, 2, false), (swap.SlotCount, swap.BatchPages, swap.WindowPages, swap.ReplicaCount, swap.MayCompress));
    }
}
