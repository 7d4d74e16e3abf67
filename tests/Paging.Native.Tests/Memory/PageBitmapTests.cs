using Paging.Native.Diagnostics;
using Paging.Native.Memory;
using Paging.Tests;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>A bitmap of pages beside an array of bits: words begin and end at every place, and the last word is not full.</summary>
public sealed class PageBitmapTests
{
    private const uint Limit = 200;

    [Fact]
    public void EveryQuestionIsAnsweredAsByAnArray() => Property.ForSeeds(6, static seed =>
    {
        Random random = new((int)seed);
        using PageBitmap bitmap = PageBitmap.CreateOrNull(new(), Limit)!;
        bool[] model = new bool[Limit];
        for (int step = 0; step < 60; step++)
        {
            uint first = (uint)random.Next((int)Limit), count = (uint)random.Next(1, (int)(Limit - first) + 1);
            for (uint page = first; page < first + count; page++)
            {
                if (step % 4 != 0) bitmap.Set(page);
                else if (step % 8 == 0) bitmap.Clear(page, 1);
                model[page] = step % 4 != 0;
            }

            if (step % 8 == 4) bitmap.Clear(first, count);
            if (step % 3 == 0)
            {
                bitmap.Clear(first / 2, 3);
                model.AsSpan((int)(first / 2), (int)uint.Min(3, Limit - (first / 2))).Clear();
            }

            Compare(bitmap, model);
        }
    });

    [Fact]
    public void BitsBeyondTheLimitAreNeverSet()
    {
        using PageBitmap bitmap = PageBitmap.CreateOrNull(new(), Limit)!;
        foreach (uint page in (uint[])[Limit, Limit + 1, 255, 256, uint.MaxValue]) bitmap.Set(page);
        Assert.Equal(0u, bitmap.Count);
        bitmap.Set(Limit - 1);
        bitmap.Set(Limit - 1);
        Assert.Equal(1u, bitmap.Count);
        Assert.True(bitmap.Has(Limit - 1));
        Assert.False(bitmap.Has(Limit));
        Assert.True(bitmap.TryNextRun(0, uint.MaxValue, out uint first, out uint count));
        Assert.Equal((Limit - 1, 1u), (first, count));
        bitmap.Clear(0, Limit + 100);
        Assert.Equal(0u, bitmap.Count);
    }

    [Fact]
    public void ARunEndsWithItsWordOrWithTheRange()
    {
        using PageBitmap bitmap = PageBitmap.CreateOrNull(new(), Limit)!;
        for (uint page = 60; page < 140; page++) bitmap.Set(page);
        Assert.Equal((60u, 4u), Run(bitmap, 0, Limit));
        Assert.Equal((64u, 64u), Run(bitmap, 64, Limit));
        Assert.Equal((64u, 63u), Run(bitmap, 64, 127));
        Assert.Equal((128u, 12u), Run(bitmap, 128, Limit));
        Assert.Equal((61u, 1u), Run(bitmap, 61, 62));
        Assert.False(bitmap.TryNextRun(140, Limit, out _, out _));
        Assert.False(bitmap.TryNextRun(0, 60, out _, out _));
        Assert.False(bitmap.TryNextRun(70, 70, out _, out _));
    }

    /// <summary>Half a gibibyte of bits, of which the host commits what is touched; and two pages, after which there is nothing.</summary>
    [Fact]
    public void TheBitmapIsAsLongAsItsPages()
    {
        using PageBitmap all = PageBitmap.CreateOrNull(new(), uint.MaxValue)!, small = PageBitmap.CreateOrNull(new(), 2)!;
        foreach (uint page in (uint[])[0, 0x8000_0000, uint.MaxValue - 1])
        {
            all.Set(page);
            Assert.True(all.Has(page));
        }

        Assert.Equal(3u, all.Count);
        Assert.False(small.Has(uint.MaxValue));
        Assert.False(small.TryNext(0, uint.MaxValue, out _));
    }

    [Fact]
    public void AnInjectedFailureGivesNone()
    {
        FaultInjection injection = new() { FailAtAllocation = 1 };
        Assert.Null(PageBitmap.CreateOrNull(injection, Limit));
        using PageBitmap? second = PageBitmap.CreateOrNull(injection, Limit);
        Assert.NotNull(second);
    }

    private static (uint First, uint Count) Run(PageBitmap bitmap, uint from, uint end)
    {
        Assert.True(bitmap.TryNextRun(from, end, out uint first, out uint count));
        return (first, count);
    }

    private static void Compare(PageBitmap bitmap, bool[] model)
    {
        Assert.Equal((uint)model.Count(static set => set), bitmap.Count);
        bool[] bits = new bool[Limit];
        for (uint page = 0; page < Limit; page++) bits[page] = bitmap.Has(page);
        Assert.True(model.AsSpan().SequenceEqual(bits));
        foreach (uint from in (uint[])[0, 1, 63, 64, 65, 127, 128, 190, Limit - 1])
        {
            foreach (uint end in (uint[])[from, from + 1, 64, 65, 128, 199, Limit, Limit + 50])
            {
                int next = Array.FindIndex(model, (int)from, static set => set);
                bool found = next >= 0 && next < end;
                Assert.Equal(found, bitmap.TryNext(from, end, out uint page));
                if (found) Assert.Equal((uint)next, page);
                if (end < from) continue;
                int counted = model.Take((int)end).Skip((int)from).Count(static set => set);
                Assert.Equal((uint)counted, bitmap.CountIn(from, end - from));
            }
        }
    }
}
