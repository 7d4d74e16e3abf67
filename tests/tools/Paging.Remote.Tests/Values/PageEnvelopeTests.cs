using System.Security.Cryptography;
using System.Text;

namespace Paging.Remote.Tests;

/// <summary>Values: a page that was packed unpacks to itself, and any other value is an error.</summary>
public sealed class PageEnvelopeTests
{
    private static readonly byte[] Text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("all work and no play ", 200)))[..4096];

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void APackedPageUnpacksToItself(bool isText, bool isCompressed)
    {
        byte[] page = isText ? Text : Noise(1);
        byte[] value = PageEnvelope.Seal(page, SHA256.HashData(page), mayCompress: isCompressed || !isText);
        Assert.Equal(isCompressed, PageEnvelope.IsCompressed(value));
        Assert.Equal(isCompressed, value.Length < 4096);
        byte[] back = new byte[4096];
        Assert.Null(PageEnvelope.Open(value, SHA256.HashData(page).AsSpan(0, 16), back));
        Assert.Equal(page, back);
        Assert.Equal(4096, PageEnvelope.LengthOf(value, "key"));
    }

    [Fact]
    public void EveryFlippedBitAndEveryCutIsNoticed()
    {
        foreach (byte[] page in (byte[][])[Text, Noise(2)])
        {
            byte[] value = PageEnvelope.Seal(page, SHA256.HashData(page), mayCompress: true), back = new byte[4096];
            for (int bit = 0; bit < value.Length * 8; bit += value.Length > 1000 && bit > 600 ? 37 : 1)
            {
                byte[] broken = [.. value];
                broken[bit / 8] ^= (byte)(1 << (bit % 8));
                bool isRefused = PageEnvelope.Open(broken, [], back) is not null;
                bool isUnused = bit / 8 >= PageEnvelope.HeaderByteLength && back.AsSpan().SequenceEqual(page);    // Brotli leaves some bits
                Assert.True(isRefused || isUnused, $"bit {bit}");
            }

            for (int length = 0; length < value.Length; length += 7) Assert.NotNull(PageEnvelope.Open(value.AsSpan(0, length), [], back));
        }
    }

    [Fact]
    public void AnotherVersionAndAForeignValueAreNamed()
    {
        byte[] page = Noise(3), value = PageEnvelope.Seal(page, SHA256.HashData(page), mayCompress: false), back = new byte[4096];
        Assert.Contains("other bytes", PageEnvelope.Open(value, new byte[16], back), StringComparison.Ordinal);
        value[3] = 9;
        Assert.Contains("version 9", PageEnvelope.Open(value, [], back), StringComparison.Ordinal);
        Assert.Contains("no value of this program", PageEnvelope.Open("hello"u8, [], back), StringComparison.Ordinal);
        Assert.Throws<RemoteException>(static () => PageEnvelope.LengthOf("hello"u8, "key"));
    }

    [Theory]
    [InlineData(0, "no value of this program")]
    [InlineData(1, "no value of this program")]
    [InlineData(2, "no value of this program")]
    [InlineData(3, "has version")]
    [InlineData(4, "form is unknown")]
    [InlineData(5, "form is unknown")]
    [InlineData(6, "form is unknown")]
    [InlineData(7, "form is unknown")]
    public void EachByteOfTheHeadIsNamed(int at, string complaint)
    {
        byte[] page = Noise(4), value = PageEnvelope.Seal(page, SHA256.HashData(page), mayCompress: false), back = new byte[4096];
        value[at] += 2;    // Brotli is 1
        Assert.Contains(complaint, PageEnvelope.Open(value, [], back), StringComparison.Ordinal);
    }

    private static byte[] Noise(int seed)
    {
        byte[] page = new byte[4096];
        new Random(seed).NextBytes(page);
        return page;
    }
}
