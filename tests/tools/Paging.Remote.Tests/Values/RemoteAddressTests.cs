namespace Paging.Remote.Tests;

/// <summary>Addresses of stores: their parts, and that no text of an address contains the password.</summary>
public sealed class RemoteAddressTests
{
    /// <summary>The last @ ends the password, so that one may be in it, escaped or not; the first colon begins it.</summary>
    [Theory]
    [InlineData("redis://:p@ss@host:1", "p@ss", "host:1")]
    [InlineData("redis://:@@host:1", "@", "host:1")]
    [InlineData("redis://:a:b@host:1", "a:b", "host:1")]
    [InlineData("redis://:a%3Ab%2F%40@h,i:2", "a:b/@", "h:6379,i:2")]
    [InlineData("redis://secret@host", "secret", "host:6379")]
    [InlineData("redis://default:x@host", "x", "host:6379")]
    [InlineData("redis://:@host", null, "host:6379")]
    [InlineData("redis://host:65535", null, "host:65535")]
    [InlineData("redis://[::1]:7,[::2]", null, "[::1]:7,[::2]:6379")]
    public void APasswordMayHaveAnyCharacter(string text, string? password, string servers)
    {
        Assert.True(RemoteAddress.TryParse(text, [], out RemoteAddress? address, out string? complaint), complaint);
        Assert.Equal((password, servers), (address.Password, string.Join(',', address.Servers)));
        Assert.Equal($"redis://{servers}", address.ToString());
    }

    /// <summary>The first numbers that each option may have, and the last that it may not.</summary>
    [Theory]
    [InlineData("db=0", true), InlineData("db=16383", true), InlineData("db=16384", false), InlineData("db=-1", false)]
    [InlineData("ttl=10", true), InlineData("ttl=9", false), InlineData("timeout=10", true), InlineData("timeout=9", false)]
    [InlineData("patience=0", true), InlineData("patience=x", false), InlineData("certificate=", false), InlineData("certificate=c", true)]
    [InlineData("other=1", false), InlineData("mine=1", true), InlineData("mine", true)]
    public void AnOptionIsTakenOrTheAddressIsRefused(string option, bool isTaken)
    {
        Assert.Equal(isTaken, RemoteAddress.TryParse("redis://:secret@host?" + option, ["mine"], out _, out string? complaint));
        if (!isTaken) Assert.DoesNotContain("secret", complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAddressHasServersPasswordNameAndOptions()
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
    public void AnInvalidAddressIsRefusedWithoutThePassword(string text)
    {
        Assert.False(RemoteAddress.TryParse(text, [], out _, out string? complaint));
        Assert.DoesNotContain("secret", complaint, StringComparison.Ordinal);
    }

    /// <summary>The least and the most that each option may have, and the first ones that it may not.</summary>
    [Theory]
    [InlineData("size", 1, 65536)]
    [InlineData("batch", 1, 1024)]
    [InlineData("window", 1, 256)]
    [InlineData("replicas", 0, 16)]
    [InlineData("compress", 0, 1)]
    public void ASwapDeviceHasLimits(string option, int least, int most)
    {
        foreach ((int value, bool isTaken) in ((int, bool)[])[(least - 1, false), (least, true), (most, true), (most + 1, false)])
        {
            Assert.Equal(isTaken, SwapAddress.TryParse($"redis://host?{option}={value}", 8, out SwapAddress? swap, out string? complaint));
            Assert.Equal((isTaken, !isTaken), (swap is not null, complaint?.StartsWith(option, StringComparison.Ordinal) ?? false));
        }
    }

    [Theory]
    [InlineData("redis://host?window=3")]
    [InlineData("redis://host/name")]
    [InlineData("host")]
    public void AnInvalidAddressOfASwapDeviceIsRefused(string text)
    {
        Assert.False(SwapAddress.TryParse(text, 8, out SwapAddress? swap, out string? complaint));
        Assert.Null(swap);
        Assert.NotEmpty(complaint);
    }

    [Fact]
    public void AnAddressOfASwapDeviceSetsItsOptions()
    {
        Assert.True(SwapAddress.TryParse("redis://host?size=64&batch=1&window=16&replicas=2&compress=0", 8, out SwapAddress? swap, out _));
        Assert.Equal((64u << 8, 1, 16, 2, false), (swap.SlotCount, swap.BatchPages, swap.WindowPages, swap.ReplicaCount, swap.MayCompress));
    }
}
