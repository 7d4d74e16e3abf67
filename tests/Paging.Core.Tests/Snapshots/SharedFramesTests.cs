using Paging.Core.Snapshots;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Runs of frames that were saved, beside a dictionary of single frames.</summary>
public sealed class SharedFramesTests
{
    [Fact]
    public void RunsAreAsSingleFrames() => Property.ForSeeds(200, seed =>
    {
        Random random = new((int)seed);
        SharedFrames frames = new();
        Dictionary<uint, SavedPage> single = [];
        for (uint i = 0; i < 200; i++)
        {
            uint frame = (uint)random.Next(1, 300), count = (uint)random.Next(1, 40);
            SavedPage page = new(i % 7, new((uint)random.Next(0x1000)));
            while (count > 0)
            {
                uint found = frames.Find(new(frame), count, page, out SavedPage first);
                Assert.InRange(found, 1u, count);
                for (uint at = 0; at < found; at++)
                {
                    SavedPage expected = page with { Page = page.Page + new PageCount(at) };
                    if (!single.TryAdd(frame + at, expected)) expected = single[frame + at];
                    Assert.Equal(expected, first with { Page = first.Page + new PageCount(at) });
                }

                (frame, count, page) = (frame + found, count - found, page with { Page = page.Page + new PageCount(found) });
            }
        }
    });
}
